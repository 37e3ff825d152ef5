import type { Command, Option } from 'commander';

/** What a shell may offer after these words, of which the last is being typed; names of functions are asked for. */
export async function candidatesFor(
  program: Command,
  words: readonly string[],
  functionNames: () => Promise<readonly string[]>,
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const { command, awaiting, argumentCount } = commandAt(program, before);
  if (awaiting !== undefined) return startingWith(typed, wordsOf(awaiting));
  const isFunction = command.registeredArguments[argumentCount]?.name() === 'function';
  if (isFunction && !typed.startsWith('-')) return startingWith(typed, await functionNames());
  const { options, commands } = visible(command);
  if (typed.startsWith('-')) {
    return startingWith(
      typed,
      options.flatMap(({ long }) => long ?? []),
    );
  }
  return startingWith(
    typed,
    commands.map((one) => one.name()),
  );
}

/** Follows the words to the innermost command; the last may be an option that awaits its value. */
function commandAt(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly argumentCount: number; readonly awaiting?: Option } {
  let command = program;
  let argumentCount = 0;
  let awaiting: Option | undefined;
  for (const word of words) {
    if (awaiting !== undefined) {
      awaiting = undefined;
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option?.required) awaiting = option;
    const inner = command.commands.find((one) => one.name() === word);
    if (inner === undefined && option === undefined) argumentCount += 1;
    command = inner ?? command;
  }
  return { command, argumentCount, ...(awaiting !== undefined && { awaiting }) };
}

function visible(command: Command) {
  const help = command.createHelp();
  return { options: help.visibleOptions(command), commands: help.visibleCommands(command) };
}

/** Options that take one of some words carry them with what reads them (`wordOption`). */
function wordsOf({ parseArg }: Option): readonly string[] {
  const words: unknown = parseArg === undefined ? undefined : (parseArg as { words?: unknown }).words;
  return Array.isArray(words) ? words : [];
}

function startingWith(typed: string, candidates: readonly string[]): string[] {
  return candidates.filter((one) => one.startsWith(typed));
}

/** What each shell is to run: it asks the command itself, so that it offers what the version there is can do. */
export const COMPLETION_SCRIPTS = {
  bash: `_task_mode() {
  local IFS=$'\\n'
  COMPREPLY=($(task-mode __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _task_mode task-mode
`,
  zsh: `(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
_task_mode() {
  local -a offered
  offered=("\${(@f)$(task-mode __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  offered=(\${offered:#})
  if (( \${#offered} )); then compadd -a offered; else _files; fi
}
compdef _task_mode task-mode
`,
  fish: `function __task_mode_offered
  set -l offered (task-mode __complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
  if test (count $offered) -gt 0
    printf '%s\\n' $offered
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c task-mode -f -a '(__task_mode_offered)'
`,
} as const;
