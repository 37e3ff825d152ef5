import { beforeEach, describe, expect, test } from 'vitest';
import { submitTriggered, type TriggeredRequest } from '../../lambdas/tasks/submit-triggered.ts';
import { startWorld, succeed } from './world.ts';

const world = await startWorld();
const { read, messages, purge, deliver, time } = world;

beforeEach(async () => {
  await purge();
});

const request = (taskId: string, overrides: Partial<TriggeredRequest> = {}): TriggeredRequest => ({
  trigger: 'Uploads',
  functionName: 'echo',
  taskId,
  delaySeconds: 0,
  payload: { key: 'a.jpg' },
  requestId: 'message-1',
  ...overrides,
});

const submit = (of: TriggeredRequest) => submitTriggered(world, of);

describe('the task of an event', () => {
  test('is accepted with its payload, under the trigger as caller and tenant', async () => {
    const key = await submit(request('Uploads-1', { delaySeconds: 30 }));
    expect(await read(key)).toMatchObject({
      status: 'Enqueued',
      payload: { text: '{"key":"a.jpg"}' },
      caller: 'trigger/Uploads',
      tenant: 'trigger/Uploads',
      requestId: 'message-1',
      dueTime: time.now + 30_000,
    });
    expect(await messages()).toMatchObject({ delayed: 1 });
  });

  test('is one task however often the event is delivered: before it runs, at once, and after it', async () => {
    const first = request('Uploads-thrice');
    const submissions = await Promise.all([submit(first), submit({ ...first, requestId: 'message-2' })]);
    expect(submissions.filter(({ existing }) => existing)).toHaveLength(1);
    expect(await messages()).toMatchObject({ visible: 1 });
    const key = { functionName: 'echo', taskId: 'Uploads-thrice' };
    let runs = 0;
    await deliver(key, async () => {
      runs += 1;
      return succeed();
    });
    const ended = await read(key);
    // The third time another payload: what was accepted first holds.
    const third = await submit({ ...first, payload: { key: 'b.jpg' }, requestId: 'message-3' });
    expect(third.existing).toMatchObject({ status: 'Succeeded', isSamePayload: false });
    expect(await read(key)).toEqual(ended);
    expect(runs).toBe(1);
    expect(ended?.attempt).toBe(1);
  });

  test('whose wake-up was lost gets it by the next delivery', async () => {
    const first = request('Uploads-lost');
    await submit(first);
    await purge();
    time.now += 60_000;
    await submit(first);
    expect(await messages()).toMatchObject({ visible: 1 });
  });

  test('is refused by name where there is no such function, and leaves no row', async () => {
    await expect(submit(request('Uploads-gone', { functionName: 'gone' }))).rejects.toMatchObject({
      code: 'FunctionNotFound',
    });
    expect(await read({ functionName: 'gone', taskId: 'Uploads-gone' })).toBeUndefined();
    expect(await messages()).toMatchObject({ visible: 0, delayed: 0 });
  });
});
