import type { Command } from 'commander';

/** Has the help of a command end with what people type, each line with what it does. */
export function withExamples(command: Command, examples: readonly (readonly [string, string])[]): Command {
  const lines = examples.map(([typed, does]) => `  # ${does}\n  ${typed}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}\n`);
}

export const FUNCTION_ARGUMENT = ['<function>', 'name of the task function'] as const;

export const TASK_ARGUMENT = ['<task>', 'TaskID'] as const;
