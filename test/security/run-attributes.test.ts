import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { EndStore } from '../../lambdas/aws/end-store.ts';
import { RunCounter } from '../../lambdas/aws/run-counter.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import { KEPT_END_ATTRIBUTES, RUN_ATTRIBUTES } from '../../lambdas/domain/storage-names.ts';
import type { RunningTask, Task, TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { keepEnd } from '../../lambdas/tasks/keep-end.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { type NamesAttributes, namedAttributes } from '../aws/expression-attributes.ts';
import { newTask } from '../aws/tasks.ts';
import { startInvocationWorld } from '../tasks/invocation-world.ts';
import { SHARDS } from '../tasks/world.ts';

const world = await startInvocationWorld();
const { time, read } = world;

/** A client of a worker, and the attributes that its writes have named. */
function recordingClient() {
  const named = new Set<string>();
  const client: DynamoDBClient = world.newClient();
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        if (commandName !== 'GetItemCommand') {
          for (const name of namedAttributes(args.input as NamesAttributes)) named.add(name);
        }
        return next(args);
      },
    { step: 'initialize', name: 'recordAttributes' },
  );
  return { client, named };
}

const failed = (isFinal?: true): AttemptOutcome => ({
  isSuccess: false,
  failure: taskFailure('HandledInvocationError', 'E', 'm', isFinal ? { isFinal } : {}),
});

test('every write of a run names the attributes of the list, and each of them is named', async () => {
  const { client, named } = recordingClient();
  const options = { client, tableName: TASK_TABLE, shardCount: SHARDS, isOfRun: true };
  const store = new TaskStore(options);
  const act = (key: TaskKey, attempt: (task: Task) => Promise<AttemptOutcome>) =>
    world.deliverAs({ store }, key, attempt);
  const again = async (key: TaskKey) => {
    time.now = Math.max(time.now, ((await read(key)) as Task).notBefore);
  };

  // Starts, a retry, another start, and an end with a destination.
  const told = await world.submit({ functionName: 'told' });
  await act(told, async () => ({ isSuccess: true, resultText: '1' }));
  const stubborn = await world.submit({ functionName: 'stubborn' });
  await act(stubborn, async () => failed());
  expect(await read(stubborn)).toMatchObject({ status: 'Retrying' });
  await again(stubborn);
  await act(stubborn, async () => failed(true));
  expect(await read(stubborn)).toMatchObject({ status: 'Failed' });
  // A stop that the code heeds, and one that a state asks for which waits no longer.
  const stopped = await world.submit();
  await act(stopped, async () => {
    await stopTask(world, stopped);
    return { isSuccess: true, resultText: '1' };
  });
  expect(await read(stopped)).toMatchObject({ status: 'Stopped' });
  const heartbeat = await world.submit();
  await act(heartbeat, async (task) => {
    const lease = { now: time.now, leaseUntil: time.now + 60_000 };
    await store.extendLease(heartbeat, (task as RunningTask).runId, lease);
    await store.move(task, 'stop', 'Stopping', { now: time.now });
    return { isSuccess: true, resultText: '1' };
  });
  // A history that has grown long.
  const events = Array.from({ length: 100 }, () => ({ status: 'Enqueued' as const, timestamp: 1 }));
  const old = newTask({ functionName: 'echo', submitTime: time.now, events });
  await world.put([old]);
  await act(old, async () => ({ isSuccess: true, resultText: '1' }));
  expect(await read(old)).toHaveProperty('droppedEvents');
  // Too late to start.
  const expired = await world.submit();
  time.now += 3_600_001;
  await act(expired, async () => failed());
  expect(await read(expired)).toMatchObject({ status: 'Expired' });
  // What a hand-back writes, also of a run that is taken for dead.
  const handedBack = await world.submit();
  await act(handedBack, async (task) => {
    const { leaseUntil } = task as RunningTask;
    const outcome = await store.move(task, 'handBack', 'Enqueued', {
      now: time.now,
      leaseUntil,
      handBackCause: 'throttled',
      fields: {
        ...{ attempt: 0, notBefore: time.now, startDeadline: time.now, leaseUntil: undefined },
        ...{ handBacks: 1, handedBackTime: time.now },
      },
    });
    expect(outcome).toMatchObject({ isWritten: true });
    return { isSuccess: true, resultText: '1' };
  });

  await world.purge();
  await world.accept();
  const { invocation } = await world.takeOne();
  await new RunCounter({ client, tableName: TASK_TABLE }).count(invocation, 'start-1', time.now);

  expect([...named].sort()).toEqual([...RUN_ATTRIBUTES].sort());
});

test('the end that a worker keeps names the attributes of kept ends only', async () => {
  const { client, named } = recordingClient();
  await world.accept();
  const { invocation } = await world.takeOne();
  const ends = new EndStore({ client, tableName: TASK_TABLE });
  const end = { status: 'Succeeded', attempt: 1, now: time.now, resultText: '1' } as const;
  const { payloads, queue, followUpQueueUrl } = world;
  await keepEnd({ ends, payloads, queue, followUpQueueUrl }, invocation, end);
  expect([...named].sort()).toEqual([...KEPT_END_ATTRIBUTES].sort());
});
