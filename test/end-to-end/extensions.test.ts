import { describe, expect, test } from 'vitest';
import { errorOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api } = await startExample();

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
