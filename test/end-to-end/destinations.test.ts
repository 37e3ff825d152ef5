import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { bodyOf, serve } from '../aws/receivers.ts';
import { errorOf } from './api.ts';
import { startExample, temporaryFolder } from './runtime.ts';

interface Hook {
  readonly url: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Every request that the receiver of webhooks got, which has no TLS. */
const hooks: Hook[] = [];
const answer = { status: 204 };
const hookUrl = await serve(async (request, response) => {
  const headers = request.headers as Record<string, string>;
  hooks.push({ url: request.url, headers, body: await bodyOf(request) });
  response.writeHead(answer.status).end();
});

const assemblyDir = temporaryFolder('assembly');
const TOKEN = 'e2e-token-4f1e9c8d';
process.env.HOOK_URL = `${hookUrl}/hook?token=${TOKEN}`;
await synthesize({
  appDir: resolve('test/end-to-end/destinations-app'),
  outDir: assemblyDir,
  region: 'us-east-1',
  accountId: '000000000000',
  // What `task-mode dev --allow-local-webhooks` says.
  context: { 'task-mode:allow-local-webhooks': 'true' },
  log: () => undefined,
  verbose: false,
});
const { api, runtime, lines } = await startExample({ assemblyDir });

const { Resources } = JSON.parse(readFileSync(join(assemblyDir, 'Destinations.template.json'), 'utf-8'));

/** What Ref of a resource gives, by the beginning of its logical id. */
const ref = (name: string) =>
  runtime.ref(Object.keys(Resources).find((id) => id.replace(/[0-9A-F]{8}$/, '') === name) ?? '');

const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const sqs = new SQSClient({ ...common, endpoint: runtime.endpoints.sqs });
const secretsManager = new SecretsManagerClient({ ...common, endpoint: runtime.endpoints.secretsManager });
afterAll(() => {
  sqs.destroy();
  secretsManager.destroy();
});

beforeEach(() => {
  answer.status = 204;
  hooks.length = 0;
});

/** Waits for the next message of a queue, and removes it. */
async function next(queue: string) {
  const QueueUrl = ref(queue);
  const command = new ReceiveMessageCommand({
    QueueUrl,
    WaitTimeSeconds: 10,
    MessageAttributeNames: ['All'],
  });
  const { Messages: [message] = [] } = await sqs.send(command);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  return { id: message?.MessageAttributes?.followUpId?.StringValue, body: JSON.parse(message?.Body ?? '{}') };
}

const delivery = async (name: string, id: string) =>
  ((await api.task(name, id)) as { destination?: object }).destination;

/** Waits until a task says how its destination stands. */
const delivered = (name: string, id: string) => expect.poll(() => delivery(name, id), { timeout: 15_000 });

async function secretValue(): Promise<string> {
  const { SecretString = '' } = await secretsManager.send(
    new GetSecretValueCommand({ SecretId: ref('Hook') }),
  );
  return SecretString;
}

describe('of a success is told', () => {
  test('the queue that is subscribed to a topic', async () => {
    const id = await api.accepted('told-topic', { payload: { n: 1 } });
    const { id: followUpId, body } = await next('ByTopic');
    expect(body).toMatchObject({
      requestContext: { taskId: id, functionName: 'told-topic', status: 'Succeeded', followUpId },
      requestPayload: '{"n":1}',
      responsePayload: '{"n":1}',
    });
    await delivered('told-topic', id).toEqual({
      destination: ref('Topic'),
      state: 'Delivered',
      attempts: 1,
    });
  });

  test('a function, which runs', async () => {
    const id = await api.accepted('told-function', { payload: { n: 2 } });
    const told = () =>
      lines.filter((line) => line.startsWith('Receiver | {')).map((line) => JSON.parse(line.slice(11)));
    await expect
      .poll(told, { timeout: 15_000 })
      .toMatchObject([{ requestContext: { taskId: id }, responsePayload: '{"n":2}' }]);
    await delivered('told-function', id).toMatchObject({ state: 'Delivered' });
  });

  test('the queue of a rule of an event bus', async () => {
    const id = await api.accepted('told-event-bus', { payload: { n: 3 } });
    const { body: event } = await next('ByBus');
    expect(event).toMatchObject({
      source: 'task-mode',
      'detail-type': 'Task Succeeded',
      resources: [expect.stringContaining('told')],
      detail: { requestContext: { taskId: id }, responsePayload: '{"n":3}' },
    });
    await delivered('told-event-bus', id).toMatchObject({ state: 'Delivered' });
  });

  test('a webhook, whose receiver accepts every delivery and none that was changed', async () => {
    const payloads = [{ n: 4 }, { text: 'é\ufffe' }, { big: 'x'.repeat(20_000) }];
    const ids = await Promise.all(payloads.map((payload) => api.accepted('told-webhook', { payload })));
    for (const id of ids)
      await delivered('told-webhook', id).toMatchObject({ state: 'Delivered', attempts: 1 });
    expect(hooks).toHaveLength(3);
    const receiver = new Webhook(await secretValue());
    for (const { headers, body } of hooks) {
      const told = receiver.verify(body, headers) as { requestContext: { taskId: string } };
      expect(ids).toContain(told.requestContext.taskId);
      expect(headers['webhook-id']).toContain(told.requestContext.taskId);
      expect(() => receiver.verify(body.replace('Succeeded', 'Failed'), headers)).toThrow(
        'No matching signature',
      );
    }
    expect(new Set(hooks.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });
});

describe('a webhook', () => {
  test('whose secret is rotated carries both signatures', async () => {
    const former = await secretValue();
    const current = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    await secretsManager.send(new PutSecretValueCommand({ SecretId: ref('Hook'), SecretString: current }));
    // A new instance reads it anew; one that lives does so within five minutes.
    for (const pid of runtime.environmentPids('TaskModeFollowUpWebhookFunction'))
      process.kill(pid, 'SIGKILL');
    const id = await api.accepted('told-webhook', { payload: {} });
    await delivered('told-webhook', id).toMatchObject({ state: 'Delivered' });
    for (const secret of [former, current]) {
      for (const { headers, body } of hooks) new Webhook(secret).verify(body, headers);
    }
    expect(hooks).toHaveLength(1);
  });

  test('that does not take it leaves the task as it is, and says so', async () => {
    answer.status = 500;
    const id = await api.accepted('told-webhook', { payload: {} });
    await delivered('told-webhook', id).toEqual({
      destination: `${hookUrl}/hook?token=…`,
      state: 'Pending',
      attempts: 1,
      lastError: 'it answered 500',
    });
    expect(await api.task('told-webhook', id)).toMatchObject({ status: 'Succeeded' });
  });

  test('that is gone is given up', async () => {
    answer.status = 410;
    const id = await api.accepted('told-webhook', { payload: {} });
    await delivered('told-webhook', id).toMatchObject({ state: 'Failed', lastError: 'it answered 410' });
    expect(await api.task('told-webhook', id)).toMatchObject({ status: 'Succeeded' });
  });
});

const put = (destination: string, functionName = 'told-later', change: object = {}) =>
  api.fetch(`/${functionName}/async-invoke-config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...change, destinationConfig: { onSuccess: { destination } } }),
  });

test('no answer shows the token of a webhook, and a shortened address that is sent back keeps the webhook', async () => {
  const shown = { destinationConfig: { onSuccess: { destination: `${hookUrl}/hook?token=…` } } };
  const read = async (response: Response) => {
    const text = await response.text();
    expect(text).not.toContain(TOKEN);
    return JSON.parse(text);
  };
  const changed = await put(shown.destinationConfig.onSuccess.destination, 'told-webhook', {
    maxAsyncRetryAttempts: 1,
  });
  expect(await read(changed)).toMatchObject({ maxAsyncRetryAttempts: 1, ...shown });
  expect(await read(await api.fetch('/told-webhook/async-invoke-config'))).toMatchObject(shown);
  const configs = await fetch(`${runtime.url}/2023-03-30/async-invoke-configs`);
  expect(await read(configs)).toMatchObject({ configs: [shown] });
  const id = await api.accepted('told-webhook', { payload: {} });
  await delivered('told-webhook', id).toMatchObject({ state: 'Delivered' });
  expect(hooks.map(({ url }) => url)).toEqual([`/hook?token=${TOKEN}`]);
  await read(await api.fetch(`/told-webhook/async-tasks/${id}`));
  await read(await api.fetch('/told-webhook/async-tasks'));
  expect(lines.join('\n')).not.toContain(TOKEN);
});

describe('a destination that is put at run time', () => {
  test('PutAsyncInvokeConfig refuses the destination of another function', async () => {
    const destination = ref('Topic') ?? '';
    expect(await errorOf(await put(destination))).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: `destinationConfig.onSuccess.destination must be one of the destinations that this deployment allows for function 'told-later' (its onSuccess and onFailure, and TaskMode.allowDestination), got "${destination}"`,
    });
  });

  test('is refused when the app does not allow it', async () => {
    expect(await errorOf(await put('arn:aws:sqs:us-east-1:000000000000:other'))).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: expect.stringContaining('must be one of the destinations that this deployment allows'),
    });
  });

  test('is told of the tasks from then on', async () => {
    const name = ref('Later')?.split('/').at(-1);
    expect((await put(`arn:aws:sqs:us-east-1:000000000000:${name}`)).status).toBe(200);
    const id = await api.accepted('told-later', { payload: {} });
    expect((await next('Later')).body.requestContext).toMatchObject({ taskId: id });
  });
});
