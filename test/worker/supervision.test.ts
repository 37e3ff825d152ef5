import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, expect, test, vi } from 'vitest';
import { EndStore } from '../../lambdas/aws/end-store.ts';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { RunCounter } from '../../lambdas/aws/run-counter.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import type { RunningTask } from '../../lambdas/domain/task.ts';
import type { Waiter } from '../../lambdas/domain/waiter.ts';
import { RunSlots } from '../../lambdas/worker/run-slots.ts';
import { Supervision } from '../../lambdas/worker/supervision.ts';
import { newTask } from '../aws/tasks.ts';

/** A sixth of it is the first heartbeat, a third the next: both are due at every look, of which there is one a second. */
const LEASE_MS = 3000;

const store = new TaskStore({ client: new DynamoDBClient({}), tableName: 'tasks', shardCount: 1 });
const queue = new TaskQueue({ client: new SQSClient({}) });
const none = () => undefined;
const abort = vi.fn();
const waiters = new Waiters();
const slots = new RunSlots();
const supervision = new Supervision({
  slots,
  runs: () => [],
  graceMs: undefined,
  timeoutSeconds: 60,
  leaseMs: LEASE_MS,
  dependencies: {
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
  waiters,
  abort,
});

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
const retime = vi.spyOn(queue, 'retime');
const move = vi.spyOn(store, 'move');
const beat = vi.spyOn(waiters, 'heartbeat');

beforeEach(() => {
  vi.clearAllMocks();
  get.mockResolvedValue(task);
  extendLease.mockResolvedValue(task);
  retime.mockResolvedValue(true);
  move.mockResolvedValue({ isWritten: true, task });
  beat.mockResolvedValue(true);
});

/** Watches a run until what is awaited is so, then has it end. */
async function watched(until: () => Promise<unknown>): Promise<void> {
  const slot = slots.acquire();
  const run = { ...slot, key: task, runId: task.runId, receiptHandle: 'handle-1', invocationEndTime: 0 };
  const watching = supervision.watch({ ...run, startTime: Date.now(), killTime: Number.POSITIVE_INFINITY });
  await until();
  slots.release(slot);
  await watching;
}

test('a run that goes on keeps its lease and its message hidden, a little beyond the lease', async () => {
  const startTime = Date.now();
  await watched(() => expect.poll(() => retime.mock.calls.length, { timeout: 5000 }).toBe(2));
  for (const [, runId, leaseUntil] of extendLease.mock.calls) {
    expect(runId).toBe('run-1');
    expect(leaseUntil).toBeGreaterThan(startTime + LEASE_MS);
  }
  expect(retime.mock.calls).toEqual([1, 2].map(() => ['https://queue', 'handle-1', 3.75]));
  expect(abort).not.toHaveBeenCalled();
});

test('a run whose task cannot be asked for goes on, and is asked for again', async () => {
  get.mockRejectedValueOnce(new TaskModeError('ServiceUnavailable', 'DynamoDB is away'));
  extendLease.mockRejectedValueOnce(new TaskModeError('ServiceUnavailable', 'DynamoDB is away'));
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(2));
  expect(abort).not.toHaveBeenCalled();
});

test.each<[string, Partial<RunningTask> | undefined]>([
  ['whose task is asked to stop', { status: 'Stopping' as 'Running' }],
  ['that another has overtaken', { runId: 'run-2' }],
])('a run %s is told so once', async (_, change) => {
  get.mockResolvedValue({ ...task, ...change });
  extendLease.mockResolvedValue({ ...task, ...change });
  await watched(() => expect.poll(() => extendLease.mock.calls.length, { timeout: 5000 }).toBe(1));
  expect(abort).toHaveBeenCalledTimes(1);
});

const WAITER: Waiter = { token: 'token-1', waitFor: 'task', executionId: 'arn:execution' };

/** The task of a workflow, as its row is read. */
function awaitedBy(waiter: Waiter): RunningTask {
  const awaited = { ...task, waiter };
  get.mockResolvedValue(awaited);
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
  expect(move.mock.calls[0]?.[3]).toMatchObject({ isForWaiter: true });
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
