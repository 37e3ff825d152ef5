import type { Command } from 'commander';
import { TASK_STATUSES } from '../../client/index.ts';
import { targetsOf } from '../../lambdas/domain/lifecycle.ts';
import { actOnChosen, actOnNamed, type Bulk, type BulkArguments, isByFilter, statusesOf } from '../bulk.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { chosenTasks, withFilter } from '../task-filter.ts';

const STOPPABLE = TASK_STATUSES.filter((status) => targetsOf(status, 'stop').length > 0);

/** `stop`: tasks by their ids, or all that a filter finds. */
export function addStopCommand(program: Command): void {
  const command = program
    .command('stop')
    .summary('stop tasks, by id or by filter')
    .description(
      'Stops tasks: one that waits never runs, one that runs is aborted, and killed after its grace period.\nPrints the ids of those that are stopped.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[tasks...]', 'TaskIDs');
  withFilter(command)
    .option('--all', 'every task that has not ended')
    .option('--dry-run', 'say how many there are, and stop none')
    .option('-y, --yes', 'do not ask')
    .action(stop);
  withExamples(withConnection(command), [
    ['task-mode stop wait job-1 job-2', 'these two'],
    ['task-mode stop wait --prefix night- --dry-run', 'how many there are whose id begins so'],
    ['task-mode stop wait --status Enqueued --since 1h --yes', 'what was submitted within an hour and waits'],
  ]);
}

async function stop(functionName: string, taskIds: string[], options: ConnectionOptions & BulkArguments) {
  const byFilter = isByFilter(taskIds, options);
  const status = statusesOf(options, STOPPABLE, 'stop');
  const client = await connect(options);
  const bulk: Bulk = {
    verb: 'stop',
    done: 'told to stop',
    act: (taskId, signal) => client.stop(functionName, taskId, signal && { signal }),
  };
  if (byFilter) await actOnChosen(chosenTasks(client, functionName, { ...options, status }), bulk, options);
  else await actOnNamed(taskIds, bulk);
}
