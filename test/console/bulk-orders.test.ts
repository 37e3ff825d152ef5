import { expect, test } from 'vitest';
import {
  ACTION_STATUSES,
  bulkFilterOf,
  bulkFilterText,
  callerText,
  maxTasksFault,
  refusalOfAction,
} from '../../console/src/data/bulk-orders.ts';
import { viewOf } from '../../console/src/data/task-filter.ts';
import { statusesOfAction } from '../../lambdas/domain/bulk-order.ts';

const NOW = 1_800_000_000_000;

const view = (query: string) => viewOf(new URLSearchParams(query));

test.each(['Stop', 'Redrive'] as const)('%s can be taken on what the API takes it on', (action) => {
  expect(new Set(ACTION_STATUSES[action])).toEqual(new Set(statusesOfAction(action)));
});

test('an action is not offered for a list of tasks that it cannot be taken on', () => {
  expect(refusalOfAction('Redrive', view('status=Succeeded'))).toMatch(/Succeeded .* cannot be redriven/);
  expect(refusalOfAction('Stop', view('status=Failed'))).toMatch(/Failed .* cannot be stopped/);
  expect(refusalOfAction('Stop', view('prefix=a-'))).toBeUndefined();
  expect(refusalOfAction('Redrive', view('status=Failed'))).toBeUndefined();
});

test('a job takes the tasks that the list shows, since an instant where the list is of the last hour', () => {
  expect(bulkFilterOf(view(''), NOW)).toEqual({});
  expect(bulkFilterOf(view('status=Failed&prefix=night-&last=3600'), NOW)).toEqual({
    status: ['Failed'],
    prefix: 'night-',
    startedTimeBegin: NOW - 3_600_000,
  });
});

test('a filter is told in words', () => {
  expect(bulkFilterText({})).toBe('all tasks');
  expect(bulkFilterText({ status: ['Failed', 'Expired'], prefix: 'night-', startedTimeBegin: NOW })).toBe(
    'Failed or Expired, TaskID begins with night-, submitted since 2027-01-15T08:00:00.000Z',
  );
});

test.each([
  ['arn:aws:iam::123456789012:user/alice', 'user/alice'],
  ['arn:aws:sts::123456789012:assumed-role/Admin/bob', 'Admin/bob'],
  ['alice', 'alice'],
])('the caller %s is shown as %s', (caller, text) => {
  expect(callerText(caller)).toBe(text);
});

test('a job has a most of tasks within the bounds of the API', () => {
  expect(maxTasksFault('100000')).toBeUndefined();
  for (const text of ['', '0', '100001', '1e3', 'all']) expect(maxTasksFault(text)).toMatch(/1 to 100000/);
});
