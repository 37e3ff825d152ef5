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
