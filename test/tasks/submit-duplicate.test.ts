import { beforeEach, describe, expect, test } from 'vitest';
import type { WriteOutcome } from '../../lambdas/aws/task-rows.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { SHARDS, startWorld } from './world.ts';

const world = await startWorld();
const { submit, read, messages, purge, time } = world;

beforeEach(async () => {
  await purge();
});

const LARGE = JSON.stringify('x'.repeat(5000));

const again = (taskId: string, payload: string) => submit({ taskId, payload, onDuplicate: 'return' });

describe('a refusal tells what is there', () => {
  test.each([
    ['the same payload', '{"n":1}', '{"n":1}', true],
    ['the same data in other words', '{"n":1}', '{"n": 1}', false],
    ['no payload, twice', '', ' ', true],
    ['the same large payload', LARGE, LARGE, true],
    ['another large payload', LARGE, LARGE.replace('x', 'y'), false],
    ['a small one after a large one', LARGE, '1', false],
    ['a large one after a small one', '1', LARGE, false],
  ])('with %s', async (name, payload, second, isSamePayload) => {
    const key = await submit({ taskId: `refused-${name.replaceAll(/\W/g, '')}`, payload });
    const first = await read(key);
    await expect(submit({ ...key, payload: second })).rejects.toMatchObject({
      code: 'AsyncTaskAlreadyExists',
      details: { taskId: key.taskId, status: 'Enqueued', isSamePayload },
    });
    expect(await read(key)).toEqual(first);
  });

  test('and does not guess of a payload of which no digest is kept', async () => {
    const key = await submit({ taskId: 'undigested', payload: LARGE });
    const task = await read(key);
    if (!task || 'text' in task.payload) throw new Error('not in S3');
    const { digest: _, ...payload } = task.payload;
    class OlderStore extends TaskStore {
      override async create(): Promise<WriteOutcome> {
        return { isWritten: false, current: { ...(task as typeof task & object), payload } };
      }
    }
    const store = new OlderStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
    const request = { ...key, requestId: 'r', tenant: 'tenant-1', delaySeconds: 0, payload: LARGE };
    await expect(submitTask({ ...world, storeFor: () => store }, request)).rejects.toMatchObject({
      details: { status: 'Enqueued', isSamePayload: undefined },
    });
  });
});

describe('who asks for the existing task back', () => {
  test('gets it, and nothing is written or sent', async () => {
    const key = await submit({ taskId: 'there', payload: LARGE });
    const first = await read(key);
    expect(await again('there', LARGE)).toEqual({
      ...key,
      existing: { taskId: 'there', status: 'Enqueued', isSamePayload: true },
    });
    expect(await again('there', '2')).toMatchObject({ existing: { isSamePayload: false } });
    expect(await read(key)).toEqual(first);
    expect((await messages()).visible).toBe(1);
  });

  test('gets one that has ended as well, and it is not run again', async () => {
    const key = await submit({ taskId: 'stopped', payload: '1' });
    await stopTask(world, key);
    expect(await again('stopped', '1')).toMatchObject({ existing: { status: 'Stopped' } });
    expect(await read(key)).toMatchObject({ status: 'Stopped', series: 1 });
  });

  test('gets one in its second series with the payload of its first', async () => {
    const key = await submit({ taskId: 'redriven', payload: LARGE });
    await stopTask(world, key);
    await redriveTask(world, key);
    expect(await again('redriven', LARGE)).toMatchObject({
      existing: { status: 'Enqueued', isSamePayload: true },
    });
  });

  test('gets a new task once the old one is forgotten', async () => {
    const key = await submit({ taskId: 'forgotten', payload: '1' });
    await stopTask(world, key);
    time.now += 7 * 86_400_000 + 1000;
    expect(await again('forgotten', '1')).toEqual(key);
    expect(await read(key)).toMatchObject({ status: 'Enqueued', submitTime: time.now });
  });

  test('has the lost message of the first sent again', async () => {
    const key = await submit({ taskId: 'unsent' });
    await purge();
    time.now += 6000;
    expect(await again('unsent', '1')).toMatchObject({ existing: { status: 'Enqueued' } });
    expect(await world.receive()).toMatchObject({ key });
  });

  test('is, of twenty at once, nineteen times told of the one task', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => again('raced', '1')));
    expect(all.filter(({ existing }) => existing === undefined)).toHaveLength(1);
    expect((await messages()).visible).toBe(1);
  });
});

describe('a row that was in the way and is gone before it can be read', () => {
  /** Refuses the first `times` writes for a row that nobody finds. */
  const storeWithGhost = (times: number) => {
    let refusals = 0;
    class GhostStore extends TaskStore {
      override async create(...args: Parameters<TaskStore['create']>): Promise<WriteOutcome> {
        refusals += 1;
        return refusals <= times ? { isWritten: false, current: undefined } : super.create(...args);
      }
    }
    return new GhostStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: SHARDS });
  };
  const submitOver = (taskId: string, times: number) => {
    const store = storeWithGhost(times);
    const request = {
      functionName: 'echo',
      taskId,
      requestId: 'r',
      tenant: 'tenant-1',
      delaySeconds: 0,
      payload: '1',
    };
    return submitTask({ ...world, storeFor: () => store }, request);
  };

  test('is no longer in the way', async () => {
    expect(await submitOver('haunted', 1)).toEqual({ functionName: 'echo', taskId: 'haunted' });
    expect((await messages()).visible).toBe(1);
  });

  test('again and again is told as that, and nothing is written or sent', async () => {
    await expect(submitOver('possessed', 3)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
    expect(await read({ functionName: 'echo', taskId: 'possessed' })).toBeUndefined();
    expect((await messages()).visible).toBe(0);
  });
});
