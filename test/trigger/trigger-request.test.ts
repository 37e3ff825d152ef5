import { describe, expect, test } from 'vitest';
import { TASK_ID_PATTERN } from '../../lambdas/domain/limits.ts';
import { toTriggerRequest } from '../../lambdas/trigger/trigger-request.ts';

const REQUEST = {
  trigger: 'Uploads',
  occurrence: '3c0a1c2e-6f5b-4c9e-9d1a-0f6d3f2b1a00',
  functionName: 'echo',
  delaySeconds: 0,
  payload: { key: 'a.jpg' },
};

const read = (overrides: object = {}) => toTriggerRequest(JSON.stringify({ ...REQUEST, ...overrides }));

describe('the id of a triggered task', () => {
  test.each([
    ['an event', REQUEST.occurrence, `Uploads-${REQUEST.occurrence}`],
    ['a scheduled time', '2026-11-24T03:00:00Z', 'Uploads-2026-11-24T030000Z'],
  ])('is made of the trigger and %s', (_, occurrence, taskId) => {
    expect(read({ occurrence }).taskId).toBe(taskId);
  });

  test.each([
    ['no task id can have it', 'event/1'],
    ['it is too long', 'x'.repeat(200)],
  ])('is a hash of an occurrence where %s, the same each time', (_, occurrence) => {
    const { taskId } = read({ occurrence });
    expect(taskId).toMatch(/^Uploads-[0-9a-f]{40}$/);
    expect(read({ occurrence }).taskId).toBe(taskId);
    expect(read({ occurrence: `${occurrence}1` }).taskId).not.toBe(taskId);
  });

  test('is valid for the longest trigger', () => {
    const { taskId } = read({ trigger: `T${'x'.repeat(63)}` });
    expect(taskId).toMatch(TASK_ID_PATTERN);
    expect(taskId).toContain(REQUEST.occurrence);
  });

  test('tells triggers of the same event apart', () => {
    expect(read({ trigger: 'Other' }).taskId).not.toBe(read().taskId);
  });
});

test.each([
  ['no JSON', 'hello'],
  ['null', 'null'],
  ['an event as it is', JSON.stringify({ id: '1', source: 'aws.s3', detail: {} })],
  ['a wake-up', JSON.stringify({ functionName: 'echo', taskId: 't' })],
  ['an occurrence of nothing', JSON.stringify({ ...REQUEST, occurrence: '' })],
  ['a delay that is not whole', JSON.stringify({ ...REQUEST, delaySeconds: 1.5 })],
])('%s is no message of a trigger', (_, body) => {
  expect(() => toTriggerRequest(body)).toThrow('no message of a trigger: ');
});

test('a payload may be absent, or null', () => {
  expect(read({ payload: undefined }).payload).toBeUndefined();
  expect(read({ payload: null }).payload).toBeNull();
});
