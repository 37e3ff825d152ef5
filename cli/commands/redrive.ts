import type { Command } from 'commander';
import { TASK_STATUSES } from '../../client/index.ts';
import { targetsOf } from '../../lambdas/domain/lifecycle.ts';
import { actOnChosen, actOnNamed, type Bulk, type BulkArguments, isByFilter, statusesOf } from '../bulk.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { chosenTasks, withFilter } from '../task-filter.ts';

const REDRIVABLE = TASK_STATUSES.filter((status) => targetsOf(status, 'redrive').length > 0);

/** `redrive`: runs tasks again that did not succeed, by their ids, or all that a filter finds. */
export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .summary('run tasks again that did not succeed')
    .description(
      'Runs tasks again, under the same TaskID and with the same payload, that ended as Failed, Stopped, Expired or Invalid.\nPrints the ids of those that run again.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[tasks...]', 'TaskIDs');
  withFilter(command)
    .option('--all', `every task that ended as ${REDRIVABLE.join(', ')}`)
    .option('--dry-run', 'say how many there are, and run none')
    .option('-y, --yes', 'do not ask')
    .action(redrive);
  withExamples(withConnection(command), [
    ['task-mode redrive encode video-1', 'this one'],
    ['task-mode redrive encode --status Failed --since 1d', 'what failed within a day, after asking'],
  ]);
}

async function redrive(functionName: string, taskIds: string[], options: ConnectionOptions & BulkArguments) {
  const byFilter = isByFilter(taskIds, options);
  const status = statusesOf(options, REDRIVABLE, 'redrive');
  const client = await connect(options);
  const bulk: Bulk = {
    verb: 'redrive',
    done: 'run again',
    act: (taskId, signal) => client.redrive(functionName, taskId, signal && { signal }),
  };
  if (byFilter) await actOnChosen(chosenTasks(client, functionName, { ...options, status }), bulk, options);
  else await actOnNamed(taskIds, bulk);
}
