import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { countingProxy } from '../../bench/counting-proxy.ts';
import { startQueueEngine } from '../../local/engines/queue-engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';

import { startExample, temporaryFolder } from './runtime.ts';

const folder = temporaryFolder('engines');
const tables = await startTableEngine(join(folder, 'tables'));
const queues = await startQueueEngine(join(folder, 'queues'), 'us-east-1');
const dynamodb = await countingProxy(tables.endpoint);
const sqs = await countingProxy(queues.endpoint);
const { api } = await startExample({ dynamodbEndpoint: dynamodb.url, sqsEndpoint: sqs.url });
afterAll(async () => {
  dynamodb.close();
  sqs.close();
  await Promise.all([tables.stop(), queues.stop()]);
});

/** What reached the engines since the last reset, without the polling of event sources and of the sweep. */
function counted(): Record<string, number> {
  const own = new Map([...dynamodb.counts, ...sqs.counts]);
  for (const polling of ['ReceiveMessage', 'Scan', 'Query']) own.delete(polling);
  return Object.fromEntries(own);
}

beforeEach(async () => {
  // Warms the handlers, and their caches of the registry.
  const id = await api.accepted('echo', { payload: 1 });
  await api.until('echo', id, 'Succeeded');
  await expect.poll(() => counted().DeleteMessageBatch ?? 0).toBeGreaterThan(0);
  dynamodb.counts.clear();
  sqs.counts.clear();
});

test('the happy path of a task: submit 1 put and 1 send, run 2 updates, the event source 1 delete', async () => {
  await api.accepted('echo', { id: 'counted', payload: { a: 1 } });
  await expect.poll(() => counted().DeleteMessageBatch).toBe(1);
  expect(counted()).toEqual({ PutItem: 1, SendMessage: 1, UpdateItem: 2, DeleteMessageBatch: 1 });
});

test('a read of a task is 1 get', async () => {
  const id = await api.accepted('echo', { payload: 1, delay: 900 });
  dynamodb.counts.clear();
  sqs.counts.clear();
  await api.task('echo', id);
  expect(counted()).toEqual({ GetItem: 1 });
});

test('a duplicate submit writes nothing and sends nothing', async () => {
  const id = await api.accepted('echo', { payload: 1, delay: 900 });
  dynamodb.counts.clear();
  sqs.counts.clear();
  expect((await api.submit('echo', { id })).status).toBe(409);
  // The refused put, and the read of the first task, which DynamoDB itself returns with the refusal.
  expect(counted()).toEqual({ PutItem: 1, GetItem: 1 });
});

test('a synchronous call takes neither a table nor a queue', async () => {
  await api.invoke('echo', { a: 1 });
  dynamodb.counts.clear();
  sqs.counts.clear();
  expect((await api.invoke('echo', { a: 1 })).status).toBe(200);
  expect(counted()).toEqual({});
});

test('with task mode off an invocation is 1 send and 1 delete', async () => {
  const config = { method: 'PUT', body: JSON.stringify({ asyncTask: false }) };
  expect((await api.fetch('/flaky/async-invoke-config', config)).status).toBe(200);
  const submit = async () => {
    const response = await api.submit('flaky', { payload: {} });
    expect(response.headers.has('x-fc-async-task-id')).toBe(false);
  };
  await submit();
  await expect.poll(() => counted().DeleteMessageBatch ?? 0, { timeout: 10_000 }).toBeGreaterThan(0);
  dynamodb.counts.clear();
  sqs.counts.clear();
  await submit();
  await expect.poll(() => counted().DeleteMessageBatch ?? 0, { timeout: 10_000 }).toBe(1);
  expect(counted()).toEqual({ SendMessage: 1, DeleteMessageBatch: 1 });
});
