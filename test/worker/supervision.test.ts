import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { EndStore } from '../../lambdas/aws/end-store.ts';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { RunCounter } from '../../lambdas/aws/run-counter.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { RunningTask } from '../../lambdas/domain/task.ts';
import type { Waiter } from '../../lambdas/domain/waiter.ts';
import { pauseMainThread } from '../../lambdas/worker/pause-main-thread.ts';
import type { RunSlot } from '../../lambdas/worker/run-slots.ts';
import { RunSlots } from '../../lambdas/worker/run-slots.ts';
import { steadyTime } from '../../lambdas/worker/steady-time.ts';
import { Supervision, type SupervisionOptions } from '../../lambdas/worker/supervision.ts';
import type { WatchedTaskRun } from '../../lambdas/worker/supervisor-protocol.ts';
import { newTask } from '../aws/tasks.ts';

vi.mock('../../lambdas/worker/pause-main-thread.ts', () => ({ pauseMainThread: vi.fn(async () => true) }));

/** A sixth of it is the first heartbeat, a third the next: both are due at every look, of which there is one a second. */
const LEASE_MS = 3000;

const store = new TaskStore({ client: new DynamoDBClient({}), tableName: 'tasks', shardCount: 1 });
const queue = new TaskQueue({ client: new SQSClient({}) });
const none = () => undefined;
const abort = vi.fn();
const waiters = new Waiters();
const slots = new RunSlots();
const options: SupervisionOptions = {
  slots,
  runs: () => [],
  graceMs: undefined,
  timeoutSeconds: 60,
  leaseMs: LEASE_MS,
  dependencies: {
    waiters,
    stopEnd: 'killed',
    store,
    queue,
    payloads: new PayloadStore({ bucketName: 'none' }),
    queueUrl: 'https://queue',
    followUpQueueUrl: 'https://follow-ups',
    clock: Date.now,
    random: Math.random,
    pause: async () => undefined,
    log: {
      attemptFailed: none,
      stopped: none,
      superseded: none,
      handedBack: none,
      invocationFailed: none,
      invocationExpired: none,
      invocationHandedBack: none,
    },
    ends: new EndStore({ client: new DynamoDBClient({}), tableName: 'tasks' }),
    runs: new RunCounter({ client: new DynamoDBClient({}), tableName: 'tasks' }),
    instanceId: 'instance-1',
    countMetrics: none,
  },
  abort,
};
const supervision = new Supervision(options);

const task: RunningTask = {
  ...newTask(),
  status: 'Running',
  runId: 'run-1',
  startTime: 0,
  leaseUntil: 0,
  instanceId: 'instance-1',
};

const extendLease = vi.spyOn(store, 'extendLease');
const get = vi.spyOn(store, 'get');
const peek = vi.spyOn(store, 'peek');
const move = vi.spyOn(store, 'move');
const beat = vi.spyOn(waiters, 'heartbeat');
const kill = vi.spyOn(process, 'kill');

beforeEach(() => {
  vi.clearAllMocks();
  get.mockResolvedValue(task);
  peek.mockResolvedValue(task);
  extendLease.mockResolvedValue(task);
  move.mockResolvedValue({ isWritten: true, task });
  beat.mockResolvedValue(true);
  kill.mockReturnValue(true);
  vi.spyOn(queue, 'send').mockResolvedValue();
  vi.spyOn(queue, 'delete').mockResolvedValue();
});

/** A run of the task, for as long as its slot is not released. */
function runIn(slot: RunSlot, times: Partial<WatchedTaskRun> = {}): WatchedTaskRun {
  return {
    ...slot,
    key: task,
    tenant: 'tenant-1',
    runId: task.runId,
    receiptHandle: 'handle-1',
    invocationEndTime: Date.now() + 900_000,
    startTime: Date.now(),
    killTime: Number.POSITIVE_INFINITY,
    endTime: steadyTime() + 900_000,
    ...times,
  };
}

/** Watches a run until what is awaited is so, then has it end. */
async function watched(
  until: () => Promise<unknown>,
  times: Partial<WatchedTaskRun> = {},
  keeper = supervision,
): Promise<void> {
  const slot = slots.acquire();
  const watching = keeper.watch(runIn(slot, times));
  await until();
  slots.release(slot);
  await watching;
}

test('renews the lease of a run that goes on, and sends nothing to SQS', async () => {
  const startTime = Date.now();
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(2));
  for (const [, runId, { leaseUntil }] of extendLease.mock.calls) {
    expect(runId).toBe('run-1');
    expect(leaseUntil).toBeGreaterThan(startTime + LEASE_MS);
  }
  expect(queue.send).not.toHaveBeenCalled();
  expect(abort).not.toHaveBeenCalled();
});

test('never renews a lease beyond the end of the invocation', async () => {
  const endTime = steadyTime() + 2500;
  const until = Date.now() + 2500;
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(1), {
    endTime,
  });
  expect(extendLease.mock.calls[0]?.[2].leaseUntil).toBeLessThanOrEqual(until + 50);
});

test('repeats a heartbeat that failed at the next look, not a third of the lease later', async () => {
  const patient = new Supervision({ ...options, leaseMs: 9000 });
  const times: number[] = [];
  extendLease.mockImplementation(async () => {
    times.push(Date.now());
    if (times.length === 1) throw new TaskModeError('ServiceUnavailable', 'DynamoDB is away');
    return task;
  });
  await watched(() => expect.poll(() => times.length, { timeout: 8000 }).toBe(2), {}, patient);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThan(2500);
});

test('writes no heartbeat where a lease lasts until the end of the invocation', async () => {
  const leased = new Supervision({ ...options, leaseMs: Number.POSITIVE_INFINITY });
  await watched(
    () => expect.poll(() => peek.mock.calls.length, { timeout: 5000 }).toBe(3),
    { startTime: 0 },
    leased,
  );
  expect(extendLease).not.toHaveBeenCalled();
});

test('confirms by a consistent read what a lagging one says of a run that has just begun', async () => {
  peek.mockResolvedValue({ ...newTask(), taskId: task.taskId });
  extendLease.mockRejectedValue(new TaskModeError('ServiceUnavailable', 'DynamoDB is away'));
  const leased = new Supervision({ ...options, leaseMs: Number.POSITIVE_INFINITY });
  await watched(() => expect.poll(() => get.mock.calls.length, { timeout: 5000 }).toBe(2), {}, leased);
  expect(abort).not.toHaveBeenCalled();
});

describe('a kill', () => {
  const killing = () => new Supervision({ ...options, graceMs: 0 });

  test('comes when it is due, though AWS is slow to answer the look under way', async () => {
    peek.mockImplementation(() => new Promise(() => undefined));
    extendLease.mockImplementation(() => new Promise(() => undefined));
    await killing().watch(runIn(slots.acquire(), { killTime: steadyTime() + 300 }));
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
  });

  test('happens though the main thread cannot be reached', async () => {
    vi.mocked(pauseMainThread).mockRejectedValueOnce(new Error('no inspector'));
    const slot = slots.acquire();
    await killing().watch(runIn(slot, { killTime: steadyTime() }));
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
  });

  test('does not end the watch over a run whose end is being written: its lease is renewed on', async () => {
    const slot = slots.acquire();
    slots.tryFinish(slot);
    const watching = killing().watch(runIn(slot, { killTime: steadyTime() }));
    await expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(1);
    slots.release(slot);
    await watching;
    expect(pauseMainThread).not.toHaveBeenCalled();
  });
});

test('a run whose task cannot be asked for goes on, and is asked for again', async () => {
  peek.mockRejectedValueOnce(new TaskModeError('ServiceUnavailable', 'DynamoDB is away'));
  extendLease.mockRejectedValueOnce(new TaskModeError('ServiceUnavailable', 'DynamoDB is away'));
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(2));
  expect(abort).not.toHaveBeenCalled();
});

test.each<[string, Partial<RunningTask> | undefined]>([
  ['whose task is asked to stop', { status: 'Stopping' as 'Running' }],
  ['that another has overtaken', { runId: 'run-2' }],
])('a run %s is told so once', async (_, change) => {
  get.mockResolvedValue({ ...task, ...change });
  peek.mockResolvedValue({ ...task, ...change });
  extendLease.mockResolvedValue({ ...task, ...change });
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(1));
  expect(abort).toHaveBeenCalledTimes(1);
});

const WAITER: Waiter = { token: 'token-1', waitFor: 'task', executionId: 'arn:execution' };

/** The task of a workflow, as its row is read. */
function awaitedBy(waiter: Waiter): RunningTask {
  const awaited = { ...task, waiter };
  get.mockResolvedValue(awaited);
  peek.mockResolvedValue(awaited);
  extendLease.mockResolvedValue(awaited);
  return awaited;
}

test('a state that waits for a run is told at its first look and with each heartbeat that it is alive', async () => {
  awaitedBy(WAITER);
  await watched(() => expect.poll(() => beat.mock.calls.length, { timeout: 5000 }).toBe(2));
  expect(beat.mock.calls).toEqual([['token-1'], ['token-1']]);
  expect(move).not.toHaveBeenCalled();
});

test('a run whose state waits no longer is stopped, unless another has begun to wait', async () => {
  const awaited = awaitedBy(WAITER);
  beat.mockResolvedValue(false);
  await watched(() => expect.poll(() => move.mock.calls.length, { timeout: 5000 }).toBeGreaterThan(0));
  expect(move.mock.calls[0]?.slice(0, 3)).toEqual([awaited, 'stop', 'Stopping']);
  // What ends the run is its row, when that says Stopping.
  expect(abort).not.toHaveBeenCalled();
});

test('a run goes on while Step Functions does not answer', async () => {
  awaitedBy(WAITER);
  beat.mockRejectedValue(new TaskModeError('ServiceUnavailable', 'Step Functions is away'));
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(2));
  expect(move).not.toHaveBeenCalled();
  expect(abort).not.toHaveBeenCalled();
});

test("a state that counts its code's own heartbeats is told so rarely that silent code is found out", async () => {
  awaitedBy({ ...WAITER, waitFor: 'callback', heartbeatSeconds: 60 });
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(3));
  expect(beat).toHaveBeenCalledTimes(1);
});
