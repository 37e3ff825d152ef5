import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test } from 'vitest';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { statusesOf } from './api.ts';
import { startExample, temporaryFolder } from './runtime.ts';

const assemblyDir = temporaryFolder('assembly');
await synthesize({
  appDir: resolve('test/end-to-end/triggers-app'),
  outDir: assemblyDir,
  region: 'us-east-1',
  accountId: '000000000000',
  log: () => undefined,
  verbose: false,
});
const { api, runtime, lines } = await startExample({ assemblyDir });

const { Resources } = JSON.parse(readFileSync(join(assemblyDir, 'Triggers.template.json'), 'utf-8'));

/** What Ref of a resource gives, by its logical id without its hash. */
const ref = (name: string) =>
  runtime.ref(Object.keys(Resources).find((id) => id.replace(/[0-9A-F]{8}$/, '') === name) ?? '') ?? '';

const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const sqs = new SQSClient({ ...common, endpoint: runtime.endpoints.sqs });
const s3 = new S3Client({ ...common, endpoint: runtime.endpoints.s3, forcePathStyle: true });
const events = new EventBridgeClient({ ...common, endpoint: runtime.endpoints.eventBridge });
afterAll(() => {
  for (const client of [sqs, s3, events]) client.destroy();
});

/** The only task of a trigger, when it has succeeded. */
async function onlyTask(name: string, prefix: string) {
  await expect.poll(async () => (await api.listAll(name, { prefix })).length, { timeout: 15_000 }).toBe(1);
  const [task] = await api.listAll(name, { prefix });
  return api.until(name, task?.taskId ?? '', 'Succeeded');
}

describe('an object that is put into a bucket', () => {
  test('is a task, with the parts of its event as payload', async () => {
    const Bucket = ref('Uploads');
    for (const Key of ['films/holiday.mov', 'films/notes.txt']) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    const task = await onlyTask('encode', 'Uploaded-');
    expect(JSON.parse(task.returnPayload ?? '')).toEqual({ bucket: Bucket, key: 'films/holiday.mov' });
    expect(task.taskId).toMatch(/^Uploaded-[0-9a-f-]{36}$/);
  });
});

describe('an event', () => {
  test('that is delivered seven times is one task, which runs once', async () => {
    const { Entries = [] } = await events.send(
      new PutEventsCommand({
        Entries: [
          { EventBusName: 'orders', Source: 'shop', DetailType: 'Ordered', Detail: '{"order":7}' },
          { EventBusName: 'orders', Source: 'elsewhere', DetailType: 'Ordered', Detail: '{"order":8}' },
        ],
      }),
    );
    const id = Entries[0]?.EventId ?? '';
    const body = JSON.stringify({
      trigger: 'Ordered',
      occurrence: id,
      functionName: 'encode',
      delaySeconds: 1,
      payload: { order: 'again' },
    });
    const queueUrl = ref('TaskModeTriggersQueue');
    const submit = () =>
      runtime.invoke(ref('TaskModeTriggersSubmit'), { Records: [{ messageId: 'm', body, attributes: {} }] });
    const send = () => sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
    const answers = await Promise.all([submit(), submit(), submit(), send(), send()]);
    expect(answers.slice(0, 3)).toMatchObject(Array(3).fill({ payload: { batchItemFailures: [] } }));
    const task = await onlyTask('encode', 'Ordered-');
    expect(await submit()).toMatchObject({ payload: { batchItemFailures: [] } });
    expect(task.taskId).toBe(`Ordered-${id}`);
    const waits = async () => {
      const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
      const { Attributes = {} } = await sqs.send(command);
      return (
        Number(Attributes.ApproximateNumberOfMessages) +
        Number(Attributes.ApproximateNumberOfMessagesNotVisible)
      );
    };
    await expect.poll(waits, { timeout: 15_000 }).toBe(0);
    expect(statusesOf(await api.task('encode', task.taskId))).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Succeeded',
    ]);
    expect(await api.listAll('encode', { prefix: 'Ordered-' })).toHaveLength(1);
  });

  test('that is none of a trigger stays in the queue, beside those that are', async () => {
    const record = (messageId: string, body: object) => ({
      messageId,
      body: JSON.stringify(body),
      attributes: {},
    });
    const request = { trigger: 'ByHand', occurrence: '1', functionName: 'encode', delaySeconds: 0 };
    const answer = await runtime.invoke(ref('TaskModeTriggersSubmit'), {
      Records: [
        record('foreign', { hello: 'world' }),
        record('ours', request),
        record('gone', { ...request, functionName: 'gone' }),
      ],
    });
    expect(answer).toMatchObject({
      payload: { batchItemFailures: [{ itemIdentifier: 'foreign' }, { itemIdentifier: 'gone' }] },
    });
    const task = await api.until('encode', 'ByHand-1', 'Succeeded');
    expect(task.returnPayload).toBe('{}');
    expect(lines.join('\n')).toContain('no message of a trigger: trigger');
  });
});

test('a scheduled time is a task under its name, with that time as payload', async () => {
  const { taskId, returnPayload } = await onlyTask('report', 'Hourly-');
  const { scheduledTime } = JSON.parse(returnPayload ?? '{}');
  expect(scheduledTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(taskId).toBe(`Hourly-${scheduledTime.replaceAll(':', '')}`);
  expect(await api.listAll('report', { prefix: 'Nightly-' })).toEqual([]);
});
