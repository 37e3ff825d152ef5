import { setTimeout as after } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AsyncTask, TaskModeClient } from '../../client/index.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { interruptible } from '../interruption.ts';
import { wholeNumberOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';
import { serverTime } from '../server-time.ts';
import { allOf, chosenTasks, type FilterArguments, withFilter } from '../task-filter.ts';
import { countsText, taskLines } from '../task-rows.ts';

interface ListArguments extends ConnectionOptions, FilterArguments {
  readonly limit: number;
  readonly json?: true;
  readonly watch?: true;
}

const WATCH_MS = 2000;

/** `list`: the newest tasks of a function. */
export function addListCommand(program: Command): void {
  const command = program
    .command('list')
    .summary('list a function’s tasks, newest first')
    .description('Lists the tasks of a function, newest first.')
    .argument(...FUNCTION_ARGUMENT);
  withFilter(command)
    .option('-n, --limit <N>', 'how many', wholeNumberOption('--limit', { min: 1, max: 1_000_000 }), 20)
    .option('--json', 'print one task a line, as the API has it')
    .option('--watch', 'stay, and show what changes')
    .action(list);
  withExamples(withConnection(command), [
    ['task-mode list thumbnail --watch', 'the newest, as they go on'],
    ['task-mode list thumbnail --status Failed --since 1d', 'what failed within a day'],
    [
      "task-mode list thumbnail --limit 10000 --json | jq -r 'select(.durationMs > 5000).taskId'",
      'for a program',
    ],
  ]);
}

async function list(functionName: string, options: ListArguments): Promise<void> {
  const client = await connect(options);
  if (options.watch) {
    await interruptible((signal) => watch(client, functionName, options, signal));
    return;
  }
  if (options.json) {
    for await (const task of newest(client, functionName, options)) output.line(JSON.stringify(task));
    return;
  }
  // One more than is shown says whether there are more.
  const tasks = await allOf(newest(client, functionName, { ...options, limit: options.limit + 1 }));
  const shown = tasks.slice(0, options.limit);
  if (shown.length === 0) {
    notes.line(emptyText(functionName, options));
    return;
  }
  printTable(shown);
  if (tasks.length > shown.length && output.isTerminal) {
    notes.line(notes.paint('gray', `There are more: --limit ${options.limit * 5}`));
  }
}

async function* newest(
  client: TaskModeClient,
  functionName: string,
  options: ListArguments,
  signal?: AbortSignal,
): AsyncGenerator<AsyncTask> {
  let count = 0;
  const { limit } = options;
  for await (const task of chosenTasks(client, functionName, options, { limit, ...(signal && { signal }) })) {
    yield task;
    count += 1;
    if (count >= limit) return;
  }
}

function emptyText(functionName: string, { status, prefix, since, until }: ListArguments): string {
  const isChosen = status ?? prefix ?? since ?? until;
  return isChosen === undefined
    ? `${functionName} has no tasks yet: task-mode submit ${functionName} '{"hello":"world"}'`
    : `No task of ${functionName} is like that.`;
}

function linesOf(tasks: readonly AsyncTask[]): string[] {
  const { columns: width, paint, isTerminal } = output;
  return taskLines(tasks, { width, paint, nowMs: serverTime(), times: isTerminal ? 'ago' : 'iso' });
}

function printTable(tasks: readonly AsyncTask[]): void {
  for (const line of linesOf(tasks)) output.line(line);
}

/** Draws the list again and again; where nobody looks, it prints what is new or has another status. */
async function watch(
  client: TaskModeClient,
  functionName: string,
  options: ListArguments,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Map<string, AsyncTask['status']>();
  const isDrawn = output.isTerminal && !options.json;
  if (isDrawn) output.write('\x1b[?25l');
  try {
    for (;;) {
      const limit = isDrawn ? Math.max(Math.min(options.limit, output.rows - 3), 1) : options.limit;
      const tasks = await allOf(newest(client, functionName, { ...options, limit }, signal));
      if (isDrawn) draw(functionName, tasks, options);
      else {
        const changed = tasks.filter(({ taskId, status }) => seen.get(taskId) !== status).reverse();
        seen.clear();
        for (const { taskId, status } of tasks) seen.set(taskId, status);
        printChanges(changed, options.json === true);
      }
      await after(WATCH_MS, undefined, { signal });
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    if (isDrawn) output.write('\x1b[?25h');
  }
}

function draw(functionName: string, tasks: readonly AsyncTask[], options: ListArguments): void {
  const counts = tasks.length === 0 ? emptyText(functionName, options) : countsText(tasks, output.paint);
  const hint = output.paint('gray', 'Ctrl-C ends');
  const lines = [
    `${output.paint('bold', functionName)}  ${counts}  ${hint}`,
    ...(tasks.length ? linesOf(tasks) : []),
  ];
  output.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
}

function printChanges(tasks: readonly AsyncTask[], asJson: boolean): void {
  for (const task of tasks) {
    if (asJson) output.line(JSON.stringify(task));
    else output.line(`${new Date().toISOString()} ${task.taskId} ${task.status}`);
  }
}
