import { TASK_STATUSES, type TaskStatus } from '../../../client/index.ts';
import { taskApi } from '../data/task-api.ts';
import { apiFilterOf, type ListView } from '../data/task-filter.ts';
import { usePolled } from '../data/use-polled.ts';

/** Above this a count says so with a plus: whoever needs the number has the metrics. */
const COUNTED = 100;
const POLL_MS = 5000;

export interface StatusCountsProps {
  readonly functionName: string;
  readonly view: ListView;
  readonly isLive: boolean;
  readonly onChoose: (status: TaskStatus | undefined) => void;
}

/** How many tasks there are in each status, as far as the rest of the filter goes; a click shows them. */
export function StatusCounts({ functionName, view, isLive, onChoose }: StatusCountsProps) {
  const others = { ...view, status: undefined };
  const { value } = usePolled(
    JSON.stringify([functionName, others]),
    (signal) => countsOf(functionName, others, signal),
    isLive ? POLL_MS : undefined,
  );
  return (
    <fieldset className="counts" aria-label="Tasks by status">
      {TASK_STATUSES.map((status) => (
        <button
          key={status}
          type="button"
          className={`count count-${status}`}
          aria-pressed={view.status === status}
          onClick={() => onChoose(view.status === status ? undefined : status)}
        >
          <span className="count-number">{value?.[status] ?? '–'}</span> {status}
        </button>
      ))}
    </fieldset>
  );
}

async function countsOf(
  functionName: string,
  view: ListView,
  signal: AbortSignal,
): Promise<Record<TaskStatus, string>> {
  const filter = { ...apiFilterOf(view, Date.now()), limit: COUNTED };
  const counts: [TaskStatus, string][] = [];
  // One after the other: on this machine each request at once is a process of its own.
  for (const status of TASK_STATUSES) {
    const { tasks, nextToken } = await taskApi.listPage(functionName, { ...filter, status }, { signal });
    counts.push([status, nextToken === undefined ? String(tasks.length) : `${tasks.length}+`]);
  }
  return Object.fromEntries(counts) as Record<TaskStatus, string>;
}
