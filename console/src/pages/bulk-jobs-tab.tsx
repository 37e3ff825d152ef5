import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table, { type TableProps } from '@cloudscape-design/components/table';
import type { BulkJob } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { bulkFilterText, callerText } from '../data/bulk-orders.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { BulkJobState, bulkCountsText } from '../display/bulk-job-status.tsx';
import { exactText, spanText, timeText } from '../display/time.ts';
import { useNotifications } from '../shell/notifications.tsx';

const POLL_MS = 3000;

/** So many of the latest are shown. */
const SHOWN = 50;

/** What was done to many tasks of a function at once: what, to which, by whom and why. */
export function BulkJobsTab({ functionName }: { readonly functionName: string }) {
  const { value, error, refresh } = usePolled(
    `bulk jobs ${functionName}`,
    (signal) => latestJobs(functionName, signal),
    POLL_MS,
  );
  const { failed } = useNotifications();
  const stop = async ({ bulkJobId }: BulkJob) => {
    try {
      await taskApi.bulkJobs.stop(functionName, bulkJobId);
    } catch (stopError) {
      failed('The job could not be stopped', stopError);
    }
    refresh();
  };
  return (
    <SpaceBetween size="l">
      {error !== undefined && (
        <Alert type="error" header="The bulk jobs could not be read">
          {errorText(error)}
        </Alert>
      )}
      <Table<BulkJob>
        variant="borderless"
        wrapLines
        items={value ?? []}
        loading={value === undefined && error === undefined}
        loadingText="Reading bulk jobs"
        trackBy="bulkJobId"
        ariaLabels={{ tableLabel: `Bulk jobs of ${functionName}` }}
        header={
          <Header variant="h2" description={`The latest ${SHOWN}. They are kept for 90 days.`}>
            Bulk jobs
          </Header>
        }
        columnDefinitions={columnsOf(stop)}
        empty={
          <Box textAlign="center" padding="l">
            <Box variant="strong">No bulk jobs</Box>
            <Box variant="p" color="text-body-secondary">
              Filter the tasks, then have all that match stopped or redriven: it is told here, with who and
              why.
            </Box>
          </Box>
        }
      />
    </SpaceBetween>
  );
}

function columnsOf(stop: (job: BulkJob) => void): TableProps.ColumnDefinition<BulkJob>[] {
  return [
    {
      id: 'created',
      header: 'Created',
      isRowHeader: true,
      minWidth: 110,
      cell: ({ createdTime, bulkJobId }) => (
        <span title={`${bulkJobId}, ${exactText(createdTime)}`}>{timeText(createdTime)}</span>
      ),
    },
    {
      id: 'what',
      header: 'What',
      minWidth: 170,
      cell: ({ action, filter }) => `${action}: ${bulkFilterText(filter)}`,
    },
    { id: 'status', header: 'Status', minWidth: 150, cell: (job) => <JobStatus job={job} /> },
    { id: 'tasks', header: 'Tasks', minWidth: 150, cell: (job) => <JobCounts job={job} /> },
    {
      id: 'who',
      header: 'Who',
      minWidth: 120,
      cell: ({ caller }) => (caller === undefined ? '–' : <span title={caller}>{callerText(caller)}</span>),
    },
    { id: 'why', header: 'Why', minWidth: 140, cell: ({ reason }) => reason ?? '–' },
    {
      id: 'duration',
      header: 'Duration',
      minWidth: 100,
      cell: ({ startTime, endTime }) =>
        startTime === undefined ? '–' : spanText((endTime ?? apiTime()) - startTime),
    },
    {
      id: 'abort',
      header: 'Action',
      minWidth: 100,
      cell: (job) =>
        job.endTime === undefined && (
          <Button variant="inline-link" disabled={job.status === 'Stopping'} onClick={() => stop(job)}>
            Abort
          </Button>
        ),
    },
  ];
}

function JobStatus({ job }: { readonly job: BulkJob }) {
  const { status, stoppedBy, error } = job;
  return (
    <>
      <BulkJobState status={status} />
      {stoppedBy !== undefined && <div className="event-detail">by {callerText(stoppedBy)}</div>}
      {error !== undefined && <div className="event-detail">{error}</div>}
    </>
  );
}

function JobCounts({ job }: { readonly job: BulkJob }) {
  const { refusedByCode, errors, isMaxTasksReached, maxTasks } = job;
  const refused = Object.entries(refusedByCode).map(([code, count]) => `${code}: ${count}`);
  const first = errors.map(({ taskId, message }) => `${taskId}: ${message}`).join('\n');
  return (
    <>
      {bulkCountsText(job)}
      {refused.length > 0 && (
        <div className="event-detail" title={first}>
          {refused.join(', ')}
        </div>
      )}
      {isMaxTasksReached && <div className="event-detail">more than {maxTasks.toLocaleString('en')}</div>}
    </>
  );
}

async function latestJobs(functionName: string, signal: AbortSignal): Promise<BulkJob[]> {
  const latest: BulkJob[] = [];
  for await (const job of taskApi.bulkJobs.list(functionName, { signal })) {
    latest.push(job);
    if (latest.length >= SHOWN) break;
  }
  return latest;
}
