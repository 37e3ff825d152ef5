import type { BulkAction, BulkJob, BulkJobStatus, TaskModeClient } from '../client/index.ts';
import { EXIT_CODE, EXIT_CODE_OF_STATUS } from './exit-code.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { LiveLine } from './live-line.ts';
import { notes, output, printable, type Style } from './screen.ts';
import { durationText } from './times.ts';

/** What was done to each of those that it was done to. */
export const DONE_WORDS: Readonly<Record<BulkAction, string>> = {
  Stop: 'told to stop',
  Redrive: 'run again',
};

export const BULK_JOB_STYLE: Readonly<Record<BulkJobStatus, Style>> = {
  Pending: 'cyan',
  Running: 'blue',
  Stopping: 'yellow',
  Succeeded: 'green',
  Failed: 'red',
  Stopped: 'gray',
};

export interface FollowBulkJobOptions {
  /** Prints the whole job at its end. */
  readonly asJson: boolean;
  /** How many tasks it is about, as far as that is known. */
  readonly expected?: number;
}

type Followed = Pick<BulkJob, 'functionName' | 'bulkJobId'>;

/** Waits for a bulk job with a line that shows how far it is, says what came of it, and has the exit code say so too. */
export async function followBulkJob(
  client: TaskModeClient,
  { functionName, bulkJobId }: Followed,
  { asJson, expected }: FollowBulkJobOptions,
): Promise<void> {
  const job = await untilEnded(client, { functionName, bulkJobId }, expected);
  if (asJson) output.line(JSON.stringify(job));
  for (const line of endLines(job)) notes.line(line);
  process.exitCode = exitCodeOf(job);
}

/** It goes on by itself: whoever no longer looks at it has not ended it. */
async function untilEnded(
  client: TaskModeClient,
  { functionName, bulkJobId }: Followed,
  expected: number | undefined,
): Promise<BulkJob> {
  let seen: BulkJob | undefined;
  const startMs = performance.now();
  const text = () =>
    seen
      ? progressText(seen, expected, performance.now() - startMs)
      : `${bulkJobId} ${durationText(performance.now() - startMs)}`;
  try {
    return await interruptible(async (signal) => {
      using _line = new LiveLine(text, () => (seen ? BULK_JOB_STYLE[seen.status] : 'cyan'));
      return await client.bulkJobs.wait(functionName, bulkJobId, {
        signal,
        onRead: (job) => {
          seen = job;
        },
      });
    });
  } catch (error) {
    if (error instanceof Interrupted) {
      const job = `${functionName} ${bulkJobId}`;
      notes.line(
        `The job goes on: "task-mode bulk-jobs wait ${job}" follows it again, "task-mode bulk-jobs stop ${job}" ends it.`,
      );
    }
    throw error;
  }
}

/** How far a job is, in a line. */
export function progressText(job: BulkJob, expected: number | undefined, elapsedMs: number): string {
  // More may be found than were counted before, and never fewer than were seen to.
  const of = expected === undefined || expected < job.matched ? '' : ` of ${expected}`;
  return `${job.status}, ${countsText(job, of)}, ${durationText(elapsedMs)} (${job.bulkJobId})`;
}

/** What has become of the tasks that a job has seen to. */
export function countsText({ action, done, unchanged, refused }: BulkJob, of = ''): string {
  return [
    `${done}${of} ${DONE_WORDS[action]}`,
    unchanged > 0 && `${unchanged} had moved on`,
    refused > 0 && `${refused} refused`,
  ]
    .filter(Boolean)
    .join(', ');
}

const MARK: Partial<Record<BulkJobStatus, string>> = { Succeeded: '✔', Stopped: '■' };

/** How a job ended: a line, and one for each task of which it is known why it was refused. */
export function endLines(job: BulkJob): string[] {
  const { status, bulkJobId, error, errors, refused, maxTasks } = job;
  const end = notes.paint(BULK_JOB_STYLE[status], `${MARK[status] ?? '✘'} ${status}`);
  const why = error === undefined ? '' : `: ${printable(error)}`;
  const took = durationText((job.endTime ?? job.createdTime) - job.createdTime);
  const unnamed = refused - errors.length;
  return [
    ...errors.map(({ taskId, message }) => `${notes.paint('red', '✘')} ${taskId}: ${printable(message)}`),
    ...(unnamed > 0 ? [`${notes.paint('red', '✘')} and ${unnamed} more`] : []),
    `${end} ${bulkJobId}${why} (${countsText(job)}, ${took})`,
    ...(job.isMaxTasksReached
      ? [`There are more than ${maxTasks}: the same command goes on with them.`]
      : []),
  ];
}

function exitCodeOf({ status, refused }: BulkJob): number {
  if (status === 'Failed' || status === 'Stopped') return EXIT_CODE_OF_STATUS[status];
  return refused > 0 ? EXIT_CODE.failed : EXIT_CODE.done;
}
