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

const INVOCATION = {
  functionName: 'echo',
  invocationId: 'i-1',
  requestId: 'r',
  tenant: 'tenant-1',
  submitTime: 1,
  dueTime: 1,
  startDeadline: 9_999_999_999_999,
  attempt: 0,
  payload: { text: '1' },
  config: { maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 },
};

test('an invocation without a record in a dead-letter queue is sent to its function again', async () => {
  await putDeadLetter({ invocation: INVOCATION });
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1 });
  expect(await messages()).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
  expect(world.dropped).toEqual([]);
});

test.each<[string, unknown]>([
  ['a payload of null', { payload: null }],
  ['a payload of another function', { payload: { objectKey: 'payloads/stubborn/x' } }],
  ['a config of null', { config: null }],
  ['a destination that is no text', { config: { ...INVOCATION.config, destinations: { onFailure: {} } } }],
  ['a start deadline that is no number', { startDeadline: 'soon' }],
  ['an attempt below zero', { attempt: -1 }],
  ['a tenant that SQS refuses', { tenant: 'a b' }],
  ['a function of another name', { functionName: 'stubborn' }],
  ['an id that is no text', { invocationId: 7 }],
])(
  'an invocation in a dead-letter queue with %s is dropped, and the log names queue and reason',
  async (_, fields) => {
    await putDeadLetter({ invocation: { ...INVOCATION, ...(fields as object) } });
    expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 1 });
    expect(await messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    expect(await deadLetters()).toBe(0);
    expect(world.dropped).toEqual([
      {
        queueUrl: world.deadLetterQueueUrl,
        reasons: expect.toSatisfy((reasons) => Object.values(reasons)[0] === 1),
      },
    ]);
  },
);

test('dead letters that are none of ours are logged in one line a run and queue', async () => {
  for (const body of ['hello', null, 7, [], { functionName: 'echo', taskId: '#' }]) await putDeadLetter(body);
  await putDeadLetter({ functionName: 'stubborn', taskId: 't' });
  expect(await sweep()).toEqual({ ...NOTHING, deadLetters: 6 });
  expect(world.dropped).toEqual([
    {
      queueUrl: world.deadLetterQueueUrl,
      reasons: { 'neither the key of a task nor an invocation': 5, 'a task of another function': 1 },
    },
  ]);
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
