import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll } from 'vitest';
import { type TaskFunctionProps, TaskMode, type TaskModeProps } from '../../lib/index.ts';

export interface Deployment {
  readonly taskMode?: TaskModeProps;
  readonly functions?: Readonly<Record<string, Partial<TaskFunctionProps>>>;
  /** Whether the functions' code is bundled, which takes most of a synth. */
  readonly isBundled?: boolean;
}

export const ECHO = 'examples/echo.ts';

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Builds a stack of TaskMode in an app whose assets go to a folder of its own. */
export function deployed(deployment: Deployment = {}) {
  const { taskMode: props, functions = { echo: {} }, isBundled = false } = deployment;
  const outdir = mkdtempSync(join(tmpdir(), 'task-mode-synth-'));
  folders.push(outdir);
  const app = new App({ outdir, context: isBundled ? {} : { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Stack');
  const taskMode = new TaskMode(stack, 'TaskMode', props);
  for (const [name, overrides] of Object.entries(functions)) {
    taskMode.addFunction(name, { entry: ECHO, ...overrides });
  }
  return { app, stack, taskMode, outdir };
}

/** The template of such a stack. */
export function templateOf(deployment?: Deployment): Template {
  return Template.fromStack(deployed(deployment).stack);
}

/** What cdk-nag's AwsSolutions pack finds in an app and nobody acknowledged. */
export function findingsOf({ app, outdir }: Pick<ReturnType<typeof deployed>, 'app' | 'outdir'>): string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error && error.name.includes('ValidationFailed'))) throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf-8'));
  return report.pluginReports.flatMap(({ violations }: NagReport) =>
    violations.map(
      ({ ruleName, violatingConstructs }) =>
        `${ruleName} at ${violatingConstructs.map(({ constructPath }) => constructPath).join(', ')}`,
    ),
  );
}

interface NagReport {
  readonly violations: readonly {
    readonly ruleName: string;
    readonly violatingConstructs: readonly { readonly constructPath: string }[];
  }[];
}
