import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterAll, describe, expect, test } from 'vitest';
import { LogStore } from '../../../local/logs/log-store.ts';
import { startLogs } from '../../aws/logs-engine.ts';

const { store, client } = await startLogs();
const ALL = {
  logGroup: 'group',
  stream: undefined,
  startTime: 0,
  endTime: 1e15,
  after: undefined,
  limit: 1e6,
};

const add = (stream: string, time: number, text: string) =>
  store.add({ logGroup: 'group', stream, time, text });
const filter = (input: Partial<FilterLogEventsCommandInput> = {}) =>
  client.send(new FilterLogEventsCommand({ logGroupName: 'group', ...input }));

add('one', 1000, '{"n":1}');
add('two', 3000, '{"n":3}');
add('one', 2000, '{"n":2}');
add('one', 3000, '{"n":4}');

describe('FilterLogEvents', () => {
  test('finds lines of all streams by time, those of one instant as they came', async () => {
    const { events = [] } = await filter();
    expect(
      events.map(({ logStreamName, timestamp, message }) => [logStreamName, timestamp, message]),
    ).toEqual([
      ['one', 1000, '{"n":1}'],
      ['one', 2000, '{"n":2}'],
      ['two', 3000, '{"n":3}'],
      ['one', 3000, '{"n":4}'],
    ]);
  });

  test('finds those of a stream, between two instants, that match a pattern', async () => {
    const found = async (input: Partial<FilterLogEventsCommandInput>) =>
      (await filter(input)).events?.map(({ message }) => message);
    expect(await found({ logStreamNames: ['two'] })).toEqual(['{"n":3}']);
    expect(await found({ startTime: 2000, endTime: 2999 })).toEqual(['{"n":2}']);
    expect(await found({ filterPattern: '{ $.n = 4 }' })).toEqual(['{"n":4}']);
  });

  test('finds them page by page', async () => {
    const found: unknown[] = [];
    let nextToken: string | undefined;
    do {
      const page = await filter({ limit: 1, nextToken });
      expect(page.events?.length).toBeLessThanOrEqual(1);
      found.push(...(page.events ?? []).map(({ message }) => message));
      nextToken = page.nextToken;
    } while (nextToken);
    expect(found).toEqual(['{"n":1}', '{"n":2}', '{"n":3}', '{"n":4}']);
  });

  test('knows no group or stream that nothing was logged to', async () => {
    await expect(filter({ logGroupName: 'other' })).rejects.toThrow('nothing was logged in other');
    const refused = filter({ logStreamNames: ['three'] });
    await expect(refused).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test.each([
    [{ filterPattern: 'ERROR' }, 'filterPattern is "ERROR"'],
    [{ logStreamNames: ['one', 'two'] }, 'logStreamNames is ["one","two"]'],
    [{ logStreamNamePrefix: 'o' }, 'logStreamNamePrefix is not served here'],
    [{ nextToken: 'x' }, 'nextToken is "x"'],
    [{ limit: 0 }, 'limit is 0'],
    [{ startTime: -1 }, 'startTime is -1'],
  ])('refuses %j', async (input, message) => {
    await expect(filter(input)).rejects.toThrow(message);
  });
});

test('what is not served is named', async () => {
  await expect(client.send(new DescribeLogGroupsCommand())).rejects.toThrow(
    'Logs_20140328.DescribeLogGroups is not served here',
  );
});

describe('the store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'task-mode-log-store-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('has its lines after a restart', () => {
    const first = new LogStore(folder);
    first.add({ logGroup: 'group', stream: 's', time: 1, text: 'kept' });
    first.close();
    const second = new LogStore(folder);
    expect(second.read(ALL).map(({ text }) => text)).toEqual(['kept']);
    second.close();
  });

  test('forgets the oldest when there is too much', () => {
    const small = new LogStore(join(folder, 'small'), 100_000);
    for (let n = 0; n < 5000; n += 1)
      small.add({ logGroup: 'group', stream: 's', time: n, text: 'x'.repeat(40) });
    const left = small.read(ALL);
    expect(left.length).toBeLessThanOrEqual(2500);
    expect(left.length).toBeGreaterThan(500);
    expect(left.at(-1)?.time).toBe(4999);
    small.close();
  });

  test('takes no line any more once it is closed, and is not disturbed by one', () => {
    const closed = new LogStore(join(folder, 'closed'));
    closed.close();
    closed.add({ logGroup: 'group', stream: 's', time: 1, text: 'late' });
  });
});
