import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, expect, inject, test } from 'vitest';
import { type CountedRequest, countingProxy } from '../../bench/counting-proxy.ts';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { startQueueEngine } from '../../local/engines/queue-engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { startExample, temporaryFolder } from './runtime.ts';

/** An app on engines of its own, and what its requests to them were. */
async function startCounted(name: string, assemblyDir: string) {
  const folder = temporaryFolder(name);
  const tables = await startTableEngine(join(folder, 'tables'));
  const queues = await startQueueEngine(join(folder, 'queues'), 'us-east-1');
  const requests: CountedRequest[] = [];
  const dynamodb = await countingProxy(tables.endpoint, (request) => requests.push(request));
  const sqs = await countingProxy(queues.endpoint, (request) => requests.push(request));
  const { api } = await startExample({ assemblyDir, dynamodbEndpoint: dynamodb.url, sqsEndpoint: sqs.url });
  afterAll(async () => {
    dynamodb.close();
    sqs.close();
    await Promise.all([tables.stop(), queues.stop()]);
  });
  return { api, dynamodb, sqs, requests, tables };
}

const { api, dynamodb, sqs, requests } = await startCounted('engines', inject('assemblyDir'));
const unruly = await startCounted('unruly-engines', inject('unrulyAssemblyDir'));

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

test('a retry is 1 send and 3 updates, one of which is refused, and re-times no message', async () => {
  const id = await api.accepted('flaky', { payload: { failures: 1 } });
  const { moves, counts: ofTask } = await requestsFor(requests, id, 'Succeeded');
  // A message does not say from which status its task starts: Enqueued is tried before Retrying.
  expect(moves).toEqual(['Running', 'Retrying', 'Running', 'Running', 'Succeeded']);
  // The get is for the refusal: DynamoDB itself returns the row with it.
  expect(ofTask).toEqual({ PutItem: 1, SendMessage: 2, UpdateItem: 5, GetItem: 1 });
  expect(counted().ChangeMessageVisibility).toBeUndefined();
});

test('with task mode off an invocation is 1 send and 1 delete', async () => {
  const config = { method: 'PUT', body: JSON.stringify({ asyncTask: false }) };
  expect((await api.fetch('/wait/async-invoke-config', config)).status).toBe(200);
  const submit = async () => {
    const response = await api.submit('wait', { payload: { seconds: 0 } });
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

interface UpdateInput {
  readonly UpdateExpression: string;
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues: Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
}

/** What was asked of the engines for one task until it has ended so. Nothing else asks for it meanwhile. */
async function requestsFor(all: readonly CountedRequest[], taskId: string, end: string) {
  const ofTask = () => all.filter(({ input }) => JSON.stringify(input).includes(taskId));
  const updates = () =>
    ofTask()
      .filter(({ operation }) => operation === 'UpdateItem')
      .map(({ input }) => changeOf(input as unknown as UpdateInput));
  await expect.poll(() => updates().some(({ to }) => to === end), { timeout: 30_000 }).toBe(true);
  const counts: Record<string, number> = {};
  for (const { operation } of ofTask()) counts[operation] = (counts[operation] ?? 0) + 1;
  return {
    counts,
    /** How long its last attempt ran. */
    seconds: Number(updates().find(({ to }) => to === end)?.durationMs) / 1000,
    moves: updates().flatMap(({ to }) => to ?? []),
    heartbeats: updates().filter(({ to }) => to === undefined),
    gets: ofTask().filter(({ operation }) => operation === 'GetItem'),
  };
}

/** The status that an update sets, if it does, and every attribute that it sets or removes. */
function changeOf({ UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues }: UpdateInput) {
  const names = [...UpdateExpression.matchAll(/(?<=^|SET |REMOVE |, )#\w+/g)].map(
    ([name]) => ExpressionAttributeNames[name] ?? name,
  );
  return {
    to: ExpressionAttributeValues[':new_status']?.S,
    durationMs: ExpressionAttributeValues[':new_durationMs']?.N,
    names: [...new Set(names)],
  };
}

/** The attributes by which a write of the task table writes an index entry too: keys, and what is projected. */
async function indexAttributes(): Promise<Set<string>> {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    endpoint: unruly.tables.endpoint,
    credentials: CREDENTIALS,
  });
  const { TableNames = [] } = await client.send(new ListTablesCommand({}));
  const described = await Promise.all(
    TableNames.map((TableName) => client.send(new DescribeTableCommand({ TableName }))),
  );
  client.destroy();
  const indexes = described.flatMap(({ Table }) => Table?.GlobalSecondaryIndexes ?? []);
  return new Set(
    indexes.flatMap(({ KeySchema = [], Projection }) => [
      ...KeySchema.map(({ AttributeName = '' }) => AttributeName),
      ...(Projection?.NonKeyAttributes ?? []),
    ]),
  );
}

const FIVE_SECONDS = { payload: { does: 'ignore', seconds: 5 } };

test('a heartbeat is 1 update, which writes no index entry, and no request to SQS', async () => {
  const id = await unruly.api.accepted('lasting', FIVE_SECONDS);
  const { moves, heartbeats, counts, seconds } = await requestsFor(unruly.requests, id, 'Succeeded');
  expect(moves).toEqual(['Running', 'Succeeded']);
  // After 1 s, and then every 2 s; each may be late by the second between two looks.
  expect(heartbeats.length).toBeGreaterThanOrEqual(2);
  expect(heartbeats.length).toBeLessThanOrEqual(1 + (seconds - 1) / 2);
  expect(counts).toMatchObject({ PutItem: 1, SendMessage: 1, UpdateItem: 2 + heartbeats.length });
  const ofIndexes = await indexAttributes();
  expect([...ofIndexes]).toEqual(expect.arrayContaining(['stateShard', 'sortKey', 'status', 'lookFrom']));
  for (const { names } of heartbeats) {
    expect(names.sort()).toEqual(['expiresAt', 'leaseUntil']);
    expect(names.filter((name) => ofIndexes.has(name))).toEqual([]);
  }
});

test('a stop poll is 1 eventually consistent get, in place of which a heartbeat may come', async () => {
  const id = await unruly.api.accepted('lasting', FIVE_SECONDS);
  const { heartbeats, gets, seconds } = await requestsFor(unruly.requests, id, 'Succeeded');
  expect(gets.map(({ input }) => input.ConsistentRead)).toEqual(gets.map(() => false));
  expect(gets.length).toBeGreaterThanOrEqual(1);
  expect(gets.length + heartbeats.length).toBeLessThanOrEqual(seconds);
});

test('a task has no heartbeats where Lambda ends its invocation within 90 s', async () => {
  const id = await unruly.api.accepted('plain', FIVE_SECONDS);
  const { moves, heartbeats, gets, counts, seconds } = await requestsFor(unruly.requests, id, 'Succeeded');
  expect(moves).toEqual(['Running', 'Succeeded']);
  expect(heartbeats).toEqual([]);
  expect(counts).toEqual({ PutItem: 1, SendMessage: 1, UpdateItem: 2, GetItem: gets.length });
  expect(gets.length).toBeGreaterThanOrEqual(2);
  expect(gets.length).toBeLessThanOrEqual(seconds);
});

test('a hand-back is 1 update and 1 send, beside the start that it takes back', async () => {
  const busy = await unruly.api.accepted('legacy-single', { payload: { seconds: 4 } });
  await unruly.api.until('legacy-single', busy, 'Running');
  const id = await unruly.api.accepted('legacy-single', { payload: { seconds: 0 } });
  const { moves, counts } = await requestsFor(unruly.requests, id, 'Succeeded');
  const handBacks = moves.filter((to) => to === 'Enqueued');
  expect(handBacks.length).toBeGreaterThanOrEqual(1);
  expect(moves).toEqual([...handBacks.flatMap(() => ['Running', 'Enqueued']), 'Running', 'Succeeded']);
  expect(counts).toMatchObject({ PutItem: 1, SendMessage: 1 + handBacks.length, UpdateItem: moves.length });
});

test('no message is ever re-timed by a worker', () => {
  expect(unruly.sqs.counts.get('SendMessage')).toBeGreaterThan(0);
  expect(unruly.sqs.counts.get('ChangeMessageVisibility')).toBeUndefined();
});
