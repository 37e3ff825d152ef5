import { readFile } from 'node:fs/promises';
import type { LocalRuntime } from './runtime.ts';
import { StartupError } from './startup-error.ts';
import { welcome } from './welcome.ts';

/** By which the TaskMode construct is told that webhooks may reach this machine. */
const LOCAL_WEBHOOKS_CONTEXT = 'task-mode:allow-local-webhooks';

export interface DevOptions {
  readonly port: number;
  readonly dataDir?: string;
  readonly fresh: boolean;
  readonly dynamodbEndpoint?: string;
  readonly sqsEndpoint?: string;
  /** Whether saving a function's files has its code swapped. */
  readonly reload: boolean;
  readonly verbose: boolean;
  readonly allowsLocalWebhooks: boolean;
  readonly auth?: string;
  readonly accessKeysFile?: string;
  /** Throws an error that says what is wrong with a text of access keys. */
  readonly checkAccessKeys: (text: string) => unknown;
  /** Finds the built web console, or builds it. */
  readonly findConsole: (signal: AbortSignal) => Promise<string>;
}

/** Runs the CDK app of the current folder until a signal ends it; resolves when it takes requests. */
export async function runDev(options: DevOptions): Promise<void> {
  const startMs = performance.now();
  const starting = new AbortController();
  let runtime: LocalRuntime | undefined;
  let signals = 0;
  const onSignal = (): void => {
    signals += 1;
    if (signals > 1) {
      // The exit handler of launch.ts ends what is still running.
      process.exit(130);
    }
    process.stdout.write('Stopping; Ctrl-C again ends it at once.\n');
    starting.abort(new StartupError('stopped before it was ready'));
    void runtime?.stop().then(() => process.exit(0));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { auth, accessKeysFile, allowsLocalWebhooks } = options;
  const accessKeys = accessKeysFile === undefined ? undefined : await readAccessKeys(accessKeysFile, options);
  // It is built while the runtime starts.
  const consoleFolder = options.findConsole(starting.signal);
  consoleFolder.catch(() => undefined);
  // Only now: it loads the engines, which a wrong option need not wait for.
  const { startLocalRuntime } = await import('./runtime.ts');
  runtime = await startLocalRuntime({
    ...options,
    consoleFolder,
    context: {
      ...(auth !== undefined && { auth }),
      ...(allowsLocalWebhooks && { [LOCAL_WEBHOOKS_CONTEXT]: 'true' }),
    },
    ...(accessKeys !== undefined && { accessKeys }),
    signal: starting.signal,
  });
  if (starting.signal.aborted) {
    await runtime.stop();
    process.exit(0);
  }
  process.stdout.write(welcome(runtime, performance.now() - startMs));
}

/** Reads the file of the access keys, so that a wrong one is told before anything is started. */
async function readAccessKeys(file: string, { checkAccessKeys }: DevOptions): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    checkAccessKeys(text);
    return text;
  } catch (error) {
    throw new StartupError(`--access-keys ${file}: ${(error as Error).message}`);
  }
}
