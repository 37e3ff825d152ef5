import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import { type FunctionSummary, groupCountText } from '../../../client/index.ts';

/** What a function's tasks are at, in a line. */
export function FunctionCounts(summary: FunctionSummary) {
  const { asyncTask, tasksAtOnce } = summary;
  return (
    <Box color="text-body-secondary" fontSize="body-s">
      {groupCountText(summary, 'waiting')} waiting, {groupCountText(summary, 'running')} of {tasksAtOnce}{' '}
      running, {groupCountText(summary, 'failed')} failed {!asyncTask && <Badge>task mode off</Badge>}{' '}
      {tasksAtOnce === 0 && <Badge color="red">paused</Badge>}
    </Box>
  );
}
