import { CommanderError } from 'commander';
import { EXIT_CODE } from './exit-code.ts';
import { type Explained, explain } from './failure.ts';
import { Interrupted } from './interruption.ts';
import { makeProgram } from './program.ts';
import { fitted, notes, printable } from './screen.ts';

/** Runs the `task-mode` command; resolves when it is done, or failed and set the exit code. */
export async function runCommandLine(commandArguments: readonly string[]): Promise<void> {
  endQuietlyWithoutReader();
  const program = makeProgram();
  try {
    if (commandArguments.length === 0) {
      program.outputHelp({ error: true });
      process.exitCode = EXIT_CODE.usage;
      return;
    }
    await program.parseAsync(commandArguments, { from: 'user' });
  } catch (error) {
    if (error instanceof Interrupted) {
      process.exitCode = EXIT_CODE.interrupted;
      return;
    }
    const explained = error instanceof CommanderError ? ofCommander(error, program.name()) : explain(error);
    if (explained === undefined) return;
    tell(explained);
    if (process.env.TASK_MODE_DEBUG && error instanceof Error) notes.line(error.stack);
    process.exitCode = explained.exitCode;
  }
}

/** What reads our output may have had enough (`| head`): that is no error. */
function endQuietlyWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(process.exitCode ?? EXIT_CODE.done);
      throw error;
    });
  }
}

function ofCommander(error: CommanderError, name: string): Explained | undefined {
  if (error.exitCode === 0) return undefined;
  // Help was shown, because a command of commands was given alone.
  if (error.code === 'commander.help') {
    process.exitCode = EXIT_CODE.usage;
    return undefined;
  }
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ');
  return { message: `${message} (see ${name} --help)`, exitCode: EXIT_CODE.usage };
}

function tell({ message, hint }: Explained): void {
  const name = notes.paint('red', 'task-mode:');
  notes.line(`${name} ${printable(fitted(message, 2000))}`);
  if (hint !== undefined) notes.line(`  ${hint}`);
}
