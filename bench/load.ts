/** What a client of the API sees of one runtime under load. */

const root = (url: string) => `${url}/2023-03-30/functions/echo`;

/** A bench that is stuck says so. */
const GIVE_UP_MS = 120_000;

/** Submits one echo task that must be accepted; returns how long that took in milliseconds. */
export async function submit(url: string, taskId: string, delaySeconds = 0): Promise<number> {
  const startTime = performance.now();
  const response = await fetch(`${root(url)}/invocations`, {
    method: 'POST',
    headers: {
      'x-fc-invocation-type': 'Async',
      'x-fc-async-task-id': taskId,
      'x-fc-async-delay': String(delaySeconds),
    },
    body: '{"hello":"world"}',
  });
  if (response.status !== 202)
    throw new Error(`submit of ${taskId}: ${response.status} ${await response.text()}`);
  return performance.now() - startTime;
}

export interface TaskTimes {
  readonly submitTime: number;
  readonly runTime: number;
  readonly endTime: number;
  /** How often its code was begun. */
  readonly runs: number;
}

interface Listed {
  readonly status: string;
  readonly startedTime: number;
  readonly endTime: number;
  readonly events: readonly { readonly status: string; readonly timestamp: number }[];
}

/** Waits until all the tasks of a prefix have succeeded; returns when each was submitted, started and ended. */
export async function taskTimes(url: string, prefix: string, count: number): Promise<TaskTimes[]> {
  const giveUpTime = Date.now() + GIVE_UP_MS;
  while (Date.now() < giveUpTime) {
    const succeeded = await listAll(url, new URLSearchParams({ prefix, status: 'Succeeded', limit: '100' }));
    if (succeeded.length >= count) {
      return succeeded.map(({ startedTime, endTime, events }) => ({
        submitTime: startedTime,
        runTime: events.find(({ status }) => status === 'Running')?.timestamp ?? Number.NaN,
        endTime,
        runs: events.filter(({ status }) => status === 'Running').length,
      }));
    }
  }
  throw new Error(`not all of ${count} tasks ${prefix}* had succeeded after ${GIVE_UP_MS / 1000} s`);
}

async function listAll(url: string, query: URLSearchParams): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (;;) {
    const response = await fetch(`${root(url)}/async-tasks?${query}`);
    const { tasks, nextToken } = (await response.json()) as { tasks: Listed[]; nextToken?: string };
    listed.push(...tasks);
    if (!nextToken) return listed;
    query.set('nextToken', nextToken);
  }
}

/** Does the work `count` times over so many connections; returns what each did. */
export async function inParallel<T>(
  count: number,
  connections: number,
  work: (number: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) {
        const number = next;
        next += 1;
        results[number] = await work(number);
      }
    }),
  );
  return results;
}

/** The value that `percent` of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(Math.ceil((sorted.length * percent) / 100) - 1, 0)] ?? Number.NaN;
}
