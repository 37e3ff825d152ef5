import type { Command } from 'commander';
import { withExamples } from '../command-parts.ts';
import { COMPLETION_SCRIPTS, candidatesFor } from '../completion.ts';
import { connect } from '../connection.ts';
import { wordOption } from '../option-values.ts';
import { output } from '../screen.ts';
import { allOf } from '../task-filter.ts';

type Shell = keyof typeof COMPLETION_SCRIPTS;

const SHELLS = Object.keys(COMPLETION_SCRIPTS) as Shell[];

/** `completion`: what a shell needs to complete our words, and the command that it then asks. */
export function addCompletionCommand(program: Command): void {
  const command = program
    .command('completion')
    .summary('have your shell complete commands and options')
    .description('Prints what bash, zsh or fish needs to complete commands and options.')
    .argument('<shell>', SHELLS.join(', '), wordOption('<shell>', SHELLS))
    .action((shell: Shell) => output.write(COMPLETION_SCRIPTS[shell]));
  withExamples(command, [
    ['source <(task-mode completion bash)', 'in ~/.bashrc; for zsh the same with zsh, in ~/.zshrc'],
    ['task-mode completion fish > ~/.config/fish/completions/task-mode.fish', 'for fish'],
  ]);
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .allowUnknownOption()
    .action(async (words: string[]) => {
      for (const candidate of await candidatesFor(program, words, functionNames)) output.line(candidate);
    });
}

/** Whoever pressed Tab waits no longer than this. */
const PATIENCE_MS = 1000;

/** Asks the API that the environment names; who does not answer in time has no names. */
async function functionNames(): Promise<string[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const client = await connect({ auth: 'auto' });
    return (await allOf(client.functions({}, { signal }))).map(({ functionName }) => functionName);
  } catch {
    return [];
  }
}
