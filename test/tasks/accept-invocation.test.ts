import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { s3Client } from '../../lambdas/aws/clients.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { BUCKET } from '../aws/engines.ts';
import { startInvocationWorld } from './invocation-world.ts';

const world = await startInvocationWorld();
const { accept, messages, rows, take, time } = world;

const NONE = { visible: 0, delayed: 0, inFlight: 0 };

test('with task mode off it is one message with all there is, and no row', async () => {
  expect(await accept({ payload: '{"a": "\ufffe\\u0000"}' })).toBeUndefined();
  expect(await rows()).toEqual([]);
  expect((await take())?.invocation).toEqual({
    functionName: 'loose',
    invocationId: expect.stringMatching(/^i-[0-9a-f-]{36}$/),
    requestId: 'request-1',
    tenant: 'tenant-1',
    submitTime: time.now,
    dueTime: time.now,
    startDeadline: time.now + 3_600_000,
    attempt: 0,
    payload: { text: '{"a": "\ufffe\\u0000"}' },
    config: {
      maxAsyncRetryAttempts: 2,
      maxAsyncEventAgeInSeconds: 3600,
      destinations: world.toldFunction.defaults.destinations,
    },
  });
  expect(await take()).toBeUndefined();
});

test('with task mode on it is a task', async () => {
  expect(
    await accept({ functionName: 'echo', taskId: 'a-task', taskFields: { 'x-fc-async-task-id': 'a-task' } }),
  ).toEqual({
    functionName: 'echo',
    taskId: 'a-task',
  });
  expect(await world.read({ functionName: 'echo', taskId: 'a-task' })).toMatchObject({ status: 'Enqueued' });
});

test('what was put at run time decides', async () => {
  await world.register('echo', { runtimeConfig: { asyncTask: false, createdTime: 0, lastModifiedTime: 0 } });
  world.registry.forget('echo');
  expect(await accept({ functionName: 'echo' })).toBeUndefined();
  expect(await rows()).toEqual([]);
});

test('a large payload is kept in S3, and the message says where', async () => {
  const payload = JSON.stringify('"'.repeat(50_000));
  await accept({ payload });
  const { payload: stored } = (await take())?.invocation ?? {};
  expect(stored).toEqual({ objectKey: expect.stringMatching(/^payloads\/loose\/i-[0-9a-f-]{36}\/payload$/) });
  const Key = stored && 'objectKey' in stored ? stored.objectKey : '';
  const { Body } = await (await s3Client()).send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  expect(await Body?.transformToString()).toBe(payload);
});

test('a payload of 128 KB less its quotes stays in the message', async () => {
  const payload = JSON.stringify('x'.repeat(128 * 1024 - 6));
  await accept({ payload });
  expect((await take())?.invocation.payload).toEqual({ text: payload });
});

test('a delay is the delay of the message, and the age counts from its end', async () => {
  await accept({ delaySeconds: 900 });
  expect(await messages()).toEqual({ ...NONE, delayed: 1 });
});

test.each([
  [
    'a delay that no message can have',
    { delaySeconds: 901 },
    'InvalidArgument',
    'x-fc-async-delay must be at most 900: task mode is off for function "loose", and a message can be delayed no longer, got "901"',
  ],
  [
    'an id, under which nothing would be recorded',
    { taskFields: { 'x-fc-async-task-id': 'mine' } },
    'InvalidArgument',
    'x-fc-async-task-id must be absent: task mode is off for function "loose", so that nothing is recorded under an id, got "mine"',
  ],
  [
    'a wish about duplicates, which nobody could tell',
    { taskFields: { 'x-task-mode-on-duplicate': 'return' } },
    'InvalidArgument',
    'x-task-mode-on-duplicate must be absent',
  ],
  ['a payload that is no JSON', { payload: '{' }, 'InvalidArgument', 'payload must be JSON'],
  ['a payload over 1 MiB', { payload: `"${'x'.repeat(1_048_576)}"` }, 'EntityTooLarge', '1048576 bytes'],
  ['an unknown function', { functionName: 'nobody' }, 'FunctionNotFound', 'does not exist'],
])('%s is refused, and nothing is sent', async (_, request, code, words) => {
  await expect(accept(request)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
  expect(await messages()).toEqual(NONE);
});

test('that AWS did not take it is told as what it is: nothing tells a repetition from another', async () => {
  class FailingQueue extends TaskQueue {
    override async sendInvocation(): Promise<void> {
      throw new TaskModeError('ServiceUnavailable', 'Repeating it with the same task id is safe.');
    }
  }
  const queue = new FailingQueue({ client: world.sqs });
  await expect(accept({}, { queue })).rejects.toMatchObject({
    code: 'ServiceUnavailable',
    message: expect.stringContaining('a repetition may run the function twice'),
  });
});

test('follows a function whose queue was replaced within the last seconds', async () => {
  const defaults = { ...world.toldFunction.defaults, asyncTask: false };
  await world.register('moved', { defaults, queueUrl: world.queueUrl.replace('/echo', '/gone') });
  await world.registry.find('moved', time.now);
  await world.register('moved', { defaults });
  await accept({ functionName: 'moved' });
  expect((await take())?.invocation.functionName).toBe('moved');
});
