import { beforeEach, describe, expect, test } from 'vitest';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { waitForTask } from '../../lambdas/tasks/get-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { submit, deliver, time } = world;

/** Waits as the API does, on a clock of the test's; what happens meanwhile happens in the pause before a look. */
function waiter(meanwhile: (look: number) => Promise<unknown> = async () => undefined) {
  const pauses: number[] = [];
  const wait = (key: { functionName: string; taskId: string }, waitMs: number) =>
    waitForTask(
      {
        fresh: () => world,
        clock: () => time.now,
        pause: async (milliseconds) => {
          pauses.push(milliseconds);
          time.now += milliseconds;
          await meanwhile(pauses.length);
        },
      },
      key,
      waitMs,
    );
  return { pauses, wait };
}

beforeEach(() => world.purge());

describe('who waits for a task', () => {
  test('that has ended is answered at once, with its result', async () => {
    const key = await submit();
    await deliver(key);
    const { pauses, wait } = waiter();
    expect(await wait(key, 20_000)).toMatchObject({ task: { status: 'Succeeded' }, payloadText: '{"n":1}' });
    expect(pauses).toEqual([]);
  });

  test('is answered as it ends, whatever the end', async () => {
    const key = await submit();
    const { pauses, wait } = waiter(async (look) => look === 3 && deliver(key));
    expect(await wait(key, 20_000)).toMatchObject({ task: { status: 'Succeeded' } });
    expect(pauses).toHaveLength(3);
    const other = await submit();
    const stopped = waiter(async () => stopTask(world, other));
    expect(await stopped.wait(other, 20_000)).toMatchObject({ task: { status: 'Stopped' } });
  });

  test('that does not end is answered what it is, in time and after 16 looks in 20 s', async () => {
    const key = await submit();
    const { pauses, wait } = waiter();
    const startTime = time.now;
    expect(await wait(key, 20_000)).toMatchObject({ task: { status: 'Enqueued' } });
    expect(time.now - startTime).toBe(20_000);
    expect(pauses).toHaveLength(16);
    expect(pauses.slice(0, 3)).toEqual([100, 150, 225]);
    expect(Math.max(...pauses)).toBe(2000);
  });

  test('does not hear of a look that fails, and is refused where the first does', async () => {
    const key = await submit();
    let reads = 0;
    class FlakyStore extends TaskStore {
      override async get(...args: Parameters<TaskStore['get']>) {
        reads += 1;
        if (reads === 2) throw new Error('no answer');
        return super.get(...args);
      }
    }
    const store = new FlakyStore({ client: world.dynamoDb, tableName: TASK_TABLE, shardCount: 4 });
    const wait = () =>
      waitForTask(
        {
          fresh: () => ({ ...world, store }),
          clock: () => time.now,
          pause: async (milliseconds) => {
            time.now += milliseconds;
            if (reads === 2) await deliver(key);
          },
        },
        key,
        5000,
      );
    expect(await wait()).toMatchObject({ task: { status: 'Succeeded' } });
    expect(reads).toBe(3);
    reads = 1;
    await expect(wait()).rejects.toThrow('no answer');
  });

  test.each([
    ['FunctionNotFound', { functionName: 'nobody', taskId: 'a' }],
    ['AsyncTaskNotFound', { functionName: 'echo', taskId: 'nowhere' }],
  ])('that there is not is told so at once: %s', async (code, key) => {
    const { pauses, wait } = waiter();
    await expect(wait(key, 20_000)).rejects.toMatchObject({ code });
    expect(pauses).toEqual([]);
  });
});
