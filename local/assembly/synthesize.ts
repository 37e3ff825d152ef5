import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type JsonObject, shown } from '../json.ts';
import { endProcess, launchCommand } from '../launch.ts';
import { StartupError } from '../startup-error.ts';

/** One environment variable holds at most 128 KiB on Linux; the CDK CLI passes larger context in a file, and so do we. */
const MAX_CONTEXT_BYTES = 100_000;

export interface SynthOptions {
  readonly appDir: string;
  readonly outDir: string;
  /** Where an app may keep its bundles until its next synth. */
  readonly bundleCacheDir?: string;
  readonly region: string;
  readonly accountId: string;
  /** Context values over those of cdk.json, as `cdk --context` gives them. */
  readonly context?: Readonly<Record<string, string>>;
  readonly verbose: boolean;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs the CDK app of a folder as the CDK CLI does, in a process that ends:
 * a process that has synthesized an app keeps about 450 MB.
 */
export async function synthesize(options: SynthOptions): Promise<void> {
  const { command, context } = await readAppSettings(options.appDir);
  await rm(options.outDir, { recursive: true, force: true });
  const contextDir = await mkdtemp(join(tmpdir(), 'task-mode-context-'));
  try {
    await runApp(command, options, await contextEnvironment({ ...context, ...options.context }, contextDir));
  } finally {
    await rm(contextDir, { recursive: true, force: true });
  }
  // A bundle's index.js is CommonJS on Lambda, where no package.json lies above it. Here the app's own
  // ("type": "module") would lie above it: this empty one ends Node's search.
  await writeFile(join(options.outDir, 'package.json'), '{}\n');
}

async function runApp(command: string, options: SynthOptions, contextEnv: NodeJS.ProcessEnv): Promise<void> {
  const { appDir, outDir, bundleCacheDir, region, accountId, verbose, log, signal } = options;
  signal?.throwIfAborted();
  const child = launchCommand(command, {
    cwd: appDir,
    env: {
      ...(bundleCacheDir !== undefined && { TASK_MODE_BUNDLE_CACHE: bundleCacheDir }),
      ...process.env,
      ...contextEnv,
      CDK_OUTDIR: outDir,
      CDK_DEFAULT_REGION: region,
      CDK_DEFAULT_ACCOUNT: accountId,
      // Checking the template for a real deployment takes 2 s; `cdk synth` and `cdk deploy` do it.
      CDK_VALIDATION: 'false',
    },
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => output.push(chunk));
  }
  const abort = () => endProcess(child);
  signal?.addEventListener('abort', abort);
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    signal?.throwIfAborted();
    const text = output.join('').trim();
    if (code !== 0) {
      const outcome = code === null ? `was ended by ${killedBy}` : `exited with code ${code}`;
      throw new StartupError(`the CDK app ${shown(command)} in ${appDir} ${outcome}:\n${text}`);
    }
    // Mostly one line for each bundle.
    if (verbose && text !== '') {
      log(text);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Reads what is to be run for a CDK app, and its context. */
export async function readAppSettings(appDir: string): Promise<{ command: string; context: JsonObject }> {
  const project = await readSettings(join(appDir, 'cdk.json'));
  if (project === undefined) {
    throw new StartupError(`there is no cdk.json in ${appDir}: run this in the folder of a CDK app`);
  }
  if (typeof project.app !== 'string' || project.app.trim() === '') {
    throw new StartupError(
      `"app" in ${join(appDir, 'cdk.json')} is ${shown(project.app)}: want the command that runs the CDK app`,
    );
  }
  // The order in which the CDK CLI merges them: the user's own settings, the project's, then cached look-ups.
  const user = await readSettings(join(homedir(), '.cdk.json'));
  const cached = await readSettings(join(appDir, 'cdk.context.json'));
  const context = { ...contextOf(user), ...contextOf(project), ...cached };
  return { command: project.app, context };
}

function contextOf(settings: JsonObject | undefined): JsonObject {
  return isJsonObject(settings?.context) ? settings.context : {};
}

async function readSettings(file: string): Promise<JsonObject | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) {
      return value;
    }
  } catch (error) {
    throw new StartupError(`${file} is not JSON: ${(error as Error).message}`);
  }
  throw new StartupError(`${file} holds ${shown(text)}: want a JSON object`);
}

async function contextEnvironment(context: JsonObject, contextDir: string): Promise<NodeJS.ProcessEnv> {
  // What the CLI always sets: metadata off keeps the template to what is deployed; bundling for every stack.
  const settings = {
    ...context,
    'aws:cdk:bundling-stacks': ['**'],
    'aws:cdk:enable-asset-metadata': true,
    'aws:cdk:disable-version-reporting': true,
  };
  const text = JSON.stringify(settings);
  if (Buffer.byteLength(text) <= MAX_CONTEXT_BYTES) {
    return { CDK_CONTEXT_JSON: text };
  }
  const overflowFile = join(contextDir, 'context-overflow.json');
  await writeFile(overflowFile, text);
  return { CDK_CONTEXT_JSON: '{}', CONTEXT_OVERFLOW_LOCATION_ENV: overflowFile };
}
