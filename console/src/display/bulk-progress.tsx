import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Link from '@cloudscape-design/components/link';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import { useEffect, useRef } from 'react';
import type { BulkJob } from '../../../client/index.ts';
import { ACTION_WORDS, bulkFilterText } from '../data/bulk-orders.ts';
import { taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { useNotifications } from '../shell/notifications.tsx';
import { functionHref } from '../shell/router.ts';
import { bulkCountsText } from './bulk-job-status.tsx';

const POLL_MS = 1500;

export interface BulkProgressProps {
  readonly functionName: string;
  readonly bulkJobId: string;
  /** How many tasks were counted before it began. */
  readonly expected: number;
  readonly onEnded: () => void;
}

/** A bulk job as it gets on, until it has ended. */
export function BulkProgress({ functionName, bulkJobId, expected, onEnded }: BulkProgressProps) {
  const { value: job } = usePolled(
    `${functionName}/${bulkJobId}`,
    (signal) => taskApi.bulkJobs.get(functionName, bulkJobId, { signal }),
    POLL_MS,
  );
  const { succeeded, failed } = useNotifications();
  const isTold = useRef(false);
  useEffect(() => {
    if (job?.endTime === undefined || isTold.current) return;
    isTold.current = true;
    const words = `${ACTION_WORDS[job.action].act} of ${bulkFilterText(job.filter)}: ${bulkCountsText(job)}`;
    if (job.error === undefined) succeeded(words);
    else failed(words, new Error(job.error));
    onEnded();
  }, [job, succeeded, failed, onEnded]);
  const stop = () =>
    taskApi.bulkJobs
      .stop(functionName, bulkJobId)
      .catch((error: unknown) => failed('The job could not be stopped', error));
  return (
    <Container>
      <div className="bulk-progress">
        <ProgressBar
          value={percentOf(job, expected)}
          label={job === undefined ? 'Bulk job' : `${ACTION_WORDS[job.action].act} all matching tasks`}
          description={job && bulkFilterText(job.filter)}
          additionalInfo={
            <>
              {job === undefined || job.status === 'Pending' ? 'It begins' : bulkCountsText(job)}.{' '}
              <Link href={`${functionHref(functionName)}?tab=bulk-jobs`} fontSize="body-s">
                All bulk jobs
              </Link>
            </>
          }
        />
        <Button disabled={job === undefined || job.status === 'Stopping'} onClick={stop}>
          Abort
        </Button>
      </div>
    </Container>
  );
}

/** What was counted is what an index had: the job may find some more or fewer. */
function percentOf(job: BulkJob | undefined, expected: number): number {
  if (job === undefined) return 0;
  if (job.endTime !== undefined) return 100;
  return Math.min(Math.floor((job.matched / Math.max(expected, 1)) * 100), 99);
}
