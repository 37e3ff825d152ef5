import type { BatchGetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test, vi } from 'vitest';
import { BatchGet } from '../../lambdas/aws/batch-get.ts';
import { BulkJobIndex } from '../../lambdas/aws/bulk-job-index.ts';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import { TaskIndex } from '../../lambdas/aws/task-index.ts';

const key = (pk: string) => ({ pk: { S: pk } });

/** DynamoDB that reads so many keys of each request and leaves out the others. */
function dynamoDbReading(count: number) {
  const times: number[] = [];
  const requests: (readonly object[])[] = [];
  const send = async ({ input }: BatchGetItemCommand) => {
    times.push(performance.now());
    const { Keys = [], ...rest } = input.RequestItems?.tasks ?? {};
    requests.push(Keys);
    const left = Keys.slice(count);
    return {
      Responses: { tasks: Keys.slice(0, count) },
      UnprocessedKeys: left.length > 0 ? { tasks: { Keys: left, ...rest } } : {},
    };
  };
  return { client: { send } as unknown as DynamoDBClient, times, requests };
}

test('keys that DynamoDB leaves out are asked for again after a pause', async () => {
  const { client, times, requests } = dynamoDbReading(2);
  const rows = await new BatchGet({ client, tableName: 'tasks' }).read({
    keys: ['a', 'b', 'c', 'd', 'e'].map(key),
  });
  expect(rows).toEqual(['a', 'b', 'c', 'd', 'e'].map(key));
  expect(requests.map((keys) => keys.length)).toEqual([5, 3, 1]);
  // At least half of the pauses of 20 and 40 ms.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(29);
});

const throttled: [string, (client: DynamoDBClient) => Promise<unknown>][] = [
  [
    'TaskIndex',
    (client) => new TaskIndex({ client, tableName: 'tasks' }).readAll([{ functionName: 'f', taskId: 't' }]),
  ],
  [
    'SweepRows',
    (client) => new SweepRows({ client, tableName: 'tasks' }).readAll([{ functionName: 'f', taskId: 't' }]),
  ],
];

test.each(throttled)(
  '%s gives up after 2 s with ServiceUnavailable when DynamoDB reads nothing, in few requests',
  async (_, read) => {
    vi.useFakeTimers();
    try {
      const { client, requests } = dynamoDbReading(0);
      const outcome = read(client).then(
        () => undefined,
        (error: unknown) => error,
      );
      await vi.advanceTimersByTimeAsync(3000);
      expect(await outcome).toMatchObject({ code: 'ServiceUnavailable' });
      expect(requests.length).toBeGreaterThan(3);
      expect(requests.length).toBeLessThan(20);
    } finally {
      vi.useRealTimers();
    }
  },
);

test('a list of bulk jobs gives up after 2 s as well', async () => {
  vi.useFakeTimers();
  try {
    const { client } = dynamoDbReading(0);
    const send = async (command: BatchGetItemCommand) =>
      'IndexName' in command.input ? { Items: [key('#bulk-job/f/j')] } : client.send(command);
    const index = new BulkJobIndex({ client: { send } as unknown as DynamoDBClient, tableName: 'tasks' });
    const outcome = index.list('f', { limit: 1, after: undefined, now: 0 }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(3000);
    expect(await outcome).toMatchObject({ code: 'ServiceUnavailable' });
  } finally {
    vi.useRealTimers();
  }
});
