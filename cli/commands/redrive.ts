import type { Command } from 'commander';
import { statusesOfAction } from '../../lambdas/domain/bulk-order.ts';
import { type BulkJobArguments, doBulkJob, withBulkJob } from '../bulk-job.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { DONE_WORDS } from '../follow-bulk-job.ts';
import { actOnNamed, checkStatuses, isByFilter } from '../named-tasks.ts';
import { withFilter } from '../task-filter.ts';

const REDRIVABLE = statusesOfAction('Redrive');

/** `redrive`: runs tasks again that did not succeed, by their ids, or all that a filter finds. */
export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .summary('run tasks again that did not succeed')
    .description(
      `Runs tasks again, under the same TaskID and with the same payload, that ended as ${REDRIVABLE.join(', ')}.\nPrints the ids of those that run again; by filter, the id of the bulk job that does it.`,
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[tasks...]', 'TaskIDs');
  withBulkJob(withFilter(command), 'Redrive', `every task that ended as ${REDRIVABLE.join(', ')}`).action(
    redrive,
  );
  withExamples(withConnection(command), [
    ['task-mode redrive encode video-1', 'this one'],
    ['task-mode redrive encode --status Failed --since 1d', 'what failed within a day, after asking'],
    ['task-mode redrive encode --all --max 100 --yes --detach', 'a hundred, without waiting for the end'],
  ]);
}

async function redrive(
  functionName: string,
  taskIds: string[],
  options: ConnectionOptions & BulkJobArguments,
): Promise<void> {
  const byFilter = isByFilter(taskIds, options);
  checkStatuses(options, REDRIVABLE, 'redrive');
  const client = await connect(options);
  if (byFilter) return doBulkJob(client, functionName, 'Redrive', options);
  await actOnNamed(taskIds, {
    done: DONE_WORDS.Redrive,
    act: (taskId, signal) => client.redrive(functionName, taskId, signal && { signal }),
  });
}
