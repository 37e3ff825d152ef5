import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { primaryKeyOf } from '../../lambdas/aws/task-item.ts';
import type { TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { LIST_ASC_AGE_MS, LIST_WORK_MS } from '../../lambdas/domain/limits.ts';
import { sortKeyOf } from '../../lambdas/domain/task.ts';
import { type ListRequest, listTasks } from '../../lambdas/tasks/list-tasks.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { submit, deliver, time } = world;

const ALL: Omit<ListRequest, 'functionName'> = {
  begin: 0,
  end: 999_999_999_999_999,
  order: 'desc',
  limit: 20,
  includePayload: false,
};

const page = (request: Partial<ListRequest> = {}) =>
  listTasks(world, { functionName: 'echo', ...ALL, ...request });

/** Follows the pages to the end. */
async function listAll(request: Partial<ListRequest> = {}, betweenPages = async () => {}) {
  const ids: string[] = [];
  const sizes: number[] = [];
  let after: string | undefined;
  do {
    const { tasks, readTo } = await page({ ...request, after });
    ids.push(...tasks.map(({ task }) => task.taskId));
    sizes.push(tasks.length);
    after = readTo;
    await betweenPages();
  } while (after !== undefined);
  return { ids, sizes };
}

/** 90 tasks in three statuses, three per millisecond. */
const ids: Record<'Enqueued' | 'Succeeded' | 'Stopped', string[]> = {
  Enqueued: [],
  Succeeded: [],
  Stopped: [],
};
const inOrder: string[] = [];
const firstTime = time.now;

beforeAll(async () => {
  for (let number = 0; number < 90; number += 1) {
    const taskId = `${number % 2 ? 'odd' : 'even'}-${String(number).padStart(3, '0')}`;
    const key = await submit({ taskId, payload: JSON.stringify({ number }) });
    inOrder.push(taskId);
    if (number % 3 === 0) ids.Enqueued.push(taskId);
    if (number % 3 === 1) {
      await deliver(key, succeed);
      ids.Succeeded.push(taskId);
    }
    if (number % 3 === 2) {
      await stopTask(world, key);
      ids.Stopped.push(taskId);
      time.now += 1;
    }
  }
  time.now += LIST_ASC_AGE_MS;
});

/** The order of lists within one millisecond is by id. */
const ordered = (taskIds: readonly string[], order: 'asc' | 'desc') => {
  const keys = taskIds
    .map((id) => `${String(Math.floor(inOrder.indexOf(id) / 3)).padStart(3, '0')}#${id}`)
    .sort()
    .map((key) => key.slice(4));
  return order === 'asc' ? keys : keys.reverse();
};

describe.each(['asc', 'desc'] as const)('in %s order', (order) => {
  test.each([1, 7, 20, 89, 90, 91, 100])('pages of %d hold every task once, in order', async (limit) => {
    const { ids: listed, sizes } = await listAll({ order, limit });
    expect(listed).toEqual(ordered(inOrder, order));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
  });

  test.each(['Enqueued', 'Succeeded', 'Stopped'] as const)('by status %s', async (status) => {
    expect((await listAll({ order, status, limit: 7 })).ids).toEqual(ordered(ids[status], order));
  });

  test('by prefix', async () => {
    const odd = inOrder.filter((id) => id.startsWith('odd-'));
    expect((await listAll({ order, prefix: 'odd-', limit: 7 })).ids).toEqual(ordered(odd, order));
  });

  test('by status and prefix', async () => {
    const wanted = ids.Stopped.filter((id) => id.startsWith('even-'));
    expect((await listAll({ order, status: 'Stopped', prefix: 'even-', limit: 4 })).ids).toEqual(
      ordered(wanted, order),
    );
  });

  test('by time, both bounds inclusive', async () => {
    const request = { order, begin: firstTime + 10, end: firstTime + 19, limit: 8 };
    expect((await listAll(request)).ids).toEqual(ordered(inOrder.slice(30, 60), order));
  });
});

test.each(['Processed', 'Running', 'Retrying', 'Failed', 'Expired', 'Invalid', 'Stopping'] as TaskStatus[])(
  'no task is %s',
  async (status) => {
    expect(await page({ status })).toEqual({ tasks: [], readTo: undefined });
  },
);

test('in ascending order a list ends LIST_ASC_AGE_MS before now, on every page and whatever end is asked for', async () => {
  const key = await submit({ taskId: 'young', functionName: 'stubborn' });
  const young = (request: Partial<ListRequest>) =>
    page({ functionName: 'stubborn', order: 'asc', ...request });
  const end = { tasks: [], readTo: undefined };
  time.now += LIST_ASC_AGE_MS - 1;
  expect(await young({})).toEqual(end);
  expect(await young({ end: time.now })).toEqual(end);
  expect(await young({ begin: time.now })).toEqual(end);
  expect(await young({ after: sortKeyOf(time.now, 'young') })).toEqual(end);
  expect((await young({ order: 'desc' })).tasks).toHaveLength(1);
  time.now += 1;
  expect((await young({})).tasks.map(({ task }) => task.taskId)).toEqual([key.taskId]);
});

test('a last page that is full has no next one', async () => {
  const { tasks, readTo } = await page({ status: 'Stopped', limit: 30 });
  expect(tasks).toHaveLength(30);
  expect(readTo).toBeUndefined();
});

test('payloads come with the page only when asked for', async () => {
  const [without] = (await page({ limit: 1, status: 'Stopped' })).tasks;
  expect(without).not.toHaveProperty('payloadText');
  const [withPayload] = (await page({ limit: 1, status: 'Stopped', includePayload: true })).tasks;
  expect(withPayload?.payloadText).toMatch(/^\{"number":\d+\}$/);
});

test('an index entry that lags behind its row does not list the task under its old status', async () => {
  const key = await submit({ taskId: 'lagging' });
  await world.dynamoDb.send(
    new UpdateItemCommand({
      TableName: TASK_TABLE,
      Key: marshall({ pk: primaryKeyOf(key) }),
      // The row moves on, and the index entry (kept by not touching stateShard) still stands under waiting.
      UpdateExpression: 'SET #status = :status',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: marshall({ ':status': 'Running' }),
    }),
  );
  expect((await listAll({ status: 'Enqueued' })).ids).not.toContain('lagging');
});

test('a task that is forgotten is not listed, whatever TTL has deleted', async () => {
  const key = await submit({ taskId: 'forgotten' });
  await stopTask(world, key);
  const task = await world.read(key);
  const listed = async () => (await page({ prefix: 'forgotten' })).tasks.length;
  expect(await listed()).toBe(1);
  time.now = (task?.expiresAt ?? 0) * 1000;
  expect(await listed()).toBe(0);
  time.now = firstTime + 60_000;
});

test('shards that were fewer before are all read', async () => {
  await world.register('shrunk', { shardCount: 1, shardCounts: new Set([1, 4]) });
  world.registry.forget('shrunk');
  const submitted: string[] = [];
  for (let number = 0; number < 12; number += 1) {
    submitted.push((await submit({ functionName: 'shrunk', taskId: `s-${number}` })).taskId);
  }
  const { ids: listed } = await listAll({ functionName: 'shrunk', limit: 5 });
  expect([...listed].sort()).toEqual([...submitted].sort());
});

test("another function's tasks are not listed, though its name begins the same", async () => {
  await world.register('echo2');
  await submit({ functionName: 'echo2', taskId: 'other' });
  expect((await listAll({ limit: 100 })).ids).not.toContain('other');
  expect((await listAll({ functionName: 'echo2' })).ids).toEqual(['other']);
});

test('an unknown function is refused', async () => {
  await expect(page({ functionName: 'nobody' })).rejects.toMatchObject({ code: 'FunctionNotFound' });
});

test.each(['asc', 'desc'] as const)(
  'while tasks are being added, an %s list holds each task that was there before exactly once',
  async (order) => {
    let number = 0;
    const { ids: listed } = await listAll({ order, limit: 10 }, async () => {
      number += 1;
      if (number < 20) await submit({ taskId: `added-${order}-${number}` });
      time.now += 1;
    });
    const before = listed.filter((id) => inOrder.includes(id));
    expect(before).toEqual(ordered(inOrder, order));
    expect(new Set(listed).size).toBe(listed.length);
  },
);

describe('a list that is short of time', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    time.now = firstTime + 60_000;
  });

  /** The function's record is read on the second attempt of the SDK: as late as the request's own end of work. */
  const slowRegistry = () => {
    const find = world.registry.find.bind(world.registry);
    return vi.spyOn(world.registry, 'find').mockImplementation(async (...args) => {
      const record = await find(...args);
      time.now += LIST_WORK_MS + 550;
      return record;
    });
  };

  test.each(['asc', 'desc'] as const)(
    'holds every task once in %s order, and each page gets on, though there was no time left when its function was known',
    async (order) => {
      slowRegistry();
      const odd = inOrder.filter((id) => id.startsWith('odd-'));
      const wanted = [
        [{}, inOrder],
        [{ prefix: 'odd-' }, odd],
        [{ status: 'Succeeded' }, ids.Succeeded],
      ] as const;
      for (const [filter, taskIds] of wanted) {
        const { ids: listed, sizes } = await listAll({ ...filter, order, end: firstTime + 29, limit: 7 });
        expect(listed).toEqual(ordered(taskIds, order));
        expect(sizes.length).toBeLessThan(40);
      }
    },
  );

  test('ends a page behind the last task whose texts it has read, and the next one begins there', async () => {
    const read = world.payloads.read.bind(world.payloads);
    await world.register('texts');
    const submitted: string[] = [];
    for (let number = 0; number < 25; number += 1) {
      const payload = JSON.stringify('x'.repeat(3000));
      submitted.push(
        (await submit({ functionName: 'texts', taskId: `text-${100 + number}`, payload })).taskId,
      );
    }
    vi.spyOn(world.payloads, 'read').mockImplementation(async (...args) => {
      time.now += LIST_WORK_MS;
      return read(...args);
    });
    const { ids: listed, sizes } = await listAll({ functionName: 'texts', limit: 100, includePayload: true });
    expect(sizes).toEqual([10, 10, 5]);
    expect(listed).toEqual(submitted.reverse());
  });
});

describe('the work of one request is bounded', () => {
  test('by time: a page may be short and still have a next one', async () => {
    const queryShard = vi.spyOn(world.index, 'queryShard');
    queryShard.mockImplementation(async (query) => {
      time.now += 500;
      return Object.getPrototypeOf(world.index).queryShard.call(world.index, { ...query, maxScanned: 2 });
    });
    const { sizes, ids: listed } = await listAll({ prefix: 'odd-', limit: 50 });
    queryShard.mockRestore();
    expect(sizes.length).toBeGreaterThan(1);
    expect(listed).toEqual(
      ordered(
        inOrder.filter((id) => id.startsWith('odd-')),
        'desc',
      ),
    );
  });

  test('by size: a page ends before its payloads outgrow an answer of Lambda', async () => {
    await world.register('bulky');
    const payload = JSON.stringify('x'.repeat(1_000_000));
    for (let number = 0; number < 9; number += 1) {
      await submit({ functionName: 'bulky', taskId: `bulky-${number}`, payload });
    }
    const { sizes, ids: listed } = await listAll({ functionName: 'bulky', limit: 100, includePayload: true });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
    expect(listed).toHaveLength(9);
  });
});
