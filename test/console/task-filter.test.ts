import { describe, expect, test } from 'vitest';
import {
  apiFilterOf,
  type ListView,
  queryOf,
  rangeOf,
  tokensOf,
  viewOf,
  viewOfRange,
  viewOfTokens,
} from '../../console/src/data/task-filter.ts';

const EMPTY: ListView = {
  status: undefined,
  prefix: undefined,
  lastSeconds: undefined,
  begin: undefined,
  end: undefined,
};

const views: [string, ListView][] = [
  ['nothing', EMPTY],
  ['a status and a prefix', { ...EMPTY, status: 'Failed', prefix: 'order-' }],
  ['the last hour', { ...EMPTY, lastSeconds: 3600 }],
  ['a time', { ...EMPTY, begin: '2026-11-24T10:00:00+01:00', end: '2026-11-24T11:00:00+01:00' }],
];

describe.each(views)('a list of %s', (_, view) => {
  test('is in its address, and nothing else is', () => {
    const named = Object.entries(queryOf(view)).filter((entry): entry is [string, string] =>
      Boolean(entry[1]),
    );
    expect(viewOf(new URLSearchParams(named))).toEqual(view);
  });

  test('is what its filter shows', () => {
    expect({ ...viewOfTokens(tokensOf(view)), ...viewOfRange(rangeOf(view)) }).toEqual(view);
  });
});

test.each(['status=Done&prefix=a/b&last=-5&begin=soon', 'last=1.5', 'prefix='])(
  'an address that somebody has made up is no filter: %s',
  (query) => {
    expect(viewOf(new URLSearchParams(query))).toEqual(EMPTY);
  },
);

test('the API is asked for the time that is meant now', () => {
  expect(apiFilterOf({ ...EMPTY, status: 'Failed', lastSeconds: 60 }, 100_000)).toEqual({
    status: 'Failed',
    startedTimeBegin: 40_000,
  });
  const [, [, between]] = [views[0], views[3]] as [unknown, [string, ListView]];
  expect(apiFilterOf(between, 0)).toEqual({
    startedTimeBegin: Date.parse('2026-11-24T09:00:00Z'),
    startedTimeEnd: Date.parse('2026-11-24T10:00:00Z'),
  });
});

test('of two statuses the last one holds, free text is the beginning of an id, and what no id can have is nothing', () => {
  const token = (value: string, propertyKey?: string) => ({
    operator: '=',
    value,
    ...(propertyKey && { propertyKey }),
  });
  const tokens = [token('Failed', 'status'), token('stopped', 'status'), token(' order- ')];
  expect(viewOfTokens({ operation: 'and', tokens })).toEqual({ status: 'Stopped', prefix: 'order-' });
  expect(viewOfTokens({ operation: 'and', tokens: [token('a b')] })).toEqual({});
});
