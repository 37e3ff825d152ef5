import type { TaskStatus } from '../client/index.ts';
import { EXIT_CODE } from './exit-code.ts';
import { explain, UsageError } from './failure.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { notes, output, printable } from './screen.ts';
import type { FilterArguments } from './task-filter.ts';

/** How many calls of one command are on their way at once: some 100 a second, a tenth of what a shard takes. */
const CALLS_AT_ONCE = 10;

/** What is done to each of the tasks that a command names. */
export interface NamedAction {
  readonly done: string;
  readonly act: (taskId: string, signal?: AbortSignal) => Promise<void>;
}

export interface ChoiceArguments extends FilterArguments {
  readonly all?: true;
  readonly dryRun?: true;
  readonly detach?: true;
  readonly reason?: string;
}

/** Tells whether tasks are chosen by what they are like, and not by their ids. */
export function isByFilter(taskIds: readonly string[], options: ChoiceArguments): boolean {
  const { status, prefix, since, until, all, dryRun, detach, reason } = options;
  const isFiltered = (status ?? prefix ?? since ?? until ?? all) !== undefined;
  if (taskIds.length > 0 && isFiltered) {
    throw new UsageError('tasks are given by their ids and by a filter: want one of both');
  }
  if (taskIds.length > 0 && (dryRun ?? detach ?? reason) !== undefined) {
    throw new UsageError('--dry-run, --detach and --reason go with a filter, and not with TaskIDs');
  }
  if (taskIds.length === 0 && !isFiltered) {
    throw new UsageError('no task is given: want TaskIDs, a filter (--status, --prefix, --since), or --all');
  }
  return isFiltered;
}

/** Says of the statuses that are looked for that each allows it. */
export function checkStatuses(
  { status }: FilterArguments,
  allowed: readonly TaskStatus[],
  verb: 'stop' | 'redrive',
): void {
  const other = status?.find((one) => !allowed.includes(one));
  if (other !== undefined) {
    throw new UsageError(`--status is "${other}", which nothing can ${verb}: want ${allowed.join(', ')}`);
  }
}

/** Does the same to tasks that are given by their ids; why a single one is refused is told as all errors are. */
export async function actOnNamed(taskIds: readonly string[], action: NamedAction): Promise<void> {
  const [taskId] = taskIds;
  if (taskId === undefined || taskIds.length > 1) return actOnAll(taskIds, action);
  await action.act(taskId);
  output.line(taskId);
}

/** Does the same to many tasks, prints the ids of those it was done to, and fails when one was refused. */
async function actOnAll(taskIds: readonly string[], { done, act }: NamedAction): Promise<void> {
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
