import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { errorOf } from './api.ts';
import { queuesOf } from './queues.ts';
import { startExample, temporaryFolder } from './runtime.ts';

const assemblyDir = inject('unrulyAssemblyDir');
const { api, runtime, lines } = await startExample({ assemblyDir });
const { next } = queuesOf(runtime, assemblyDir);

const TIME_OUT = 'the function took longer than its time-out of 2 s';

/** Ends the instances that hold what a function was configured as: on AWS it takes 30 s. */
async function forgetConfigs(): Promise<void> {
  for (const pid of runtime.environmentPids('TaskModeApiInvokeFunction')) process.kill(pid, 'SIGKILL');
  await expect.poll(() => runtime.environmentPids('TaskModeApiInvokeFunction')).toEqual([]);
}

/** What the next so many ends say that the functions' common queue is told: those of tasks too. */
const nextContexts = async (count: number) => {
  const contexts = [];
  while (contexts.length < count) contexts.push((await next('LooseSuccesses')).body.requestContext);
  return contexts;
};

const putMode = async (name: string, asyncTask: boolean) => {
  const response = await api.fetch(`/${name}/async-invoke-config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ asyncTask }),
  });
  expect(response.status).toBe(200);
  await forgetConfigs();
};

describe('an invocation of a function whose task mode is off', () => {
  test('is accepted without an id, runs, and leaves no record', async () => {
    const response = await api.submit('loose', {
      payload: { seconds: 0 },
      headers: { 'x-fc-request-id': 'loose-1' },
    });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
    expect(response.headers.get('x-fc-request-id')).toBe('loose-1');
    expect(response.headers.has('x-fc-async-task-id')).toBe(false);
    const { id, body } = await next('LooseSuccesses');
    expect(id).toMatch(/^loose\/i-[0-9a-f-]{36}\/.*\/Succeeded$/);
    expect(body).toMatchObject({
      requestContext: { requestId: 'loose-1', approximateInvokeCount: 1, status: 'Succeeded' },
      requestPayload: '{"seconds":0}',
      responsePayload: expect.stringMatching(/^\{"attempt":1,"pid":\d+\}$/),
    });
    expect(body.requestContext).not.toHaveProperty('taskId');
    expect(await api.listAll('loose')).toEqual([]);
    const [, invocationId = ''] = id?.split('/') ?? [];
    for (const taskId of ['loose-1', invocationId]) {
      for (const call of [
        () => api.get('loose', taskId),
        () => api.stop('loose', taskId),
        () => api.fetch(`/loose/async-tasks/${taskId}/redrive`, { method: 'POST' }),
      ]) {
        expect(await errorOf(await call())).toMatchObject({ status: 404, Code: 'AsyncTaskNotFound' });
      }
    }
  });

  test.each(['heed', 'ignore', 'spin'])(
    'that takes too long (%s) is repeated, and its code that does not end is killed',
    async (does) => {
      await api.submit('loose', { payload: { does, seconds: 600 } });
      const { body } = await next('LooseSuccesses');
      expect(body.requestContext.approximateInvokeCount).toBe(2);
      expect(JSON.parse(body.responsePayload).attempt).toBe(2);
    },
  );

  test('that fails on each attempt is told as failed, and each leaves a line in the log', async () => {
    const payload = { does: 'spin', seconds: 600, attempts: 2 };
    await api.submit('loose', { payload, headers: { 'x-fc-request-id': 'loose-failed' } });
    const { body } = await next('LooseFailures');
    expect(body.requestContext).toMatchObject({
      requestId: 'loose-failed',
      condition: 'UnhandledInvocationError',
      approximateInvokeCount: 2,
    });
    expect(JSON.parse(body.responsePayload)).toEqual({ errorType: 'Task.TimedOut', errorMessage: TIME_OUT });
    const told = lines.filter((line) => line.startsWith('loose | ') && line.includes('loose-failed'));
    expect(told.map((line) => JSON.parse(line.slice('loose | '.length)))).toEqual(
      [1, 2].map((attempt) =>
        expect.objectContaining({
          message: 'attempt failed',
          functionName: 'loose',
          invocationId: expect.stringMatching(/^i-/),
          attempt,
        }),
      ),
    );
  });

  test('may be delayed by 15 minutes, and no longer', async () => {
    expect((await api.submit('loose', { delay: 900 })).status).toBe(202);
    expect(await errorOf(await api.submit('loose', { delay: 901 }))).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: expect.stringContaining('x-fc-async-delay must be at most 900: task mode is off'),
    });
  });

  test('may have no id, for nothing would be recorded under it', async () => {
    expect(await errorOf(await api.submit('loose', { id: 'mine' }))).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: expect.stringContaining('x-fc-async-task-id must be absent: task mode is off'),
    });
  });
});

test('runs of both kinds share an instance, and a kill of one costs the others nothing', async () => {
  const journal = join(temporaryFolder('mixed'), 'journal');
  const noted = (what: string) =>
    readFileSync(journal, 'utf-8')
      .split('\n')
      .filter((line) => line.includes(` ${what} `));
  await putMode('mixed', true);
  const wait = { does: 'ignore', seconds: 5, journal };
  const task = await api.accepted('mixed', { payload: { ...wait, attempts: 9 }, delay: 6 });
  const spinning = await api.accepted('mixed', {
    payload: { does: 'spin', seconds: 600, journal },
    delay: 6,
  });
  await putMode('mixed', false);
  await api.submit('mixed', { payload: { ...wait, attempts: 9 }, delay: 3 });
  // Whether all three meet in one instance is the queue's to say; that they do not disturb each other is ours.
  await api.until('mixed', spinning, 'Running', 20_000);
  await expect.poll(() => noted('begins').length, { timeout: 20_000 }).toBeGreaterThanOrEqual(3);
  await putMode('mixed', true);
  expect((await api.stop('mixed', spinning)).status).toBe(204);
  expect(await api.until('mixed', spinning, 'Stopped', 20_000)).toMatchObject({ status: 'Stopped' });
  expect(await api.until('mixed', task, 'Succeeded', 40_000)).toMatchObject({ alreadyRetriedTimes: 0 });
  const contexts = await nextContexts(2);
  expect(contexts.map(({ taskId }) => taskId).sort()).toEqual([task, undefined]);
  for (const context of contexts) expect(context).toMatchObject({ approximateInvokeCount: 1 });
}, 90_000);

test('task mode is switched at run time while messages of both kinds wait, and each runs as what it was', async () => {
  await putMode('switched', true);
  const task = await api.accepted('switched', { payload: { seconds: 0 }, delay: 5 });
  await putMode('switched', false);
  const response = await api.submit('switched', { payload: { seconds: 0 }, delay: 5 });
  expect(response.headers.has('x-fc-async-task-id')).toBe(false);
  await putMode('switched', true);
  const later = await api.accepted('switched', { payload: { seconds: 0 } });
  await api.until('switched', later, 'Succeeded');
  await api.until('switched', task, 'Succeeded');
  const taskIds = (await nextContexts(3)).map(({ taskId }) => taskId);
  expect(taskIds.sort()).toEqual([task, later, undefined].sort());
  expect((await api.listAll('switched')).map(({ taskId }) => taskId).sort()).toEqual([task, later].sort());
}, 60_000);
