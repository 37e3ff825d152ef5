import type { Command } from 'commander';
import { statusesOfAction } from '../../lambdas/domain/bulk-order.ts';
import { type BulkJobArguments, doBulkJob, withBulkJob } from '../bulk-job.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { DONE_WORDS } from '../follow-bulk-job.ts';
import { actOnNamed, checkStatuses, isByFilter } from '../named-tasks.ts';
import { withFilter } from '../task-filter.ts';

/** `stop`: tasks by their ids, or all that a filter finds. */
export function addStopCommand(program: Command): void {
  const command = program
    .command('stop')
    .summary('stop tasks, by id or by filter')
    .description(
      'Stops tasks: one that waits never runs, one that runs is aborted, and killed after its grace period.\nPrints the ids of those that are stopped; by filter, the id of the bulk job that does it.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[tasks...]', 'TaskIDs');
  withBulkJob(withFilter(command), 'Stop', 'every task that has not ended').action(stop);
  withExamples(withConnection(command), [
    ['task-mode stop wait job-1 job-2', 'these two'],
    ['task-mode stop wait --prefix night- --dry-run', 'how many there are whose id begins so'],
    ['task-mode stop wait --status Enqueued --since 1h --yes', 'what was submitted within an hour and waits'],
  ]);
}

async function stop(
  functionName: string,
  taskIds: string[],
  options: ConnectionOptions & BulkJobArguments,
): Promise<void> {
  const byFilter = isByFilter(taskIds, options);
  checkStatuses(options, statusesOfAction('Stop'), 'stop');
  const client = await connect(options);
  if (byFilter) return doBulkJob(client, functionName, 'Stop', options);
  await actOnNamed(taskIds, {
    done: DONE_WORDS.Stop,
    act: (taskId, signal) => client.stop(functionName, taskId, signal && { signal }),
  });
}
