import { createInterface } from 'node:readline/promises';
import type { AsyncTask, TaskStatus } from '../client/index.ts';
import { EXIT_CODE } from './exit-code.ts';
import { explain, UsageError } from './failure.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { notes, output, printable } from './screen.ts';
import { allOf, type FilterArguments } from './task-filter.ts';
import { countsText } from './task-rows.ts';

/** How many calls of one command are on their way at once: some 100 a second, a tenth of what a shard takes. */
const CALLS_AT_ONCE = 10;

export interface Bulk {
  /** What is done to each, as in `3 tasks to stop`. */
  readonly verb: 'stop' | 'redrive';
  readonly done: string;
  readonly act: (taskId: string, signal?: AbortSignal) => Promise<void>;
}

export interface BulkArguments extends FilterArguments {
  readonly all?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Tells whether tasks are chosen by what they are like, and not by their ids. */
export function isByFilter(taskIds: readonly string[], options: BulkArguments): boolean {
  const { status, prefix, since, until, all } = options;
  const isFiltered = (status ?? prefix ?? since ?? until ?? all) !== undefined;
  if (taskIds.length > 0 && isFiltered) {
    throw new UsageError('tasks are given by their ids and by a filter: want one of both');
  }
  if (taskIds.length === 0 && !isFiltered) {
    throw new UsageError('no task is given: want TaskIDs, a filter (--status, --prefix, --since), or --all');
  }
  return isFiltered;
}

/** The statuses to look for: those that were asked for, of which each must allow it. */
export function statusesOf(
  { status }: FilterArguments,
  allowed: readonly TaskStatus[],
  verb: Bulk['verb'],
): readonly TaskStatus[] {
  const other = status?.find((one) => !allowed.includes(one));
  if (other !== undefined) {
    throw new UsageError(`--status is "${other}", which nothing can ${verb}: want ${allowed.join(', ')}`);
  }
  return status ?? allowed;
}

/** Does the same to all tasks that a filter finds, once it was said how many there are, and somebody agreed. */
export async function actOnChosen(
  chosen: AsyncIterable<AsyncTask>,
  bulk: Bulk,
  options: BulkArguments,
): Promise<void> {
  const tasks = await allOf(chosen);
  if (!(await isConfirmed(tasks, bulk, options))) return;
  await actOnAll(
    tasks.map(({ taskId }) => taskId),
    bulk,
  );
}

/** Says what would be done, and asks whether it is to be; where nobody can be asked, `--yes` has to say so. */
async function isConfirmed(
  tasks: readonly AsyncTask[],
  { verb }: Bulk,
  { dryRun, yes }: BulkArguments,
): Promise<boolean> {
  const counts = tasks.length === 0 ? '' : `: ${countsText(tasks, notes.paint)}`;
  notes.line(`${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'} to ${verb}${counts}`);
  if (tasks.length === 0 || dryRun) return false;
  if (yes) return true;
  if (!process.stdin.isTTY || !notes.isTerminal) {
    throw new UsageError(
      `nobody can be asked whether to ${verb} them: want --yes, or --dry-run to see them only`,
    );
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return /^y(es)?$/i.test((await prompt.question(`${verb} them? [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

/** Does the same to tasks that are given by their ids; why a single one is refused is told as all errors are. */
export async function actOnNamed(taskIds: readonly string[], bulk: Bulk): Promise<void> {
  const [taskId] = taskIds;
  if (taskId === undefined || taskIds.length > 1) return actOnAll(taskIds, bulk);
  await bulk.act(taskId);
  output.line(taskId);
}

/** Does the same to many tasks, prints the ids of those it was done to, and fails when one was refused. */
async function actOnAll(taskIds: readonly string[], { done, act }: Bulk): Promise<void> {
  let doneCount = 0;
  let refused = 0;
  const rest = [...taskIds];
  await interruptible(async (signal) => {
    const work = async () => {
      for (let taskId = rest.shift(); taskId !== undefined && !signal.aborted; taskId = rest.shift()) {
        try {
          await act(taskId, signal);
          doneCount += 1;
          output.line(taskId);
        } catch (error) {
          if (signal.aborted) return;
          refused += 1;
          notes.line(`${notes.paint('red', '✘')} ${taskId}: ${printable(explain(error).message)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
    notes.line(`${doneCount} of ${taskIds.length} ${done}`);
    if (signal.aborted) throw new Interrupted('interrupted');
  });
  if (refused > 0) process.exitCode = EXIT_CODE.failed;
}
