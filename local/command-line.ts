import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { LocalRuntime } from './runtime.ts';
import { StartupError } from './startup-error.ts';
import { welcome } from './welcome.ts';

/** By which the TaskMode construct is told that webhooks may reach this machine. */
const LOCAL_WEBHOOKS_CONTEXT = 'task-mode:allow-local-webhooks';

const USAGE = `Usage: task-mode dev [options]

Runs the CDK app of the current folder on this machine: no AWS account, no Docker.

  --port N                 port of the HTTP API, 0 for any free one (default 3000)
  --data DIR               folder that keeps tasks between runs (default .local)
  --fresh                  delete what that folder keeps, start empty
  --dynamodb-endpoint URL  use this DynamoDB in place of the embedded one
  --sqs-endpoint URL       use this SQS in place of the embedded one
  --auth MODE              iam (default: nobody is checked here) or accessKeys; the app reads it as context "auth"
  --access-keys FILE       access keys of the API, as JSON, for --auth accessKeys
  --allow-local-webhooks   let webhooks reach this machine, also over http://
  --verbose                also tell which resources have nothing to do here, and log metrics
  --help                   show this
`;

/** A wrong command line: one line to standard error, exit code 2. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface DevOptions {
  readonly port: number;
  readonly dataDir?: string;
  readonly fresh: boolean;
  readonly dynamodbEndpoint?: string;
  readonly sqsEndpoint?: string;
  readonly verbose: boolean;
  readonly allowsLocalWebhooks: boolean;
  readonly auth?: string;
  readonly accessKeysFile?: string;
}

export interface CommandLineOptions {
  /** Throws an error that says what is wrong with a text of access keys. */
  readonly checkAccessKeys: (text: string) => unknown;
  /** Finds the built web console, or builds it. */
  readonly findConsole: (signal: AbortSignal) => Promise<string>;
}

/** Runs the `task-mode` command; resolves when it has started, or failed and set the exit code. */
export async function runCommandLine(
  commandArguments: readonly string[],
  commandLineOptions: CommandLineOptions,
): Promise<void> {
  try {
    const options = readArguments(commandArguments);
    if (options === 'help') {
      process.stdout.write(USAGE);
    } else {
      await runDev(options, commandLineOptions);
    }
  } catch (error) {
    const isExpected = error instanceof UsageError || error instanceof StartupError;
    const text = isExpected
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
    process.stderr.write(`task-mode: ${text}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

function readArguments(commandArguments: readonly string[]): DevOptions | 'help' {
  const { values, positionals } = parse(commandArguments);
  if (values.help) {
    return 'help';
  }
  const [command, extra] = positionals;
  if (command !== 'dev') {
    throw new UsageError(
      command === undefined
        ? 'no command given: want "task-mode dev" (see task-mode --help)'
        : `unknown command "${command}": want "dev" (see task-mode --help)`,
    );
  }
  if (extra !== undefined) {
    throw new UsageError(
      `unexpected argument "${extra}": want only options after dev (see task-mode --help)`,
    );
  }
  return {
    port: portOf(values.port),
    fresh: values.fresh,
    verbose: values.verbose,
    allowsLocalWebhooks: values['allow-local-webhooks'],
    ...(values.data === undefined ? {} : { dataDir: nonEmpty('--data', values.data, 'a folder') }),
    ...endpoint('dynamodbEndpoint', '--dynamodb-endpoint', values['dynamodb-endpoint']),
    ...endpoint('sqsEndpoint', '--sqs-endpoint', values['sqs-endpoint']),
    ...access(values.auth, values['access-keys']),
  };
}

function parse(commandArguments: readonly string[]) {
  try {
    return parseArgs({
      args: [...commandArguments],
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '3000' },
        data: { type: 'string' },
        fresh: { type: 'boolean', default: false },
        'dynamodb-endpoint': { type: 'string' },
        'sqs-endpoint': { type: 'string' },
        auth: { type: 'string' },
        'access-keys': { type: 'string' },
        'allow-local-webhooks': { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
  } catch (error) {
    const [firstSentence] = (error as Error).message.split(/\.\s|\n/);
    throw new UsageError(`${firstSentence} (see task-mode --help)`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError(`--port is "${text}": want a whole number from 0 to 65535`);
  }
  return port;
}

function nonEmpty(option: string, value: string, wanted: string): string {
  if (value.trim() === '') {
    throw new UsageError(`${option} is "${value}": want ${wanted}`);
  }
  return value;
}

function endpoint<Name extends string>(
  name: Name,
  option: string,
  value: string | undefined,
): { [K in Name]?: string } {
  if (value === undefined) {
    return {};
  }
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new UsageError(`${option} is "${value}": want a URL such as http://127.0.0.1:8000`);
  }
  return { [name]: new URL(value).origin } as { [K in Name]?: string };
}

/** An app may ask for access keys without being told to: then the file is enough. */
function access(
  auth: string | undefined,
  accessKeysFile: string | undefined,
): Pick<DevOptions, 'auth' | 'accessKeysFile'> {
  if (auth !== undefined && auth !== 'iam' && auth !== 'accessKeys') {
    throw new UsageError(`--auth is "${auth}": want iam or accessKeys`);
  }
  if (auth === 'accessKeys' && accessKeysFile === undefined) {
    throw new UsageError('--auth is "accessKeys" without keys: want --access-keys FILE as well');
  }
  if (auth === 'iam' && accessKeysFile !== undefined) {
    throw new UsageError(`--access-keys is "${accessKeysFile}" under --auth iam: want --auth accessKeys`);
  }
  return {
    ...(auth !== undefined && { auth }),
    ...(accessKeysFile !== undefined && {
      accessKeysFile: nonEmpty('--access-keys', accessKeysFile, 'a file'),
    }),
  };
}

/** Reads the file of the access keys, so that a wrong one is told before anything is started. */
async function readAccessKeys(file: string, { checkAccessKeys }: CommandLineOptions): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    checkAccessKeys(text);
    return text;
  } catch (error) {
    throw new StartupError(`--access-keys ${file}: ${(error as Error).message}`);
  }
}

async function runDev(options: DevOptions, commandLineOptions: CommandLineOptions): Promise<void> {
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
  const accessKeys =
    accessKeysFile === undefined ? undefined : await readAccessKeys(accessKeysFile, commandLineOptions);
  // It is built while the runtime starts.
  const consoleFolder = commandLineOptions.findConsole(starting.signal);
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
