import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleLambda, type LambdaBundleProps } from '../../lib/lambda-bundle.ts';

const KB = 1000;
const folder = mkdtempSync(join(tmpdir(), 'task-mode-bundles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bytes that load before the first request: the entry and what it imports statically. */
function eagerBytes(metafile: Metafile, entry = 'index.mjs'): number {
  const eager = new Set<string>();
  const add = (path: string): void => {
    if (eager.has(path)) return;
    eager.add(path);
    for (const { path: imported, kind, external } of metafile.outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && !external) add(imported);
    }
  };
  add(entryOf(metafile, entry));
  return [...eager].reduce((sum, path) => sum + (metafile.outputs[path]?.bytes ?? 0), 0);
}

function entryOf({ outputs }: Metafile, entry = 'index.mjs'): string {
  return Object.keys(outputs).find((path) => path.endsWith(`/${entry}`)) ?? 'no entry';
}

function totalBytes({ outputs }: Metafile): number {
  return Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

const bundle = (name: string, props: LambdaBundleProps) => bundleLambda(props, join(folder, name));

describe('each bundle keeps to its budget, minified and with the SDK inside', () => {
  test.each([
    // What it loads when it is needed: S3, and Lambda for synchronous invocations.
    // Of each that reads rows, about 1 KB checks them: user code may have written anything into those of its function.
    ['invoke-function', 350 * KB, 652 * KB],
    ['list-functions', 337 * KB],
    ['explain-async-task', 339 * KB],
    // CloudWatch Logs' client beside DynamoDB's.
    ['get-async-task-logs', 375 * KB],
    ['submit-async-tasks', 360 * KB],
    ['get-async-task', 337 * KB],
    ['list-async-tasks', 340 * KB],
    ['stop-async-task', 335 * KB],
    ['redrive-async-task', 350 * KB],
    ['start-bulk-job', 350 * KB],
    ['get-bulk-job', 345 * KB],
    ['list-bulk-jobs', 345 * KB],
    ['stop-bulk-job', 345 * KB],
    ['bulk-job', 350 * KB],
    ['put-async-invoke-config', 335 * KB, 610 * KB],
    ['get-async-invoke-config', 330 * KB],
    ['delete-async-invoke-config', 330 * KB],
    ['list-async-invoke-configs', 330 * KB],
    ['put-concurrency-config', 330 * KB],
    ['get-concurrency-config', 330 * KB],
    ['delete-concurrency-config', 330 * KB],
    ['list-concurrency-configs', 330 * KB],
    // CloudWatch's client beside DynamoDB's.
    ['get-async-metrics', 450 * KB],
    ['get-open-api', 130 * KB],
    ['list-workflows', 330 * KB],
    ['start-workflow-execution', 330 * KB],
    ['list-workflow-executions', 330 * KB],
    ['get-workflow-execution', 330 * KB],
    ['stop-workflow-execution', 330 * KB],
    ['get-workflow-execution-history', 330 * KB],
    // Lambda's client for event sources, loaded late.
    ['sweep', 350 * KB, 620 * KB],
    // A client for each kind of destination, of which one deployment loads a few.
    ['follow-up', 350 * KB, 800 * KB],
    ['webhook', 360 * KB, 660 * KB],
    ['workflow-submit', 350 * KB, 650 * KB],
    ['workflow-stop', 332 * KB],
    ['alarm-webhook', 340 * KB],
    ['trigger-submit', 350 * KB],
    ['unknown-route', 60 * KB],
  ])('%s: %d bytes loaded eagerly, 600 kB in all', (name, budget, total = 600 * KB) => {
    const metafile = bundle(name, { entry: `${name}.lambda` });
    expect(eagerBytes(metafile)).toBeLessThan(budget);
    expect(totalBytes(metafile)).toBeLessThan(total);
  });

  test('the worker, beside the user code', () => {
    const metafile = bundle('worker', {
      entry: 'worker/worker.lambda',
      userHandler: resolve('examples/echo.ts'),
    });
    // Its identifiers are kept, so that stack traces of the user's code can be read.
    expect(eagerBytes(metafile)).toBeLessThan(500 * KB);
  });
});

test('the supervisor starts thin: what talks to AWS loads when a task outlives its first second', () => {
  const metafile = bundle('supervised', {
    entry: 'worker/worker.lambda',
    userHandler: resolve('examples/echo.ts'),
  });
  expect(eagerBytes(metafile, 'supervisor.mjs')).toBeLessThan(10 * KB);
});

describe('the bundle of a worker', () => {
  let inputs: string[] = [];
  let eager: string[] = [];

  beforeAll(() => {
    const metafile = bundle('thumbnail', {
      entry: 'worker/worker.lambda',
      userHandler: resolve('examples/thumbnail.ts'),
    });
    inputs = Object.keys(metafile.inputs);
    eager = Object.keys(metafile.outputs[entryOf(metafile)]?.inputs ?? {});
  });

  test("loads the user's module by itself, so that it can fail by itself", () => {
    expect(inputs).toContain('examples/thumbnail.ts');
    expect(eager).not.toContain('examples/thumbnail.ts');
  });

  test('has no credential provider but the one of the environment', () => {
    expect(inputs.filter((path) => /credential-provider-(?!env\/)/.test(path))).toEqual([]);
  });
});
