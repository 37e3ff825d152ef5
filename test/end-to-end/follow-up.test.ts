import { expect, inject, test } from 'vitest';
import { queuesOf } from './queues.ts';
import { startExample } from './runtime.ts';

const assemblyDir = inject('unrulyAssemblyDir');
const { api, runtime } = await startExample({ assemblyDir });

const { next } = queuesOf(runtime, assemblyDir);

test('a queue is told of a task that succeeded', async () => {
  const id = await api.accepted('told', {
    payload: { seconds: 0 },
    headers: { 'x-fc-request-id': 'ask-1' },
  });
  const { body, id: followUpId } = await next('Successes');
  const { endTime, returnPayload } = await api.task('told', id);
  expect(followUpId).toMatch(new RegExp(`^told/${id}/[0-9a-f]{32}/1/Succeeded$`));
  expect(body).toEqual({
    timestamp: endTime,
    requestContext: {
      requestId: 'ask-1',
      functionArn: expect.stringMatching(/^arn:aws:lambda:.*told/),
      condition: '',
      approximateInvokeCount: 1,
      functionName: 'told',
      taskId: id,
      status: 'Succeeded',
      series: 1,
      followUpId,
    },
    requestPayload: '{"seconds":0}',
    responseContext: { statusCode: 200, functionError: '' },
    responsePayload: returnPayload,
  });
});

test('a queue is told of a task that was killed at its time-out, and of its second series as well', async () => {
  const id = await api.accepted('told', { payload: { does: 'spin', seconds: 600 } });
  const first = await next('Failures');
  expect(first.body).toMatchObject({
    requestContext: { taskId: id, status: 'Failed', condition: 'UnhandledInvocationError', series: 1 },
    responseContext: { functionError: 'UnhandledInvocationError' },
  });
  expect(JSON.parse(first.body.responsePayload)).toMatchObject({ errorType: 'Task.TimedOut' });
  expect((await api.fetch(`/told/async-tasks/${id}/redrive`, { method: 'POST' })).status).toBe(202);
  const second = await next('Failures');
  expect(second.body.requestContext).toMatchObject({ taskId: id, series: 2 });
  expect(second.id).not.toBe(first.id);
});

test('no queue is told of a task that was stopped', async () => {
  const stopped = await api.accepted('told', { payload: {}, delay: 600 });
  expect((await api.stop('told', stopped)).status).toBe(204);
  const id = await api.accepted('told', { payload: {} });
  expect((await next('Successes')).body.requestContext.taskId).toBe(id);
});

test('by default, no webhook is connected to on the machine itself', async () => {
  const id = await api.accepted('told-here', { payload: {} });
  const destination = async () => ((await api.task('told-here', id)) as { destination?: object }).destination;
  await expect.poll(destination, { timeout: 15_000 }).toEqual({
    destination: 'https://localhost:9/',
    state: 'Pending',
    attempts: 1,
    lastError: 'its host has an address that is not public',
  });
});
