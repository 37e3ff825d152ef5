import type { Command } from 'commander';
import { COUNTED_GROUPS, type FunctionSummary, groupCountOf, groupCountText } from '../../client/index.ts';
import { withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { notes, output } from '../screen.ts';
import { GROUP_STYLE } from '../status-style.ts';
import { type Column, tableLines } from '../table.ts';
import { allOf } from '../task-filter.ts';

interface FunctionsArguments extends ConnectionOptions {
  readonly prefix?: string;
  readonly json?: true;
}

/** `functions`: those that take tasks, and what their tasks are at. */
export function addFunctionsCommand(program: Command): void {
  const command = program
    .command('functions')
    .summary('list functions, and what their tasks are at')
    .description(
      'Lists the functions that take tasks, and how many of their tasks wait (for a first attempt or the next one), run, failed or were stopped. "+": there may be more. Succeeded tasks are not counted.',
    )
    .option('--prefix <TEXT>', 'only those whose name begins so')
    .option('--json', 'print one a line, as the API has it')
    .action(async ({ prefix, json, ...options }: FunctionsArguments) => {
      const client = await connect(options);
      const functions = await allOf(client.functions(prefix === undefined ? {} : { prefix }));
      if (json) for (const one of functions) output.line(JSON.stringify(one));
      else if (functions.length === 0) notes.line('There are no such functions.');
      else for (const line of functionLines(functions)) output.line(line);
    });
  withExamples(withConnection(command), [
    ['task-mode functions', 'all of them'],
    [`task-mode functions --json | jq -r '.functionName'`, 'their names'],
  ]);
}

function functionLines(functions: readonly FunctionSummary[]): string[] {
  const counted: Column<FunctionSummary>[] = COUNTED_GROUPS.map((group) => ({
    title: group.toUpperCase(),
    text: (one) => groupCountText(one, group),
    style: (one) => (groupCountOf(one, group).count > 0 ? GROUP_STYLE[group] : 'gray'),
    align: 'right',
  }));
  const columns: Column<FunctionSummary>[] = [
    { title: 'FUNCTION', text: ({ functionName }) => functionName, minColumns: 12 },
    { title: 'AT ONCE', text: ({ tasksAtOnce }) => String(tasksAtOnce), align: 'right' },
    ...counted,
    { title: '', text: ({ asyncTask }) => (asyncTask ? '' : 'task mode off') },
  ];
  return tableLines(columns, functions, { width: output.columns, paint: output.paint });
}
