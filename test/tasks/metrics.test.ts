import { beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../bench/chaos/random.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { isTerminal } from '../../lambdas/domain/lifecycle.ts';
import type { MetricName } from '../../lambdas/domain/metrics.ts';
import type { Task, TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { Death } from './faults.ts';
import { countedIn } from './metric-counts.ts';
import { startSweepWorld } from './sweep-world.ts';
import { SHARDS, succeed } from './world.ts';

const world = await startSweepWorld();
const { time, counts, submit, deliver, read } = world;

beforeEach(() => counts.clear());

const failure = { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } as const;
const fail = async (): Promise<AttemptOutcome> => ({ isSuccess: false, failure });
const die = async (): Promise<never> => {
  throw new Death();
};

const valuesOf = (name: MetricName, functionName = 'echo') => counts.valuesOf(functionName, name);

async function started(functionName = 'echo'): Promise<TaskKey> {
  return submit({ functionName });
}

describe('a run', () => {
  test('counts its start with its end, and tells how long the task waited and the attempt took', async () => {
    const key = await submit({ delaySeconds: 10 });
    time.now += 12_500;
    expect(valuesOf('EnqueuedCount')).toEqual([1]);
    await deliver(key, async () => {
      expect(valuesOf('RunningCount')).toEqual([]);
      time.now += 700;
      return succeed();
    });
    expect(valuesOf('ProcessedCount')).toEqual([1]);
    expect(valuesOf('RunningCount')).toEqual([1]);
    expect(valuesOf('SucceededCount')).toEqual([1]);
    expect(valuesOf('FailedCount')).toEqual([0]);
    expect(valuesOf('QueueWait')).toEqual([2500]);
    expect(valuesOf('RunDuration')).toEqual([700]);
  });

  test('that repeats a failed one waited for no queue', async () => {
    const key = await started('stubborn');
    await deliver(key, fail);
    time.now += 60_000;
    await deliver(key);
    expect(valuesOf('QueueWait', 'stubborn')).toEqual([0]);
    expect(valuesOf('RetryingCount', 'stubborn')).toEqual([1]);
    expect(valuesOf('RunningCount', 'stubborn')).toEqual([1, 1]);
    expect(valuesOf('ProcessedCount', 'stubborn')).toEqual([1]);
    expect(valuesOf('RunDuration', 'stubborn')).toHaveLength(2);
  });

  test('whose process died is counted once by who finds it, without a duration that nobody knows', async () => {
    const key = await started();
    await expect(deliver(key, die)).rejects.toThrow(Death);
    expect(counts.byStatus('echo')).toMatchObject({ Enqueued: 1, Running: 0 });
    time.now += 200_000;
    await Promise.all([world.sweep(), deliver(key), deliver(key)]);
    expect(counts.byStatus('echo')).toMatchObject({ Processed: 1, Running: 1, Failed: 1 });
    expect(valuesOf('RunDuration')).toEqual([]);
  });

  test('that is asked to stop tells how long that took', async () => {
    const key = await started();
    await deliver(key, async () => {
      await stopTask(world, key);
      time.now += 300;
      return succeed();
    });
    expect(counts.byStatus('echo')).toMatchObject({ Stopping: 1, Stopped: 1, Succeeded: 0, Running: 1 });
    expect(valuesOf('StopLatency')).toEqual([300]);
  });
});

test('a stop of a waiting task, an expiry and a redrive count once, asked for as often as it may be', async () => {
  const stopped = await started();
  await Promise.all([1, 2, 3].map(() => stopTask(world, stopped)));
  await Promise.all([1, 2, 3].map(() => redriveTask(world, stopped).catch(() => undefined)));
  time.now += 4_000_000;
  await Promise.all([deliver(stopped), deliver(stopped), world.sweep()]);
  expect(counts.byStatus('echo')).toMatchObject({
    Enqueued: 2,
    Stopped: 1,
    Expired: 1,
    Processed: 0,
    Running: 0,
  });
  expect(valuesOf('StopLatency')).toEqual([]);
});

test('a duplicate submit counts nothing', async () => {
  const { taskId } = await started();
  await Promise.all([1, 2, 3].map(() => submit({ taskId }).catch(() => undefined)));
  expect(valuesOf('EnqueuedCount')).toEqual([1]);
});

/** Stores of many processes, whose connections lose every third answer to a write, now and then all that one call has. */
function unluckyStores(seed: number) {
  const random = seededRandom(seed, 'answers');
  return () => {
    const client = world.newClient();
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          const output = await next(args);
          if (commandName === 'GetItemCommand' || random() > 0.33) return output;
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
        },
      { step: 'finalizeRequest', name: 'loseAnswers', priority: 'low' },
    );
    return new TaskStore({
      client,
      tableName: TASK_TABLE,
      shardCount: SHARDS,
      countMetrics: counts.count,
    });
  };
}

describe('where answers are lost', () => {
  test.each([1, 2])(
    'each event of every history counts once (seed %i)',
    async (seed) => {
      const newStore = unluckyStores(seed);
      const random = seededRandom(seed, 'ends');
      const keys = Array.from({ length: 20 }, (_, number) => ({
        functionName: 'stubborn',
        taskId: `lost-${seed}-${number}`,
      }));
      const orNothing = (call: Promise<unknown>) =>
        call.catch((error: unknown) => {
          if (!(error instanceof TaskModeError || error instanceof Death)) throw error;
        });
      const asProcess = () => {
        const store = newStore();
        return { ...world, store, storeFor: () => store };
      };
      const lives = async (key: TaskKey) => {
        // A caller who gets no answer submits again.
        while (!(await read(key))) await orNothing(world.submitAs(asProcess(), key));
        for (let round = 0; round < 30; round += 1) {
          const task = (await read(key)) as Task;
          if (isTerminal(task.status) && random() < 0.7) return;
          if (isTerminal(task.status)) await orNothing(redriveTask(asProcess(), key));
          if (random() < 0.2) await orNothing(stopTask(asProcess(), key));
          const end = [succeed, fail, die][Math.floor(random() * 3)] ?? succeed;
          await orNothing(world.deliverAs(asProcess(), key, end));
          time.now += 20_000;
        }
      };
      await Promise.all(keys.map(lives));
      const tasks = await Promise.all(keys.map(async (key) => (await read(key)) as Task));
      expect(tasks.flatMap(({ events }) => events).length).toBeGreaterThan(70);
      expect(counts.byStatus('stubborn')).toEqual(countedIn(tasks));
    },
    60_000,
  );
});
