import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import type { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { parseBulkJobMessage } from '../../lambdas/aws/message.ts';
import { newBulkJob } from '../../lambdas/domain/bulk-job.ts';
import { BULK_LEASE_MS, BULK_WAKE_AFTER_MS, BULK_WAKE_REPEAT_MS } from '../../lambdas/domain/limits.ts';
import { NOTHING, startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { time, sweep, sqs } = world;
const jobs = world.dependencies.jobs as BulkJobStore;

const create = async (bulkJobId: string) => {
  const order = { functionName: 'echo', action: 'Stop', filter: {}, maxTasks: 1 } as const;
  const job = newBulkJob({ ...order, bulkJobId, now: time.now, wakeTime: time.now + BULK_WAKE_AFTER_MS });
  await jobs.create(job, time.now);
  return job;
};

/** The jobs that messages are there for, which are taken. */
const woken = async () => {
  const QueueUrl = world.dependencies.bulkJobQueueUrl;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body = '' }) => parseBulkJobMessage(Body)?.bulkJobId);
};

test('a job whose message was lost has another one sent, a minute later and then every ten', async () => {
  await create('lost');
  time.now += BULK_WAKE_AFTER_MS - 1;
  expect(await sweep()).toEqual(NOTHING);
  time.now += 1;
  expect(await sweep()).toEqual({ ...NOTHING, bulkJobs: 1 });
  expect(await woken()).toEqual(['lost']);
  time.now += BULK_WAKE_REPEAT_MS - 1;
  expect(await sweep()).toEqual(NOTHING);
  time.now += 1;
  expect(await sweep()).toEqual({ ...NOTHING, bulkJobs: 1 });
  expect(await woken()).toEqual(['lost']);
});

test('a job that is worked on is left alone until its worker is taken for dead', async () => {
  const job = await create('claimed');
  await jobs.claim(job, 'worker', time.now);
  time.now += BULK_LEASE_MS + BULK_WAKE_AFTER_MS - 1;
  expect(await sweep()).toEqual(NOTHING);
  time.now += 1;
  expect(await sweep()).toEqual({ ...NOTHING, bulkJobs: 1 });
  expect(await woken()).toEqual(['claimed']);
});

test('a job that has ended is never woken', async () => {
  const job = await create('ended');
  await jobs.requestStop(job, 'somebody', time.now);
  time.now += 86_400_000;
  expect(await sweep()).toEqual(NOTHING);
  expect(await woken()).toEqual([]);
});

test('two sweeps at once wake a job, and the second wakes no other', async () => {
  await create('one');
  time.now += BULK_WAKE_AFTER_MS;
  await Promise.all([sweep(), sweep()]);
  expect(new Set(await woken())).toEqual(new Set(['one']));
  expect(await sweep()).toEqual(NOTHING);
});
