import { describe, expect, test } from 'vitest';
import { errorOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api } = await startExample();

const BUSY = { timeout: 20_000 };

describe('GetAsyncTask with wait', () => {
  const wait = async (name: string, id: string, seconds: number | string) => {
    const startTime = performance.now();
    const response = await api.fetch(`/${name}/async-tasks/${id}?wait=${seconds}`);
    return { response, tookMs: performance.now() - startTime };
  };

  test('answers when the task ends, long before its time is up', async () => {
    const id = await api.accepted('wait', { payload: { seconds: 1 } });
    const { response, tookMs } = await wait('wait', id, 20);
    expect(await response.json()).toMatchObject({
      taskId: id,
      status: 'Succeeded',
      returnPayload: expect.anything(),
    });
    expect(tookMs).toBeLessThan(15_000);
  });

  test('answers the task as it is when its time is up', async () => {
    const id = await api.accepted('echo', { delay: 600 });
    const { response, tookMs } = await wait('echo', id, 1);
    expect(await response.json()).toMatchObject({ status: 'Enqueued', endTime: 0 });
    expect(tookMs).toBeGreaterThan(950);
  });

  test.each(['26', '-1', '1.5', 'x', ''])('refuses to wait for "%s"', async (seconds) => {
    const { response } = await wait('echo', 'any', seconds);
    expect(await errorOf(response)).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: expect.stringContaining('wait must be'),
    });
  });
});

describe('SubmitAsyncTasks', () => {
  const batch = (name: string, tasks: unknown) =>
    api.fetch(`/${name}/async-tasks`, { method: 'POST', body: JSON.stringify({ tasks }) });

  test('accepts many tasks at once, each runs, and a repetition runs none a second time', async () => {
    const tasks = Array.from({ length: 30 }, (_, n) => ({ taskId: `batch-${n}`, payload: { n } }));
    // A busy machine's 503 is repeated, as a client would.
    await expect
      .poll(async () => {
        const answers = ((await (await batch('echo', tasks)).json()) as { tasks: { statusCode: number }[] })
          .tasks;
        return answers.every(({ statusCode }) => statusCode === 202 || statusCode === 409);
      }, BUSY)
      .toBe(true);
    for (const n of [0, 29]) {
      const task = await api.until('echo', `batch-${n}`, 'Succeeded');
      expect(task).toMatchObject({ taskPayload: `{"n":${n}}`, returnPayload: `{"n":${n}}` });
    }
    const { tasks: again } = (await (await batch('echo', tasks)).json()) as { tasks: object[] };
    expect(again).toEqual(
      tasks.map(({ taskId }) =>
        expect.objectContaining({
          taskId,
          statusCode: 409,
          Code: 'AsyncTaskAlreadyExists',
          isSamePayload: true,
        }),
      ),
    );
  });

  test('answers each task for itself, and refuses what is no batch', async () => {
    const response = await batch('echo', [{ taskId: 'batch-0' }, { taskId: '-' }, { taskId: 'batch-new' }]);
    expect(await response.json()).toMatchObject({
      tasks: [
        { taskId: 'batch-0', statusCode: 409, status: expect.any(String), isSamePayload: false },
        { taskId: '-', statusCode: 400, Code: 'InvalidArgument' },
        { taskId: 'batch-new', statusCode: 202 },
      ],
    });
    expect(await errorOf(await batch('echo', []))).toMatchObject({ status: 400, Code: 'InvalidArgument' });
    expect(await errorOf(await batch('nobody', [{}]))).toMatchObject({
      status: 404,
      Code: 'FunctionNotFound',
    });
  });
});

test('ListFunctions counts the tasks of each, page by page', async () => {
  await api.accepted('flaky', { id: 'counted', delay: 900 });
  const list = async (query: string) => (await api.fetch(`?${query}`)).json();
  expect(await list('prefix=fla')).toEqual({
    functions: [
      {
        functionName: 'flaky',
        functionArn: expect.stringMatching(/^arn:aws:lambda:/),
        asyncTask: true,
        tasksAtOnce: 100,
        counts: expect.objectContaining({ Enqueued: 1, Running: 0, Failed: 0 }),
        countsAtLeast: [],
        queue: { visible: 0, inFlight: 0, delayed: 1 },
      },
    ],
  });
  const first = (await list('limit=1')) as { functions: object[]; nextToken: string };
  expect(first.functions).toHaveLength(1);
  expect(await list(`limit=1&nextToken=${first.nextToken}`)).toMatchObject({
    functions: [expect.anything()],
  });
  expect(await errorOf(await api.fetch('?prefix=a%20b'))).toMatchObject({ status: 400 });
});

describe('ExplainAsyncTask', () => {
  const explain = async (name: string, id: string) =>
    (await api.fetch(`/${name}/async-tasks/${id}/explain`)).json();

  test('says why a task waits, runs, or has ended', async () => {
    const delayed = await api.accepted('echo', { delay: 600 });
    const { startedTime } = await api.task('echo', delayed);
    expect(await explain('echo', delayed)).toMatchObject({
      taskId: delayed,
      status: 'Enqueued',
      reason: 'Delayed',
      until: startedTime + 600_000,
      message: expect.any(String),
    });
    const running = await api.accepted('wait', { payload: { seconds: 30 } });
    await api.until('wait', running, 'Running');
    expect(await explain('wait', running)).toMatchObject({ reason: 'Running', until: expect.any(Number) });
    await api.stop('wait', running);
    const done = await api.accepted('echo');
    await api.until('echo', done, 'Succeeded');
    expect(await explain('echo', done)).toMatchObject({ reason: 'Ended', status: 'Succeeded' });
  });

  test('knows no task that there is not', async () => {
    expect(await errorOf(await api.fetch('/echo/async-tasks/nowhere/explain'))).toMatchObject({
      status: 404,
      Code: 'AsyncTaskNotFound',
    });
  });
});

describe('bulk jobs', () => {
  interface Job {
    readonly bulkJobId: string;
    readonly status: string;
    readonly done: number;
  }

  const post = (name: string, body: object) =>
    api.fetch(`/${name}/bulk-jobs`, { method: 'POST', body: JSON.stringify(body) });

  const ended = async (name: string, id: string) => {
    const read = async () => (await (await api.fetch(`/${name}/bulk-jobs/${id}`)).json()) as Job;
    await expect.poll(async () => (await read()).status, BUSY).not.toMatch(/Pending|Running|Stopping/);
    return read();
  };

  const submitMany = async (name: string, ids: readonly string[]) => {
    for (let start = 0; start < ids.length; start += 50) {
      const tasks = ids.slice(start, start + 50).map((taskId) => ({ taskId, delaySeconds: 900 }));
      const body = JSON.stringify({ tasks });
      await expect
        .poll(async () => {
          const answer = await api.fetch(`/${name}/async-tasks`, { method: 'POST', body });
          const outcomes = ((await answer.json()) as { tasks: { statusCode: number }[] }).tasks;
          return outcomes.every(({ statusCode }) => statusCode === 202 || statusCode === 409);
        }, BUSY)
        .toBe(true);
    }
  };

  test('stop exactly the tasks that a filter finds, then redrive them', async () => {
    const night = Array.from({ length: 200 }, (_, n) => `night-${n}`);
    const neighbours = ['nigh-1', 'morning-1'];
    await submitMany('echo', [...night, ...neighbours]);
    const before = await Promise.all(neighbours.map((id) => api.task('echo', id)));
    const order = { action: 'Stop', filter: { prefix: 'night-', status: ['Enqueued'] } };
    const preview = await post('echo', { ...order, dryRun: true });
    expect(await preview.json()).toEqual({
      ...order,
      ...{ matched: 200, countsByStatus: { Enqueued: 200 }, isComplete: true },
    });
    const started = await post('echo', { ...order, bulkJobId: 'stop-nights', reason: 'too many' });
    expect(started.status).toBe(202);
    expect(await ended('echo', 'stop-nights')).toMatchObject({
      ...order,
      ...{ status: 'Succeeded', matched: 200, done: 200, unchanged: 0, refused: 0, errors: [] },
      ...{ reason: 'too many', caller: expect.stringMatching(/^arn:aws:/) },
    });
    const stopped = await api.listAll('echo', { prefix: 'night-', status: 'Stopped', limit: '100' });
    expect(stopped).toHaveLength(200);
    for (const { events } of stopped) {
      expect(events.at(-1)?.eventDetail).toBe('{"bulkJobId":"stop-nights"}');
    }
    expect(await Promise.all(neighbours.map((id) => api.task('echo', id)))).toEqual(before);
    const again = (await (
      await post('echo', { action: 'Redrive', filter: { prefix: 'night-1' } })
    ).json()) as Job;
    expect(await ended('echo', again.bulkJobId)).toMatchObject({ status: 'Succeeded', done: 111 });
    await api.until('echo', 'night-1', 'Succeeded');
    expect(await api.task('echo', 'night-2')).toMatchObject({ status: 'Stopped' });
    const list = await (await api.fetch('/echo/bulk-jobs?limit=1')).json();
    expect(list).toMatchObject({ bulkJobs: [{ bulkJobId: again.bulkJobId }], nextToken: expect.any(String) });
  }, 120_000);

  test('are refused for what is no order of one', async () => {
    const refusals: [object, string][] = [
      [{ action: 'Delete', filter: {} }, 'action must be one of Stop, Redrive, got "Delete"'],
      [{ action: 'Stop' }, 'filter must be a JSON object'],
      [
        { action: 'Stop', filter: { status: ['Enqueued', 'Succeeded'] } },
        'filter.status.1 must be one of Enqueued, Processed, Running, Retrying for action Stop, got "Succeeded"',
      ],
      [{ action: 'Stop', filter: {}, maxTasks: 100_001 }, 'maxTasks must be a whole number'],
      [{ action: 'Stop', filter: {}, dryrun: true }, 'body must have no fields but'],
    ];
    for (const [body, message] of refusals) {
      expect(await errorOf(await post('echo', body))).toMatchObject({
        ...{ status: 400, Code: 'InvalidArgument', Message: expect.stringContaining(message) },
      });
    }
    expect(await errorOf(await post('nobody', { action: 'Stop', filter: {} }))).toMatchObject({
      status: 404,
    });
  });
});
