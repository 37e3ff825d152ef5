import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { BulkAction, BulkFilter, BulkJobPreview, TaskModeClient } from '../client/index.ts';
import { BULK_TASKS_RANGE } from '../lambdas/domain/limits.ts';
import { UsageError } from './failure.ts';
import { followBulkJob } from './follow-bulk-job.ts';
import type { ChoiceArguments } from './named-tasks.ts';
import { wholeNumberOption } from './option-values.ts';
import { notes, output } from './screen.ts';
import type { FilterArguments } from './task-filter.ts';
import { countedText } from './task-rows.ts';

export interface BulkJobArguments extends ChoiceArguments {
  readonly yes?: true;
  readonly max: number;
  readonly json?: true;
}

const VERBS: Readonly<Record<BulkAction, string>> = { Stop: 'stop', Redrive: 'redrive' };

/** Has a command take the options of what is done to all tasks that a filter finds. */
export function withBulkJob(command: Command, action: BulkAction, all: string): Command {
  return command
    .option('--all', all)
    .option('--dry-run', `say how many there are, and ${VERBS[action]} none`)
    .option('-y, --yes', 'do not ask')
    .option('--reason <TEXT>', 'why, for whoever reads of it later')
    .option(
      '--max <N>',
      'how many at the most',
      wholeNumberOption('--max', BULK_TASKS_RANGE),
      BULK_TASKS_RANGE.max,
    )
    .option('--detach', 'do not wait for its end')
    .option('--json', 'print counts, or the job, as the API has them');
}

/** Does something to all tasks that a filter finds, once it was said how many there are, and somebody agreed. */
export async function doBulkJob(
  client: TaskModeClient,
  functionName: string,
  action: BulkAction,
  options: BulkJobArguments,
): Promise<void> {
  const order = { action, filter: filterOf(options) };
  const preview = await client.bulkJobs.preview(functionName, order);
  if (options.dryRun && options.json) output.line(JSON.stringify(preview));
  tellCounts(preview, options.max);
  if (preview.matched === 0 || options.dryRun || !(await isConfirmed(action, options))) return;
  const job = await client.bulkJobs.start(functionName, {
    ...order,
    maxTasks: options.max,
    ...(options.reason !== undefined && { reason: options.reason }),
  });
  if (!options.json) output.line(job.bulkJobId);
  else if (options.detach) output.line(JSON.stringify(job));
  if (options.detach) {
    notes.line(
      `It goes on by itself: "task-mode bulk-jobs wait ${functionName} ${job.bulkJobId}" follows it.`,
    );
    return;
  }
  await followBulkJob(client, job, { asJson: options.json ?? false, expected: preview.matched });
}

function filterOf({ status, prefix, since, until }: FilterArguments): BulkFilter {
  return {
    ...(status && { status }),
    ...(prefix !== undefined && { prefix }),
    ...(since !== undefined && { startedTimeBegin: Math.floor(since) }),
    ...(until !== undefined && { startedTimeEnd: Math.floor(until) }),
  };
}

function tellCounts({ action, matched, countsByStatus, isComplete }: BulkJobPreview, max: number): void {
  const counts = matched === 0 ? '' : `: ${countedText(countsByStatus, notes.paint)}`;
  const atLeast = isComplete ? '' : 'at least ';
  const most = isComplete && matched <= max ? '' : `, ${max} of them at the most`;
  notes.line(`${atLeast}${matched} ${matched === 1 ? 'task' : 'tasks'} to ${VERBS[action]}${counts}${most}`);
}

/** Asks whether it is to be; where nobody can be asked, `--yes` has to say so. */
async function isConfirmed(action: BulkAction, { yes }: BulkJobArguments): Promise<boolean> {
  const verb = VERBS[action];
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
