import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { type BulkJob, isActedOn } from '../../lambdas/domain/bulk-job.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { BULK_LEASE_MS, BULK_STALLED_MS, LIST_WORK_MS, REDRIVES_MAX } from '../../lambdas/domain/limits.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { listBulkJobs } from '../../lambdas/tasks/list-bulk-jobs.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { IndexLag } from '../aws/index-lag.ts';
import { idsOf, startBulkWorld } from './bulk-world.ts';

const world = await startBulkWorld();
const { time, newFunction, start, run, done, readJob, submitMany, statusesOf, read } = world;

const fail = async (): Promise<AttemptOutcome> => ({
  isSuccess: false,
  failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
});

const failed = async (functionName: string, ids: readonly string[]) => {
  await submitMany(functionName, ids);
  for (const taskId of ids) await world.deliver({ functionName, taskId }, fail);
  time.now += 10;
};

const eventsOf = async (functionName: string, taskId: string) =>
  (await read({ functionName, taskId }))?.events.map(({ status, eventDetail }) => ({ status, eventDetail }));

const COUNTS = { done: 0, unchanged: 0, refused: 0, refusedByCode: {}, errors: [] };

describe('a Stop job', () => {
  test('stops the tasks that its filter finds, waiting and running ones, and no neighbour', async () => {
    const functionName = await newFunction();
    const neighbours = ['batch', 'other-1', 'batc-1'];
    const running = { functionName, taskId: 'batch-running' };
    await submitMany(functionName, [...idsOf('batch-', 7), ...neighbours, running.taskId]);
    const lease = { runId: 'r', now: time.now, leaseUntil: time.now + 60_000, instanceId: 'i' };
    await world.store.start(running, lease);
    await submitMany('echo', ['batch-1']);
    const before = await Promise.all(neighbours.map((taskId) => read({ functionName, taskId })));
    const job = await done({
      functionName,
      filter: { prefix: 'batch-' },
      reason: 'a mistake',
      caller: 'ann',
    });
    expect(job).toMatchObject({
      ...COUNTS,
      ...{ status: 'Succeeded', done: 8, batch: [], caller: 'ann', reason: 'a mistake' },
      ...{ startTime: expect.any(Number), endTime: time.now },
    });
    expect(job.wakeTime).toBeUndefined();
    expect(await statusesOf(functionName, [...idsOf('batch-', 7), running.taskId])).toEqual([
      ...Array(7).fill('Stopped'),
      'Stopping',
    ]);
    expect(await Promise.all(neighbours.map((taskId) => read({ functionName, taskId })))).toEqual(before);
    expect(await statusesOf('echo', ['batch-1'])).toEqual(['Enqueued']);
    const eventDetail = JSON.stringify({ bulkJobId: job.bulkJobId });
    expect(await eventsOf(functionName, 'batch-0')).toEqual([
      { status: 'Enqueued' },
      { status: 'Stopped', eventDetail },
    ]);
    expect((await eventsOf(functionName, running.taskId))?.at(-1)).toEqual({
      status: 'Stopping',
      eventDetail,
    });
  });

  test('heeds statuses and the times of submit, both ends included', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['early']);
    time.now += 1000;
    const startedTimeBegin = time.now;
    await submitMany(functionName, ['first', 'running']);
    const lease = { runId: 'r', now: time.now, leaseUntil: time.now + 60_000, instanceId: 'i' };
    await world.store.start({ functionName, taskId: 'running' }, lease);
    time.now += 1000;
    const startedTimeEnd = time.now;
    await submitMany(functionName, ['last']);
    time.now += 1000;
    await submitMany(functionName, ['late']);
    const filter = { status: ['Enqueued'] as const, startedTimeBegin, startedTimeEnd };
    expect(await done({ functionName, filter })).toMatchObject({ status: 'Succeeded', done: 2 });
    expect(await statusesOf(functionName, ['early', 'first', 'running', 'last', 'late'])).toEqual([
      ...['Enqueued', 'Stopped', 'Running', 'Stopped', 'Enqueued'],
    ]);
  });

  test('leaves tasks alone that were submitted, or run again, after it was created', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['old', 'again']);
    const job = await start({ functionName });
    time.now += 10;
    await submitMany(functionName, ['new']);
    await stopTask(world.common, { functionName, taskId: 'again' });
    await redriveTask(world.common, { functionName, taskId: 'again' });
    await run(job);
    expect(await readJob(job)).toMatchObject({ status: 'Succeeded', done: 1 });
    expect(await statusesOf(functionName, ['old', 'again', 'new'])).toEqual([
      'Stopped',
      'Enqueued',
      'Enqueued',
    ]);
  });

  test('hands over the ends of tasks that somebody waits for, as a single stop does', async () => {
    const functionName = await newFunction();
    const waiter = { token: 'token', waitFor: 'task', executionId: 'execution' } as const;
    await submitMany(functionName, ['awaited'], { waiter });
    await submitMany(functionName, ['alone']);
    expect(await done({ functionName })).toMatchObject({ done: 2 });
    expect(await read({ functionName, taskId: 'awaited' })).toMatchObject({ followUp: 'pending' });
    expect(await read({ functionName, taskId: 'alone' })).not.toHaveProperty('followUp');
  });

  test('finds a task that moves from state to state while it is looked for', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['mover', 'other']);
    const lease = { runId: 'r', now: time.now, leaseUntil: time.now + 60_000, instanceId: 'i' };
    await world.store.start({ functionName, taskId: 'mover' }, lease);
    let isMoved = false;
    const index = new Proxy(world.index, {
      get: (target, name) => {
        if (name !== 'queryState') return Reflect.get(target, name).bind(target);
        return async (query: { state: string }) => {
          // All waiting ones were looked at, and the running ones were not.
          if (query.state === 'running' && !isMoved) {
            isMoved = true;
            const task = await read({ functionName, taskId: 'mover' });
            if (task) await world.store.move(task, 'handBack', 'Retrying', { now: time.now });
          }
          return target.queryState(query as never);
        };
      },
    });
    const job = await start({ functionName });
    await run(job, { index });
    expect(await readJob(job)).toMatchObject({ status: 'Succeeded', done: 2 });
    expect(await statusesOf(functionName, ['mover', 'other'])).toEqual(['Stopped', 'Stopped']);
  });

  test('stops more tasks than a batch and a page hold, each once', async () => {
    const functionName = await newFunction({ shardCount: 1, shardCounts: new Set([4]) });
    await submitMany(functionName, idsOf('many-', 120));
    expect(await done({ functionName })).toMatchObject({ done: 120, unchanged: 0, refused: 0 });
    expect(new Set(await statusesOf(functionName, idsOf('many-', 120)))).toEqual(new Set(['Stopped']));
  });

  test('ends at its maximum, says so, and leaves the rest', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 10));
    expect(await done({ functionName, maxTasks: 4 })).toMatchObject({
      ...{ status: 'Succeeded', done: 4, isMaxTasksReached: true },
    });
    const statuses = await statusesOf(functionName, idsOf('t-', 10));
    expect(statuses.filter((status) => status === 'Enqueued')).toHaveLength(6);
    const rest = await done({ functionName, maxTasks: 6 });
    expect(rest).toMatchObject({ status: 'Succeeded', done: 6 });
    expect(rest).not.toHaveProperty('isMaxTasksReached');
  });

  test('goes on after the function was removed: its tasks can still be stopped', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['one']);
    const job = await start({ functionName });
    await world.register(functionName, { isDeleted: true });
    world.registry.forget(functionName);
    await run(job);
    expect(await readJob(job)).toMatchObject({ status: 'Succeeded', done: 1 });
  });
});

describe('a Redrive job', () => {
  test('runs again what had ended without success, and nothing else', async () => {
    const functionName = await newFunction();
    await failed(functionName, ['failed-1', 'failed-2']);
    await submitMany(functionName, ['succeeded', 'waiting', 'stopped']);
    await world.deliver({ functionName, taskId: 'succeeded' });
    await stopTask(world.common, { functionName, taskId: 'stopped' });
    const job = await done({ functionName, action: 'Redrive' });
    expect(job).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 3 });
    expect(
      await statusesOf(functionName, ['failed-1', 'failed-2', 'stopped', 'succeeded', 'waiting']),
    ).toEqual([...['Enqueued', 'Enqueued', 'Enqueued', 'Succeeded', 'Enqueued']]);
    expect(await read({ functionName, taskId: 'failed-1' })).toMatchObject({ series: 2 });
    expect(await read({ functionName, taskId: 'waiting' })).toMatchObject({ series: 1 });
  });

  test('runs none a second time that fails again at once, by whatever clock', async () => {
    const functionName = await newFunction();
    const ids = idsOf('t-', 30);
    await failed(functionName, ids);
    const job = await start({ functionName, action: 'Redrive' });
    const failAtOnce = new Proxy(world.queue, {
      get: (target, name) => {
        if (name !== 'send') return Reflect.get(target, name).bind(target);
        return async (_: string, { taskId }: { taskId: string }) => {
          const lease = { runId: taskId, now: time.now, leaseUntil: time.now + 60_000, instanceId: 'i' };
          const started = await world.store.start({ functionName, taskId }, lease);
          if (!started.isWritten) return;
          // The worker's clock is a minute behind.
          const now = job.createdTime - 60_000;
          const fields = { endTime: now, error: { kind: 'Unknown', errorType: 'E', errorMessage: 'm' } };
          await world.store.move(started.task, 'fail', 'Failed', { now, fields });
        };
      },
    });
    await run(job, { queue: failAtOnce });
    expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 30 });
    expect(new Set(await statusesOf(functionName, ids))).toEqual(new Set(['Failed']));
    const series = await Promise.all(
      ids.map(async (taskId) => (await read({ functionName, taskId }))?.series),
    );
    expect(new Set(series)).toEqual(new Set([2]));
  });

  test('leaves a task alone that failed after the job was created', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['running']);
    const job = await start({ functionName, action: 'Redrive' });
    time.now += 10;
    await world.deliver({ functionName, taskId: 'running' }, fail);
    await run(job);
    expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded' });
    expect(await statusesOf(functionName, ['running'])).toEqual(['Failed']);
  });

  test('redrives tasks whose destination is still to be told', async () => {
    const functionName = await newFunction(world.toldFunction);
    await failed(functionName, idsOf('untold-', 3));
    expect(await done({ functionName, action: 'Redrive' })).toMatchObject({
      ...{ status: 'Succeeded', done: 3, refused: 0 },
    });
    expect(await statusesOf(functionName, idsOf('untold-', 3))).toEqual(['Enqueued', 'Enqueued', 'Enqueued']);
  });

  test('counts those that are refused by their codes, and tells why of the first', async () => {
    const functionName = await newFunction();
    await failed(functionName, idsOf('often-', 12));
    await Promise.all(
      idsOf('often-', 12).map((taskId) =>
        world.dynamoDb.send(
          new UpdateItemCommand({
            TableName: TASK_TABLE,
            Key: marshall({ pk: `${functionName}#${taskId}` }),
            UpdateExpression: 'SET series = :series',
            ExpressionAttributeValues: marshall({ ':series': REDRIVES_MAX + 1 }),
          }),
        ),
      ),
    );
    const job = await done({ functionName, action: 'Redrive' });
    expect(job).toMatchObject({
      ...{ status: 'Succeeded', done: 0, unchanged: 0, refused: 12 },
      refusedByCode: { RedriveNotAllowed: 12 },
    });
    expect(job.errors).toHaveLength(10);
    expect(job.errors[0]).toEqual({
      taskId: expect.stringMatching(/^often-/),
      code: 'RedriveNotAllowed',
      message: expect.stringContaining('as often as it can be'),
    });
  });

  test('fails when the function was removed, and keeps count of what it has done', async () => {
    const functionName = await newFunction();
    await failed(functionName, ['one']);
    const job = await start({ functionName, action: 'Redrive' });
    await world.register(functionName, { isDeleted: true });
    world.registry.forget(functionName);
    await run(job);
    expect(await readJob(job)).toMatchObject({
      ...{ status: 'Failed', done: 0 },
      error: expect.stringContaining(`function "${functionName}" was removed`),
    });
    expect(await statusesOf(functionName, ['one'])).toEqual(['Failed']);
  });
});

describe('who dies, and who comes twice', () => {
  /** A store of tasks whose process dies after so many moves. */
  const dyingAfter = (moves: number) => {
    let made = 0;
    return new Proxy(world.store, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (name !== 'move') return typeof method === 'function' ? method.bind(target) : method;
        return async (...args: Parameters<typeof target.move>) => {
          if (made >= moves) return new Promise(() => undefined);
          made += 1;
          return target.move(...args);
        };
      },
    });
  };

  test.each(['Stop', 'Redrive'] as const)(
    'a worker that dies after some moves of a batch leaves a %s job whose counts are exact',
    async (action) => {
      const functionName = await newFunction();
      const ids = idsOf('t-', 30);
      if (action === 'Stop') await submitMany(functionName, ids);
      else await failed(functionName, ids);
      const job = await start({ functionName, action });
      const store = dyingAfter(13);
      // It never comes back.
      void run(job, { storeFor: () => store });
      const moved = async () =>
        (await Promise.all(ids.map((taskId) => read({ functionName, taskId })))).filter(
          (task) => task && isActedOn(job, task),
        ).length;
      await expect.poll(moved, { timeout: 20_000 }).toBe(13);
      // The batch that it died at is not counted.
      expect((await readJob(job)).done).toBeLessThan(13);
      expect(await run(job)).toEqual({ kind: 'left' });
      time.now += BULK_LEASE_MS + 1;
      await run(job);
      expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 30 });
      const events = await Promise.all(ids.map((taskId) => eventsOf(functionName, taskId)));
      const detail = JSON.stringify({ bulkJobId: job.bulkJobId });
      expect(events.map((all) => all?.filter(({ eventDetail }) => eventDetail === detail).length)).toEqual(
        ids.map(() => 1),
      );
    },
  );

  test('two workers that are told of a job at once do not both have it', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 20));
    const job = await start({ functionName });
    const ends = await Promise.all([run(job), run(job), run(job)]);
    expect(ends.map(({ kind }) => kind).sort()).toEqual(['ended', 'left', 'left']);
    expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 20 });
  });

  test('one that has lost the job writes nothing more', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 5));
    const job = await start({ functionName });
    let isTaken = false;
    const index = new Proxy(world.index, {
      get: (target, name) => {
        if (name !== 'queryState') return Reflect.get(target, name).bind(target);
        return async (query: never) => {
          if (!isTaken) {
            isTaken = true;
            time.now += BULK_LEASE_MS + 1;
            await run(job);
          }
          return target.queryState(query);
        };
      },
    });
    expect(await run(job, { index })).toEqual({ kind: 'left' });
    expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 5 });
  });

  test('one whose time is up gives the job back, and the next goes on from there', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 130));
    const job = await start({ functionName });
    let reads = 0;
    const clock = () => time.now;
    const index = new Proxy(world.index, {
      get: (target, name) => {
        if (name !== 'readAll') return Reflect.get(target, name).bind(target);
        return async (keys: never) => {
          reads += 1;
          if (reads === 2) time.now += 60_000;
          return target.readAll(keys);
        };
      },
    });
    expect(await run(job, { index, clock }, 60_000)).toMatchObject({ kind: 'unfinished' });
    const halfway = await readJob(job);
    expect(halfway).toMatchObject({ status: 'Running', leaseUntil: 0 });
    expect(halfway.done).toBeGreaterThan(0);
    expect(halfway.done).toBeLessThan(130);
    expect(await run(job)).toMatchObject({ kind: 'ended' });
    expect(await readJob(job)).toMatchObject({ ...COUNTS, done: 130 });
  });
});

describe('while AWS does not take calls', () => {
  const away = new TaskModeError('ServiceUnavailable', 'DynamoDB did not take the request', {
    cause: new Error('throttled'),
  });

  test('a job waits and tries again, and refuses nothing for that', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 40));
    const job = await start({ functionName });
    let calls = 0;
    const store = new Proxy(world.store, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (name !== 'move') return typeof method === 'function' ? method.bind(target) : method;
        return async (...args: Parameters<typeof target.move>) => {
          calls += 1;
          if (calls % 3 === 0) throw away;
          return target.move(...args);
        };
      },
    });
    const before = world.faults.length;
    await run(job, { storeFor: () => store });
    expect(await readJob(job)).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 40 });
    expect(world.faults.length).toBeGreaterThan(before);
  });

  test('a job that cannot act on any task for an hour fails, and says so', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['one']);
    const job = await start({ functionName });
    const store = new Proxy(world.store, {
      get: (target, name) => {
        if (name === 'move') return () => Promise.reject(away);
        const method = Reflect.get(target, name);
        return typeof method === 'function' ? method.bind(target) : method;
      },
    });
    await run(job, { storeFor: () => store }, BULK_STALLED_MS + 600_000);
    expect(await readJob(job)).toMatchObject({
      ...{ status: 'Failed', done: 0 },
      error: expect.stringMatching(/^no task could be acted on for 6\d minutes/),
    });
    expect(await statusesOf(functionName, ['one'])).toEqual(['Enqueued']);
  });
});

describe('to stop a job', () => {
  test('ends it at once while nobody has taken it up', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['one']);
    const job = await start({ functionName });
    await world.stop(job, 'bob');
    expect(await readJob(job)).toMatchObject({ status: 'Stopped', stoppedBy: 'bob', endTime: time.now });
    expect(await run(job)).toEqual({ kind: 'left' });
    expect(await statusesOf(functionName, ['one'])).toEqual(['Enqueued']);
    await world.stop(job, 'carl');
    expect(await readJob(job)).toMatchObject({ stoppedBy: 'bob' });
  });

  test('has its worker end it after the batch that it is at', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, idsOf('t-', 150));
    const job = await start({ functionName });
    let isAsked = false;
    const store = new Proxy(world.store, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (name !== 'move') return typeof method === 'function' ? method.bind(target) : method;
        return async (...args: Parameters<typeof target.move>) => {
          if (!isAsked) {
            isAsked = true;
            await world.stop(await readJob(job), 'bob');
          }
          return target.move(...args);
        };
      },
    });
    expect(await run(job, { storeFor: () => store })).toMatchObject({ kind: 'ended' });
    const ended = await readJob(job);
    expect(ended).toMatchObject({ status: 'Stopped', stoppedBy: 'bob', unchanged: 0, refused: 0 });
    expect(ended.done).toBeLessThanOrEqual(100);
    const stopped = (await statusesOf(functionName, idsOf('t-', 150))).filter(
      (status) => status === 'Stopped',
    );
    expect(stopped).toHaveLength(ended.done);
  });

  test('counts what a dead worker had done of its batch', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, ['one', 'two']);
    const job = await start({ functionName });
    const claimed = await world.jobs.claim(job, 'dead', time.now);
    if (!claimed.isWritten) throw new Error('not claimed');
    await world.jobs.advance(claimed.job, { batch: ['one', 'two'] }, time.now);
    const task = await read({ functionName, taskId: 'one' });
    const eventDetail = JSON.stringify({ bulkJobId: job.bulkJobId });
    if (task) await world.store.move(task, 'stop', 'Stopped', { now: time.now, eventDetail });
    await world.stop(await readJob(job));
    expect(await readJob(job)).toMatchObject({ status: 'Stopping' });
    time.now += BULK_LEASE_MS + 1;
    await run(job);
    expect(await readJob(job)).toMatchObject({ status: 'Stopped', done: 1, batch: [] });
    expect(await statusesOf(functionName, ['one', 'two'])).toEqual(['Stopped', 'Enqueued']);
  });

  test('is refused when it has ended', async () => {
    const functionName = await newFunction();
    const job = await done({ functionName });
    await expect(world.stop(job)).rejects.toMatchObject({ code: 'BulkJobFinished' });
    await expect(world.stop({ ...job, bulkJobId: 'nobody' })).rejects.toMatchObject({
      code: 'BulkJobNotFound',
    });
  });
});

describe('to start a job', () => {
  test('again under the same id changes nothing; for something else it is refused', async () => {
    const functionName = await newFunction();
    const request = {
      functionName,
      bulkJobId: 'mine',
      filter: { status: ['Running', 'Enqueued'] as const, prefix: 'a' },
    };
    const job = await start(request);
    time.now += 10;
    expect(await start({ ...request, filter: { prefix: 'a', status: ['Enqueued', 'Running'] } })).toEqual(
      job,
    );
    await expect(start({ ...request, maxTasks: 1 })).rejects.toMatchObject({
      code: 'BulkJobAlreadyExists',
      details: { bulkJobId: 'mine', status: 'Pending' },
    });
    await run(job);
    expect(await start(request)).toMatchObject({ status: 'Succeeded', createdTime: job.createdTime });
    expect(await readJob(job)).toMatchObject({ filter: request.filter, maxTasks: 10_000 });
  });

  test('of a function that there is not is refused, and of a removed one where tasks are to run again', async () => {
    const functionName = await newFunction({ isDeleted: true });
    await expect(start({ functionName: 'nobody' })).rejects.toMatchObject({ code: 'FunctionNotFound' });
    await expect(start({ functionName, action: 'Redrive' })).rejects.toMatchObject({
      code: 'FunctionNotFound',
    });
    expect(await start({ functionName })).toMatchObject({ status: 'Pending' });
  });

  test('is accepted also when its worker cannot be told: the sweep tells it', async () => {
    const functionName = await newFunction();
    const queue = new Proxy(world.queue, {
      get: (target, name) =>
        name === 'sendBulkJob' ? () => Promise.reject(new Error('away')) : Reflect.get(target, name),
    });
    const { startBulkJob } = await import('../../lambdas/tasks/start-bulk-job.ts');
    const common = { ...world.common, queue };
    const job = await startBulkJob(common, { functionName, action: 'Stop', filter: {}, maxTasks: 1 });
    expect(job.wakeTime).toBe(time.now + 60_000);
    expect(await world.jobIndex.due(functionName, time.now + 59_999)).not.toContainEqual({
      functionName,
      bulkJobId: job.bulkJobId,
    });
    expect(await world.jobIndex.due(functionName, time.now + 60_000)).toContainEqual({
      functionName,
      bulkJobId: job.bulkJobId,
    });
  });
});

describe('a dry run', () => {
  test('counts by status, and changes nothing', async () => {
    const functionName = await newFunction();
    await submitMany(functionName, [...idsOf('a-', 5), ...idsOf('b-', 3)]);
    await failed(functionName, ['a-failed', 'b-failed']);
    expect(await world.count(functionName)).toEqual({
      matched: 8,
      counts: new Map([
        ['Enqueued', 8],
        ['Processed', 0],
        ['Running', 0],
        ['Retrying', 0],
      ]),
      isComplete: true,
    });
    const filter = { prefix: 'a-', status: ['Failed'] as const };
    expect(await world.count(functionName, { action: 'Redrive', filter })).toEqual({
      ...{ matched: 1, counts: new Map([['Failed', 1]]), isComplete: true },
    });
  });

  test('says that there may be more when there is no time to look at all', async () => {
    const functionName = await newFunction();
    // Of twice as many parts as are looked at in any case.
    await world.register(functionName, { shardCounts: new Set([4, 8]) });
    world.registry.forget(functionName);
    await submitMany(functionName, idsOf('a-', 5));
    const { countBulkTasks } = await import('../../lambdas/tasks/count-bulk-tasks.ts');
    let now = time.now;
    const clock = () => {
      now += 400;
      return now;
    };
    const counted = await countBulkTasks(
      { ...world.common, clock },
      { functionName, action: 'Stop', filter: {} },
    );
    expect(counted.isComplete).toBe(false);
    expect(counted.matched).toBeLessThanOrEqual(5);
  });
});

test('a dry run counts what its first look finds, though there was no time left when its function was known', async () => {
  const functionName = await newFunction();
  await submitMany(functionName, idsOf('a-', 5));
  const { countBulkTasks } = await import('../../lambdas/tasks/count-bulk-tasks.ts');
  let looks = 0;
  const clock = () => {
    looks += 1;
    return time.now + (looks > 1 ? LIST_WORK_MS : 0);
  };
  const counted = await countBulkTasks(
    { ...world.common, clock },
    { functionName, action: 'Stop', filter: {} },
  );
  expect(counted).toMatchObject({ matched: 5, isComplete: true });
});

test('jobs are listed by function, the latest first, page by page, and forgotten after 90 days', async () => {
  const functionName = await newFunction();
  const started: BulkJob[] = [];
  for (let number = 0; number < 5; number += 1) {
    started.unshift(await start({ functionName, bulkJobId: `job-${number}` }));
    time.now += 10;
  }
  await start({ functionName: await newFunction(), bulkJobId: 'another' });
  const pageAfter = (after: string | undefined) =>
    listBulkJobs(world.common, { functionName, limit: 2, after });
  const first = await pageAfter(undefined);
  const second = await pageAfter(first.readTo);
  const third = await pageAfter(second.readTo);
  expect([first, second, third].flatMap(({ jobs }) => jobs)).toEqual(started);
  expect(third.readTo).toBeUndefined();
  time.now += 91 * 86_400_000;
  expect((await pageAfter(undefined)).jobs).toEqual([]);
  expect(await start({ functionName, bulkJobId: 'job-0', maxTasks: 7 })).toMatchObject({ maxTasks: 7 });
});

test('while the index follows its rows late, a job acts on each task once, and on all that were there', async () => {
  const lag = await IndexLag.start(world);
  for (const action of ['Stop', 'Redrive'] as const) {
    lag.hasArrived = () => true;
    await lag.catchUp();
    const functionName = await newFunction();
    const ids = idsOf('t-', 25);
    lag.hasArrived = ({ ms }) => ms >= 2000;
    if (action === 'Stop') await submitMany(functionName, ids);
    else {
      await submitMany(functionName, ids);
      for (const taskId of ids) await world.deliver({ functionName, taskId }, fail);
    }
    expect(await done({ functionName, action })).toMatchObject({ ...COUNTS, status: 'Succeeded', done: 25 });
  }
});
