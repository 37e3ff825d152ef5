import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { statusesOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api, runtime, lines } = await startExample();

const ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const dynamoDb = new DynamoDBClient({ ...ACCESS, endpoint: runtime.endpoints.dynamodb });
const sqs = new SQSClient({ ...ACCESS, endpoint: runtime.endpoints.sqs });
afterAll(() => {
  dynamoDb.destroy();
  sqs.destroy();
});

const { Resources } = JSON.parse(
  readFileSync(join(inject('assemblyDir'), 'TaskMode.template.json'), 'utf-8'),
);

/** What a resource of the app is called here, by the beginning of its logical id. */
function physical(logicalId: string): string {
  const found = Object.keys(Resources).find(
    (id) => id.replace(/[0-9A-F]{8}$/, '') === `TaskMode${logicalId}`,
  );
  return runtime.ref(found ?? '') ?? `no resource ${logicalId}`;
}

const sweep = async () => {
  const result = await runtime.invoke(physical('SweepFunction'), {});
  if ('functionError' in result) throw new Error(JSON.stringify(result));
  return result.payload;
};

/** Changes a row behind everybody's back: how a test lets time pass. */
function setTime(name: string, id: string, field: string, time: number) {
  return dynamoDb.send(
    new UpdateItemCommand({
      TableName: physical('TasksTable'),
      Key: marshall({ pk: `${name}#${id}` }),
      UpdateExpression: 'SET #field = :time',
      ExpressionAttributeNames: { '#field': field },
      ExpressionAttributeValues: marshall({ ':time': time }),
    }),
  );
}

const MINUTE_MS = 60_000;

// The runtime's own first run, after which the next is a minute away.
beforeAll(() =>
  vi.waitUntil(() => runtime.environmentPids('TaskModeSweepFunction').length > 0, { timeout: 15_000 }),
);

describe('the sweep', () => {
  test('has a task repeated whose process was killed, when its lease is over', async () => {
    const id = await api.accepted('wait', { payload: { seconds: 300 } });
    await api.until('wait', id, 'Running');
    process.kill(runtime.environmentPids('wait')[0] ?? 0, 'SIGKILL');
    await expect.poll(() => runtime.environmentPids('wait')).toEqual([]);
    expect(await sweep()).toMatchObject({ deadRuns: 0 });
    expect(await api.task('wait', id)).toMatchObject({ status: 'Running' });
    for (const field of ['leaseUntil', 'lookFrom']) await setTime('wait', id, field, Date.now() - MINUTE_MS);
    expect(await sweep()).toMatchObject({ deadRuns: 1 });
    await expect
      .poll(async () => statusesOf(await api.task('wait', id)), { timeout: 10_000 })
      .toEqual(['Enqueued', 'Processed', 'Running', 'Retrying', 'Running']);
    await api.stop('wait', id);
    await api.until('wait', id, 'Stopped');
    expect(lines.filter((line) => line.includes('"swept"'))).toHaveLength(1);
  });

  test('has a task run whose message is lost', async () => {
    const id = await api.accepted('echo', { payload: 7, delay: 600 });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: physical('echoQueue') }));
    await setTime('echo', id, 'notBefore', Date.now() - 3 * MINUTE_MS);
    // A task of the last minute is not looked at: this one moves back in the index.
    await dynamoDb.send(
      new UpdateItemCommand({
        TableName: physical('TasksTable'),
        Key: marshall({ pk: `echo#${id}` }),
        UpdateExpression: 'SET sortKey = :key',
        ExpressionAttributeValues: marshall({ ':key': `00${Date.now() - 3 * MINUTE_MS}#${id}` }),
      }),
    );
    expect(await sweep()).toMatchObject({ orphans: 1 });
    expect(await api.until('echo', id, 'Succeeded')).toMatchObject({ returnPayload: '7' });
  });

  test('wakes a task up that was delayed for days, when it is due', async () => {
    const id = await api.accepted('echo', { payload: 8, delay: 7 * 86_400 });
    expect(await sweep()).toMatchObject({ wokenUp: 0 });
    const dueTime = Date.now() + 1000;
    await setTime('echo', id, 'notBefore', dueTime);
    await setTime('echo', id, 'wakeTime', dueTime);
    // The runtime's own sweep of every minute may be faster than this one.
    await sweep();
    const task = await api.until('echo', id, 'Succeeded');
    expect(task.events.at(-1)?.timestamp).toBeGreaterThanOrEqual(dueTime - 1000);
  });

  test('takes a wake-up back from the dead-letter queue', async () => {
    const id = await api.accepted('echo', { payload: 9, delay: 900 });
    await sqs.send(new PurgeQueueCommand({ QueueUrl: physical('echoQueue') }));
    await setTime('echo', id, 'notBefore', Date.now());
    const letter = JSON.stringify({ functionName: 'echo', taskId: id });
    const queueUrl = physical('echoDeadLetterQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: letter }));
    expect(await sweep()).toMatchObject({ deadLetters: 1 });
    expect(await api.until('echo', id, 'Succeeded')).toMatchObject({ returnPayload: '9' });
  });
});
