import Box from '@cloudscape-design/components/box';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { taskHref } from '../shell/router.ts';
import { Status } from './status.tsx';
import { statusClasses } from './status-classes.ts';
import { timeText } from './time.ts';

const SHOWN = 30;
const POLL_MS = 5000;

/** A function's latest tasks as a strip of their colours, newest at the right, and the very latest in words. */
export function LatestTasks({ functionName }: { readonly functionName: string }) {
  const { value, error } = usePolled(
    functionName,
    (signal) => taskApi.listPage(functionName, { limit: SHOWN }, { signal }),
    POLL_MS,
  );
  if (error !== undefined && value === undefined) {
    return <Box color="text-status-error">{errorText(error)}</Box>;
  }
  const tasks = value?.tasks ?? [];
  const [latest] = tasks;
  return (
    <SpaceBetween size="xs">
      <div className="strip" aria-hidden="true">
        {Array.from({ length: SHOWN }, (_, index) => {
          const task = tasks[SHOWN - 1 - index];
          return task === undefined ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a place without a task is nothing but its place
            <span key={index} className="strip-none" />
          ) : (
            <span
              key={task.taskId}
              title={`${task.taskId}: ${task.status}`}
              className={statusClasses('strip', task.status)}
            />
          );
        })}
      </div>
      {latest === undefined ? (
        <Box color="text-body-secondary">{value === undefined ? 'Reading …' : 'No tasks yet'}</Box>
      ) : (
        <div className="strip-latest">
          <div>
            <Status status={latest.status} />
          </div>
          <div className="strip-id">
            <Link href={taskHref(functionName, latest.taskId)}>{latest.taskId}</Link>
          </div>
          <Box color="text-body-secondary">{timeText(latest.startedTime)}</Box>
        </div>
      )}
    </SpaceBetween>
  );
}
