import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { NOTHING, startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { submit, read, messages, purge, sweep, putDeadLetter, deadLetters, time } = world;

test('a dead letter of a task that waits is a fresh wake-up, and the task has lost nothing', async () => {
  const key = await submit();
  await purge();
  await putDeadLetter(key);
  const before = await read(key);
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1 });
  expect(await deadLetters()).toBe(0);
  expect(await read(key)).toEqual(before);
  expect(await world.receive()).toMatchObject({ key });
});

test('of one that is not due yet comes when it is', async () => {
  const key = await submit({ delaySeconds: 600 });
  await purge();
  await putDeadLetter(key);
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1 });
  expect(await messages()).toEqual({ visible: 0, delayed: 1, inFlight: 0 });
});

test('of one that was not started in time makes it Expired', async () => {
  const key = await submit();
  await purge();
  await putDeadLetter(key);
  time.now += 3600_000 + 1;
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1, expired: 1 });
  expect(await read(key)).toMatchObject({ status: 'Expired' });
  expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test.each([
  [
    'that has ended',
    async () => {
      const key = await submit();
      await world.deliver(key);
      return key;
    },
  ],
  ['that does not exist', async () => ({ functionName: 'echo', taskId: 'nobody' })],
  ['of another function', async () => submit({ functionName: 'stubborn' })],
  ['that the sweep will wake up', async () => submit({ delaySeconds: 7200 })],
  ['that is none', async () => 'hello'],
])('of a task %s is dropped', async (_, make) => {
  const body = await make();
  await purge();
  await putDeadLetter(body);
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1 });
  expect(await deadLetters()).toBe(0);
  expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('takes all that are there, several of one task too', async () => {
  const keys = await Promise.all(Array.from({ length: 12 }, () => submit()));
  await purge();
  for (const key of [...keys, ...keys]) await putDeadLetter(key);
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 24 });
  expect(await deadLetters()).toBe(0);
});

test('stays where it is while no wake-up can be sent', async () => {
  await world.register('echo', { queueUrl: world.queueUrl.replace('/echo', '/gone') });
  const key = { functionName: 'echo', taskId: (await submit({ functionName: 'stubborn' })).taskId };
  const task = await read({ ...key, functionName: 'stubborn' });
  if (task) await world.put([{ ...task, ...key }]);
  await putDeadLetter(key);
  expect((await world.report()).counts).toEqual(NOTHING);
  expect(await deadLetters()).toBe(1);
  await world.register('echo');
  const hidden = new ReceiveMessageCommand({ QueueUrl: world.deadLetterQueueUrl });
  expect((await world.sqs.send(hidden)).Messages).toBeUndefined();
});
