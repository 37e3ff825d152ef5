import { Jimp, JimpMime } from 'jimp';
import { describe, expect, test } from 'vitest';
import { inParallel } from '../../bench/load.ts';
import { errorOf, statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api, runtime, lines } = await startExample();

describe('a task', () => {
  test('is submitted, runs, and its result is read back', async () => {
    const response = await api.submit('echo', { id: 'first', payload: { hello: 'world' } });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
    expect(response.headers.get('x-fc-async-task-id')).toBe('first');
    expect(response.headers.get('server-timing')).toMatch(
      /^total;dur=[\d.]+, dynamodb;dur=[\d.]+, sqs;dur=[\d.]+$/,
    );
    const requestId = response.headers.get('x-fc-request-id');
    expect(await api.until('echo', 'first', 'Succeeded')).toEqual({
      taskId: 'first',
      functionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1:000000000000:function:/),
      qualifier: 'LATEST',
      status: 'Succeeded',
      requestId,
      instanceId: expect.stringContaining('[$LATEST]'),
      startedTime: expect.any(Number),
      endTime: expect.any(Number),
      durationMs: expect.any(Number),
      alreadyRetriedTimes: 0,
      destinationStatus: 'Succeeded',
      taskPayload: '{"hello":"world"}',
      returnPayload: '{"hello":"world"}',
      events: ['Enqueued', 'Processed', 'Running', 'Succeeded'].map((status, index) => ({
        eventId: index + 1,
        status,
        timestamp: expect.any(Number),
        ...(status === 'Processed' && { sentTime: expect.any(Number), receivedTime: expect.any(Number) }),
      })),
    });
  });

  test('is read at once after its submit', async () => {
    for (let round = 0; round < 20; round += 1) {
      const id = await api.accepted('echo', { id: `at-once-${round}`, delay: 600 });
      expect(await api.task('echo', id)).toMatchObject({ status: 'Enqueued', endTime: 0 });
    }
  });

  test('without an id gets one, or the id of its request', async () => {
    expect(await api.accepted('echo')).toMatch(/^t-[0-9a-f-]{36}$/);
    expect(await api.accepted('echo', { headers: { 'x-fc-request-id': 'mine-1' } })).toBe('mine-1');
    expect(await api.task('echo', 'mine-1')).toMatchObject({ requestId: 'mine-1' });
    expect(await api.accepted('echo', { headers: { 'x-fc-request-id': '1-not-an-id' } })).toMatch(/^t-/);
  });

  test('without a payload gets {}', async () => {
    const id = await api.accepted('echo');
    expect(await api.until('echo', id, 'Succeeded')).toMatchObject({
      taskPayload: '{}',
      returnPayload: '{}',
    });
  });

  test('that throws is tried again with a back-off, and each failed attempt leaves a structured log line', async () => {
    const id = await api.accepted('flaky', { payload: { failures: 2 } });
    const task = await api.until('flaky', id, 'Succeeded');
    expect(task).toMatchObject({ alreadyRetriedTimes: 2, returnPayload: '{"attempt":3}' });
    expect(statusesOf(task)).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Retrying',
      'Running',
      'Retrying',
      'Running',
      'Succeeded',
    ]);
    const ofTask = () => lines.filter((text) => text.startsWith('flaky | ') && text.includes(id));
    await expect.poll(() => ofTask().length).toBe(2);
    expect(JSON.parse(ofTask()[1]?.slice('flaky | '.length) ?? '')).toMatchObject({
      level: 'WARN',
      functionName: 'flaky',
      taskId: id,
      attempt: 2,
      requestId: expect.any(String),
    });
  });

  test('that cannot succeed has failed, and says why and where', async () => {
    const id = await api.accepted('thumbnail', { payload: { image: 'AAAA' } });
    const task = await api.until('thumbnail', id, 'Failed', 30_000);
    expect(task.alreadyRetriedTimes).toBe(0);
    expect(task.taskErrorMessage).toMatch(
      /^HandledInvocationError: NonRetryableError: .*\nat async handler/s,
    );
  });

  test('with a delay of 5 s is Enqueued until then, and starts then', async () => {
    const id = await api.accepted('echo', { delay: 5 });
    const task = await api.until('echo', id, 'Succeeded');
    const [enqueued, started] = [task.events[0]?.timestamp ?? 0, task.events[1]?.timestamp ?? 0];
    expect(started - enqueued).toBeGreaterThanOrEqual(4000);
    expect(started - enqueued).toBeLessThan(7000);
  });

  test('makes a thumbnail of a real image', async () => {
    const picture = new Jimp({ width: 640, height: 480, color: 0x3366ccff });
    const image = (await picture.getBuffer(JimpMime.jpeg)).toString('base64');
    const id = await api.accepted('thumbnail', { payload: { image, size: 64 } });
    const { returnPayload = '' } = await api.until('thumbnail', id, 'Succeeded');
    const result = JSON.parse(returnPayload);
    const png = await Jimp.read(Buffer.from(result.image, 'base64'));
    expect([png.width, png.height, png.mime]).toEqual([64, 48, 'image/png']);
    expect(result).toMatchObject({ width: 64, height: 48 });
  });

  test('may have a payload and a result of 1 MiB, full of quotes', async () => {
    const body = JSON.stringify('"'.repeat((1_048_576 - 2) / 2));
    expect(body).toHaveLength(1_048_576);
    const id = await api.accepted('echo', { body });
    const task = await api.until('echo', id, 'Succeeded');
    expect(task.taskPayload).toBe(body);
    expect(task.returnPayload).toBe(body);
  });
});

describe('an id', () => {
  test('that is taken answers 409 with the first status, and the first task is untouched', async () => {
    const id = await api.accepted('echo', { id: 'taken', payload: 1, delay: 600 });
    const first = await api.task('echo', id);
    const response = await api.submit('echo', { id, payload: 2 });
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({
      Code: 'AsyncTaskAlreadyExists',
      Message: 'task "taken" of function "echo" already exists, with status Enqueued',
      RequestId: expect.any(String),
      taskId: id,
      status: 'Enqueued',
      isSamePayload: false,
    });
    expect(await api.task('echo', id)).toEqual(first);
  });

  test('that is taken answers 200 with the task that has it to who asks for that', async () => {
    const id = await api.accepted('echo', { payload: { n: 1 }, delay: 600 });
    const first = await api.task('echo', id);
    const headers = { 'x-task-mode-on-duplicate': 'return' };
    const response = await api.submit('echo', { id, payload: { n: 1 }, headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-fc-async-task-id')).toBe(id);
    expect(await response.json()).toEqual({ taskId: id, status: 'Enqueued', isSamePayload: true });
    expect(await api.task('echo', id)).toEqual(first);
  });

  test('submitted by twenty at once is accepted once and runs once', async () => {
    const responses = await Promise.all(
      Array.from({ length: 20 }, (_, number) => api.submit('echo', { id: 'raced', payload: number })),
    );
    const codes = responses.map(({ status }) => status).sort();
    expect(codes).toEqual([202, ...Array.from({ length: 19 }, () => 409)]);
    const task = await api.until('echo', 'raced', 'Succeeded');
    expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Succeeded']);
    const winner = responses.findIndex(({ status }) => status === 202);
    expect(task.returnPayload).toBe(String(winner));
  });

  test('is free for another function', async () => {
    await api.accepted('echo', { id: 'shared' });
    await api.accepted('wait', { id: 'shared', payload: { seconds: 0 } });
  });
});

describe('250 tasks', () => {
  const COUNT = 250;
  const ids = Array.from({ length: COUNT }, (_, number) => `${number % 5 ? 'many' : 'five'}-${number}`);
  /** A machine that has too much to do may answer 503: the submit is repeated then, with the same id. */
  const submitted = inParallel(COUNT, 20, async (number) => {
    let status = 503;
    while (status === 503) status = (await api.submit('spin', { id: ids[number] ?? '', delay: 900 })).status;
    expect([202, 409]).toContain(status);
  });
  const sorted = (names: readonly string[]) => [...names].sort();
  /** In ascending order a list ends LIST_ASC_AGE_MS (10 s) before now. */
  const allOf = async (query: Record<string, string>) => {
    await submitted;
    const listed = async () => (await api.listAll('spin', query)).length;
    await expect.poll(listed, { timeout: 20_000 }).toBe(COUNT);
    return api.listAll('spin', query);
  };

  test.each(['asc', 'desc'])(
    'list completely and without repeats in pages of 20, %s',
    async (sortOrderByTime) => {
      const tasks = await allOf({ limit: '20', sortOrderByTime });
      expect(sorted(tasks.map(({ taskId }) => taskId))).toEqual(sorted(ids));
      const times = tasks.map(({ startedTime }) => startedTime);
      const inOrder = [...times].sort((a, b) => (sortOrderByTime === 'asc' ? a - b : b - a));
      expect(times).toEqual(inOrder);
    },
    60_000,
  );

  test('list by status and by prefix', async () => {
    await submitted;
    const stopped = ids.filter((_, number) => number % 10 === 0);
    for (const id of stopped) expect((await api.stop('spin', id)).status).toBe(204);
    const idsOf = async (query: Record<string, string>) =>
      sorted((await api.listAll('spin', { limit: '20', ...query })).map(({ taskId }) => taskId));
    expect(await idsOf({ status: 'Stopped' })).toEqual(sorted(stopped));
    expect(await idsOf({ status: 'Enqueued' })).toEqual(sorted(ids.filter((id) => !stopped.includes(id))));
    expect(await idsOf({ prefix: 'five-' })).toEqual(sorted(ids.filter((id) => id.startsWith('five-'))));
    expect(await idsOf({ prefix: 'five-', status: 'Enqueued' })).toEqual(
      sorted(ids.filter((id) => id.startsWith('five-') && !stopped.includes(id))),
    );
  });

  test('list by time, with their payloads when asked', async () => {
    const all = await allOf({ limit: '100', sortOrderByTime: 'asc' });
    const [first, last] = [all[0]?.startedTime ?? 0, all.at(-1)?.startedTime ?? 0];
    const until = (end: number) =>
      api.listAll('spin', { limit: '100', startedTimeBegin: String(first), startedTimeEnd: String(end) });
    expect(await until(last)).toHaveLength(COUNT);
    expect(await until(first)).toHaveLength(all.filter(({ startedTime }) => startedTime === first).length);
    const [plain] = (await api.list('spin', { limit: '1' })).tasks;
    expect(plain).not.toHaveProperty('taskPayload');
    const [full] = (await api.list('spin', { limit: '1', includePayload: 'true' })).tasks;
    expect(full?.taskPayload).toBe('{}');
  });
});

describe('a stop', () => {
  test('of a delayed task is final: it never runs', async () => {
    const id = await api.accepted('echo', { delay: 3 });
    const response = await api.stop('echo', id);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    const stopped = await api.task('echo', id);
    expect(stopped).toMatchObject({ status: 'Stopped', destinationStatus: 'Stopped' });
    // A later task has run by when the stopped one would have.
    const later = await api.accepted('echo', { delay: 4 });
    await api.until('echo', later, 'Succeeded');
    expect(await api.task('echo', id)).toEqual(stopped);
  });

  test('of a running task is Stopping, and Stopped when its code has ended', async () => {
    const id = await api.accepted('wait', { payload: { seconds: 2 } });
    await api.until('wait', id, 'Running');
    expect((await api.stop('wait', id)).status).toBe(204);
    expect((await api.stop('wait', id)).status).toBe(204);
    expect(await api.task('wait', id)).toMatchObject({ status: 'Stopping', destinationStatus: 'Stopped' });
    const task = await api.until('wait', id, 'Stopped');
    expect(statusesOf(task)).toEqual(['Enqueued', 'Processed', 'Running', 'Stopping', 'Stopped']);
    expect((await api.stop('wait', id)).status).toBe(204);
  });

  test('of a task that has ended answers 412, telling how', async () => {
    const id = await api.accepted('echo');
    await api.until('echo', id, 'Succeeded');
    expect(await errorOf(await api.stop('echo', id))).toMatchObject({
      status: 412,
      Code: 'AsyncTaskFinished',
      Message: expect.stringContaining('with status Succeeded'),
    });
  });
});

describe('a redrive', () => {
  test('runs a stopped task again under its id', async () => {
    const id = await api.accepted('echo', { payload: 5, delay: 600 });
    await api.stop('echo', id);
    const response = await api.fetch(`/echo/async-tasks/${id}/redrive`, { method: 'POST' });
    expect(response.status).toBe(202);
    expect(response.headers.get('x-fc-async-task-id')).toBe(id);
    const task = await api.until('echo', id, 'Succeeded');
    expect(task.returnPayload).toBe('5');
    expect(statusesOf(task)).toEqual([
      'Enqueued',
      'Stopped',
      'Enqueued',
      'Processed',
      'Running',
      'Succeeded',
    ]);
    const again = await api.fetch(`/echo/async-tasks/${id}/redrive`, { method: 'POST' });
    expect(await errorOf(again)).toMatchObject({ status: 412, Code: 'RedriveNotAllowed' });
  });
});

describe('what is wrong', () => {
  const async = { 'x-fc-invocation-type': 'Async' };
  const invoke = (headers: Record<string, string>, body = '{}', path = '/echo/invocations') =>
    api.fetch(path, { method: 'POST', headers, body });

  test.each([
    [
      'an unknown invocation type',
      () => invoke({ 'x-fc-invocation-type': 'Later' }),
      400,
      'InvalidArgument',
      'x-fc-invocation-type must be one of Sync, Async, got "Later"',
    ],
    [
      'a bad id',
      () => invoke({ ...async, 'x-fc-async-task-id': '1st' }),
      400,
      'InvalidArgument',
      'got "1st"',
    ],
    [
      'a delay beyond 7 days',
      () => invoke({ ...async, 'x-fc-async-delay': '604801' }),
      400,
      'InvalidArgument',
      'from 0 to 604800, got "604801"',
    ],
    [
      'a payload that is no JSON',
      () => invoke(async, '{"a":'),
      400,
      'InvalidArgument',
      'payload must be JSON',
    ],
    [
      'a payload over 1 MiB',
      () => invoke(async, `"${'x'.repeat(1_048_576)}"`),
      400,
      'EntityTooLarge',
      'payload size exceeds maximum allowed size (1048576 bytes)',
    ],
    [
      'an unknown function',
      () => invoke(async, '{}', '/nobody/invocations'),
      404,
      'FunctionNotFound',
      "function 'nobody' does not exist.",
    ],
    [
      'a bad function name',
      () => invoke(async, '{}', '/a%20b/invocations'),
      400,
      'InvalidArgument',
      'functionName must have',
    ],
    [
      'an unknown qualifier',
      () => invoke(async, '{}', '/echo/invocations?qualifier=prod'),
      404,
      'AliasNotFound',
      'got "prod"',
    ],
    [
      'an unknown task',
      () => api.get('echo', 'nobody'),
      404,
      'AsyncTaskNotFound',
      'task "nobody" of function "echo" does not exist',
    ],
    ['an unknown task to stop', () => api.stop('echo', 'nobody'), 404, 'AsyncTaskNotFound', 'does not exist'],
    [
      'a task of an unknown function',
      () => api.get('nobody', 'x'),
      404,
      'FunctionNotFound',
      'does not exist',
    ],
    [
      'a list of an unknown function',
      () => api.fetch('/nobody/async-tasks'),
      404,
      'FunctionNotFound',
      'does not exist',
    ],
    [
      'a bad token',
      () => api.fetch('/echo/async-tasks?nextToken=zzz'),
      400,
      'InvalidArgument',
      'nextToken must be',
    ],
    [
      'a bad status',
      () => api.fetch('/echo/async-tasks?status=Done'),
      400,
      'InvalidArgument',
      'status must be one of',
    ],
    [
      'a bad limit',
      () => api.fetch('/echo/async-tasks?limit=1000'),
      400,
      'InvalidArgument',
      'from 1 to 100, got "1000"',
    ],
    [
      'times that are crossed',
      () => api.fetch('/echo/async-tasks?startedTimeBegin=2&startedTimeEnd=1'),
      400,
      'InvalidArgument',
      'startedTimeBegin must not be after startedTimeEnd',
    ],
    [
      'an unknown path',
      () => fetch(`${runtime.url}/nowhere`),
      400,
      'PathNotSupported',
      "'/nowhere' against 'GET' is not supported",
    ],
    [
      'an unknown method',
      () => api.fetch('/echo/async-tasks/x', { method: 'DELETE' }),
      400,
      'PathNotSupported',
      "against 'DELETE' is not supported",
    ],
  ])("%s is told in the contract's shape", async (_, call, status, Code, words) => {
    const response = await call();
    expect(response.headers.get('content-type')).toContain('application/json');
    const error = await errorOf(response);
    expect(error).toEqual({
      status,
      Code,
      Message: expect.stringContaining(words),
      RequestId: response.headers.get('x-fc-request-id'),
    });
  });
});
