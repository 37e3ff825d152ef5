import type { Command } from 'commander';
import { withExamples } from '../command-parts.ts';
import { COMPLETION_SCRIPTS, candidatesFor } from '../completion.ts';
import { wordOption } from '../option-values.ts';
import { output } from '../screen.ts';

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
    .action((words: string[]) => {
      for (const candidate of candidatesFor(program, words)) output.line(candidate);
    });
}
