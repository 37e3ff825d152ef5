import { TASK_STATUSES, type TaskStatus } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { taskApi } from '../data/task-api.ts';
import { apiFilterOf, type ListView } from '../data/task-filter.ts';
import { usePolled } from '../data/use-polled.ts';
import { statusClasses } from './status-classes.ts';

/** Above this a count says so with a plus: whoever needs the number has the metrics. */
const COUNTED = 100;
const POLL_MS = 10_000;

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
          className={`count ${statusClasses('count', status)}`}
          aria-pressed={view.status === status}
          onClick={() => onChoose(view.status === status ? undefined : status)}
        >
          <span className="count-number">{value?.[status] ?? '–'}</span> {status}
        </button>
      ))}
    </fieldset>
  );
}

type Counts = Readonly<Record<TaskStatus, string>>;

/** Without a filter the API has counted all but those that succeeded; with one, each status is a list. */
async function countsOf(functionName: string, view: ListView, signal: AbortSignal): Promise<Counts> {
  const { prefix, lastSeconds, begin, end } = view;
  const isFiltered = [prefix, lastSeconds, begin, end].some((part) => part !== undefined);
  const counted = isFiltered ? undefined : await summaryOf(functionName, signal);
  const counts: [TaskStatus, string][] = [];
  // One after the other: on this machine each request at once is a process of its own.
  for (const status of TASK_STATUSES) {
    const known = status === 'Succeeded' ? undefined : counted?.(status);
    counts.push([status, known ?? (await lengthOf(functionName, { ...view, status }, signal))]);
  }
  return Object.fromEntries(counts) as Counts;
}

async function summaryOf(functionName: string, signal: AbortSignal) {
  for await (const each of taskApi.functions({ prefix: functionName }, { signal })) {
    if (each.functionName !== functionName) continue;
    const { counts, countsAtLeast } = each;
    return (status: TaskStatus) => `${counts[status] ?? 0}${countsAtLeast.includes(status) ? '+' : ''}`;
  }
  return undefined;
}

async function lengthOf(functionName: string, view: ListView, signal: AbortSignal): Promise<string> {
  const filter = { ...apiFilterOf(view, apiTime()), limit: COUNTED };
  const { tasks, nextToken } = await taskApi.listPage(functionName, filter, { signal });
  return nextToken === undefined ? String(tasks.length) : `${tasks.length}+`;
}
