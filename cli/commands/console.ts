import { once } from 'node:events';
import type { Command } from 'commander';
import { withExamples } from '../command-parts.ts';
import { type ConnectionOptions, findConnection, regionOfUrl, withConnection } from '../connection.ts';
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

async function runConsole(options: ConsoleArguments): Promise<void> {
  const connection = await findConnection(options);
  const { ConsoleFiles } = await import('../../local/gateway/console-files.ts');
  const { findConsole } = await import('../../local/gateway/find-console.ts');
  const { serveConsole } = await import('../console/console-server.ts');
  await interruptible(async (signal) => {
    const files = new ConsoleFiles(findConsole(signal), {
      stackName: options.stack ?? new URL(connection.endpoint).host,
      region: regionOfUrl(connection.endpoint) ?? options.region ?? '',
      functionNames: options.function ?? [],
      isLocal: false,
    });
    const server = await serveConsole({ port: options.port, files, connection });
    output.line(server.url);
    notes.line(`It shows ${connection.endpoint}. Ctrl-C ends it.`);
    await once(signal, 'abort');
    server.close();
  });
}
