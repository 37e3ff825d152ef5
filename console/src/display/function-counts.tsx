import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import type { FunctionSummary, TaskStatus } from '../../../client/index.ts';

const WAITING: readonly TaskStatus[] = ['Enqueued', 'Processed', 'Retrying'];
const RUNNING: readonly TaskStatus[] = ['Running', 'Stopping'];
const FAILED: readonly TaskStatus[] = ['Failed', 'Expired', 'Invalid'];

/** What a function's tasks are at, in a line. */
export function FunctionCounts(summary: FunctionSummary) {
  const { asyncTask, tasksAtOnce } = summary;
  return (
    <Box color="text-body-secondary" fontSize="body-s">
      {sumOf(summary, WAITING)} waiting, {sumOf(summary, RUNNING)} of {tasksAtOnce} running,{' '}
      {sumOf(summary, FAILED)} failed {!asyncTask && <Badge>task mode off</Badge>}{' '}
      {tasksAtOnce === 0 && <Badge color="red">paused</Badge>}
    </Box>
  );
}

function sumOf({ counts, countsAtLeast }: FunctionSummary, statuses: readonly TaskStatus[]): string {
  const sum = statuses.reduce((total, status) => total + (counts[status] ?? 0), 0);
  return statuses.some((status) => countsAtLeast.includes(status)) ? `${sum}+` : String(sum);
}
