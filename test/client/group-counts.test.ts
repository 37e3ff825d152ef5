import { expect, test } from 'vitest';
import { COUNTED_GROUPS, groupCountOf, groupCountText } from '../../client/index.ts';

const summary = {
  counts: { Enqueued: 3, Processed: 0, Retrying: 4, Running: 1, Stopping: 1, Failed: 800, Expired: 2 },
  countsAtLeast: ['Failed', 'Expired', 'Invalid'],
} as const;

test('a group is counted over all of its statuses, and a task between attempts waits', () => {
  expect(COUNTED_GROUPS).toEqual(['waiting', 'running', 'failed', 'stopped']);
  expect(COUNTED_GROUPS.map((group) => groupCountOf(summary, group))).toEqual([
    { count: 7, isAtLeast: false },
    { count: 2, isAtLeast: false },
    { count: 802, isAtLeast: true },
    { count: 0, isAtLeast: false },
  ]);
});

test('a count that may be higher has a plus sign', () => {
  expect(COUNTED_GROUPS.map((group) => groupCountText(summary, group))).toEqual(['7', '2', '802+', '0']);
});
