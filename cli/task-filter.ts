import type { Command } from 'commander';
import {
  type AsyncTask,
  TASK_STATUSES,
  type TaskFilter,
  type TaskModeClient,
  type TaskStatus,
} from '../client/index.ts';
import { wordsOption } from './option-values.ts';
import { instantOption } from './times.ts';

export interface FilterArguments {
  readonly status?: readonly TaskStatus[];
  readonly prefix?: string;
  readonly since?: number;
  readonly until?: number;
}

/** Has a command take the options that choose among a function's tasks. */
export function withFilter(command: Command): Command {
  return command
    .option(
      '--status <STATUS>',
      'only these, several with commas, such as Failed,Expired',
      wordsOption('--status', TASK_STATUSES),
    )
    .option('--prefix <TEXT>', 'only those whose TaskID begins so')
    .option('--since <WHEN>', 'only those submitted since: 30m, 2h, 7d, 2026-11-24', instantOption('--since'))
    .option('--until <WHEN>', 'only those submitted until then', instantOption('--until'));
}

/** Reads the tasks that are chosen, newest first; of several statuses the API has one list each. */
export async function* chosenTasks(
  client: TaskModeClient,
  functionName: string,
  { status = [], prefix, since, until }: FilterArguments,
  { signal, limit }: { readonly signal?: AbortSignal; readonly limit?: number } = {},
): AsyncGenerator<AsyncTask, void, undefined> {
  const filter: TaskFilter = {
    ...(prefix !== undefined && { prefix }),
    ...(since !== undefined && { startedTimeBegin: Math.floor(since) }),
    ...(until !== undefined && { startedTimeEnd: Math.floor(until) }),
    limit: Math.min(limit ?? PAGE_LIMIT, PAGE_LIMIT),
  };
  const lists = (status.length === 0 ? [undefined] : status).map((one) =>
    client.list(
      functionName,
      { ...filter, ...(one !== undefined && { status: one }) },
      signal ? { signal } : {},
    ),
  );
  yield* newestFirst(lists);
}

/** As many as one page can have. */
const PAGE_LIMIT = 100;

async function* newestFirst(
  lists: readonly AsyncGenerator<AsyncTask, void, undefined>[],
): AsyncGenerator<AsyncTask, void, undefined> {
  const heads = await Promise.all(lists.map(async (list) => ({ list, next: await list.next() })));
  for (;;) {
    let newest: { list: (typeof lists)[number]; next: IteratorYieldResult<AsyncTask> } | undefined;
    for (const { list, next } of heads) {
      if (!next.done && (newest === undefined || next.value.startedTime > newest.next.value.startedTime)) {
        newest = { list, next };
      }
    }
    if (newest === undefined) return;
    yield newest.next.value;
    const head = heads.find(({ list }) => list === newest.list);
    if (head !== undefined) head.next = await head.list.next();
  }
}

/** Reads a list to its end. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
