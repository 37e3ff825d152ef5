import { once } from 'node:events';
import type { Command } from 'commander';
import { isTaskModeError, TaskModeClient } from '../../client/index.ts';
import type { Surroundings } from '../../local/gateway/console-files.ts';
import { withExamples } from '../command-parts.ts';
import {
  type Connection,
  type ConnectionOptions,
  findConnection,
  regionOfUrl,
  withConnection,
} from '../connection.ts';
import { interruptible } from '../interruption.ts';
import { wholeNumberOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';

interface ConsoleArguments extends ConnectionOptions {
  readonly port: number;
  readonly function?: readonly string[];
}

const PORT_RANGE = { min: 0, max: 65_535 };

/** `console`: the web console of a deployed stack, on this machine. */
export function addConsoleCommand(program: Command): void {
  const command = program
    .command('console')
    .summary('the web console of a deployed stack, on this machine')
    .description(
      'Serves the web console of a deployed stack on this machine, and signs each of its calls with your own credentials: nothing to host, nobody to let in. The address that it prints is yours alone; it changes with each start.',
    )
    .option('--port <N>', 'port on 127.0.0.1, 0 for any free one', wholeNumberOption('--port', PORT_RANGE), 0)
    .option('--function <NAME>', 'show only this function; may be given several times', collected)
    .action(runConsole);
  withExamples(withConnection(command), [
    ['task-mode console --stack TaskMode --profile work', 'with the credentials of an AWS profile'],
  ]);
}

function collected(name: string, before: readonly string[] = []): readonly string[] {
  return [...before, name];
}

async function surroundingsOf(connection: Connection, options: ConsoleArguments): Promise<Surroundings> {
  const { endpoint, auth } = connection;
  return {
    stackName: options.stack ?? new URL(endpoint).host,
    region: regionOfUrl(endpoint) ?? options.region ?? '',
    functionNames: options.function ?? [],
    isLocal: false,
    endpoint,
    auth,
    hasWorkflows: await hasWorkflows(connection),
  };
}

/** Asks the API, for a page cannot ask in vain without its browser reporting that; undefined when it does not say. */
function hasWorkflows(connection: Connection): Promise<boolean | undefined> {
  const tasks = new TaskModeClient({ ...connection, maxAttempts: 1 });
  return tasks.workflows
    .list()
    .next()
    .then(
      () => true,
      (error) => (isTaskModeError(error, 'PathNotSupported') ? false : undefined),
    );
}

async function runConsole(options: ConsoleArguments): Promise<void> {
  const connection = await findConnection(options);
  const { ConsoleFiles } = await import('../../local/gateway/console-files.ts');
  const { findConsole } = await import('../../local/gateway/find-console.ts');
  const { serveConsole } = await import('../console/console-server.ts');
  await interruptible(async (signal) => {
    const files = new ConsoleFiles(findConsole(signal), surroundingsOf(connection, options));
    const server = await serveConsole({ port: options.port, files, connection });
    output.line(server.url);
    notes.line(`It shows ${connection.endpoint}. Ctrl-C ends it.`);
    await once(signal, 'abort');
    server.close();
  });
}
