import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, expect, test, vi } from 'vitest';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskIndex } from '../../lambdas/aws/task-index.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { CREATE_DEADLINE_MS } from '../../lambdas/domain/limits.ts';
import { newTask } from './tasks.ts';

/** An AWS that takes every request and answers none. */
const silent = createServer(() => undefined);
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL_S3: endpoint,
});

const dynamoDb = new DynamoDBClient({ region: 'us-east-1', endpoint, credentials });
const sqs = new SQSClient({ region: 'us-east-1', endpoint, credentials });
const task = newTask();
const table = { client: dynamoDb, tableName: 'tasks' };
const query = { functionName: 'echo', shard: 0, low: '0', high: '1', order: 'asc', maxScanned: 1 } as const;

test.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  ['a put of a task', (signal) => new TaskStore({ ...table, shardCount: 1, signal }).create(task, 0)],
  ['a read of a task', (signal) => new TaskStore({ ...table, shardCount: 1, signal }).get(task, 0)],
  [
    'a move of a task',
    (signal) => new TaskStore({ ...table, shardCount: 1, signal }).move(task, 'stop', 'Stopped', { now: 0 }),
  ],
  ['a send', (signal) => new TaskQueue({ client: sqs, signal }).send(`${endpoint}/0/echo`, task, 0)],
  ['a put of a payload', (signal) => new PayloadStore({ bucketName: 'payloads', signal }).put('a', '1')],
  [
    'a read of a payload',
    (signal) =>
      new PayloadStore({ bucketName: 'payloads', signal }).read(
        { objectKey: 'payloads/echo/t/s' },
        { functionName: 'echo', taskId: 't', since: Date.now() },
      ),
  ],
  ['a look at a function', (signal) => new FunctionRegistry(table).find('echo', 0, signal)],
  ['a query of an index', (signal) => new TaskIndex({ ...table, signal }).queryShard(query)],
  ['a read of many tasks', (signal) => new TaskIndex({ ...table, signal }).readAll([task])],
])('%s ends at the deadline of its request, whatever AWS does', async (_, call) => {
  const startTime = performance.now();
  await expect(call(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect(performance.now() - startTime).toBeLessThan(2000);
});

test.each([
  ['no deadline of its own', undefined],
  ['a later one, as a trigger has', 30_000],
])('a put of a task ends at CREATE_DEADLINE_MS for a caller with %s', async (_, laterMs) => {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const spy = vi.spyOn(AbortSignal, 'timeout');
  spy.mockImplementation((ms) => timeout(ms === CREATE_DEADLINE_MS ? 200 : ms));
  const signal = laterMs === undefined ? undefined : timeout(laterMs);
  const store = new TaskStore({ ...table, shardCount: 1, ...(signal && { signal }) });
  const sent: string[] = [];
  dynamoDb.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        sent.push(commandName);
        // The row is read when the put has ended, to see whether it was written.
        if (commandName === 'GetItemCommand') throw new Error('the put has ended');
        return next(args);
      },
    { step: 'initialize', name: 'watch' },
  );
  const startTime = performance.now();
  await expect(store.create(task, 0)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  expect(performance.now() - startTime).toBeLessThan(2000);
  expect(sent).toEqual(['PutItemCommand', 'GetItemCommand']);
  dynamoDb.middlewareStack.remove('watch');
  spy.mockRestore();
});
