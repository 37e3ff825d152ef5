import { expect, test } from 'vitest';
import { timed, withCallTimes } from '../../lambdas/aws/call-times.ts';
import { callAws } from '../../lambdas/aws/faults.ts';

const pause = (ms: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, ms);
  });

test('calls side by side count once, one after the other add up, and a failed one counts', async () => {
  const waited = await withCallTimes(async (times) => {
    await Promise.all([callAws('SQS', () => pause(40)), callAws('SQS', () => pause(40))]);
    await callAws('SQS', async () => {
      await pause(40);
      throw new Error('no');
    }).catch(() => undefined);
    await callAws('S3', () => pause(1));
    return times();
  });
  expect([...waited.keys()]).toEqual(['SQS', 'S3']);
  // Timers may be a millisecond early, and late on a busy machine; all three in turns would take 120 ms.
  expect(waited.get('SQS')).toBeGreaterThan(78);
  expect(waited.get('SQS')).toBeLessThan(118);
});

test('a request sees its own calls only, and one that is still under way', async () => {
  const seen = (service: string) =>
    withCallTimes(async (times) => {
      const call = timed(service, () => pause(30));
      await pause(15);
      const early = times();
      await call;
      return { keys: [...times().keys()], early: early.get(service) ?? 0 };
    });
  const [one, other] = await Promise.all([seen('DynamoDB'), seen('SQS')]);
  expect([one.keys, other.keys]).toEqual([['DynamoDB'], ['SQS']]);
  expect(one.early).toBeGreaterThan(10);
});

test('where nobody asks, a call is just made', async () => {
  expect(await timed('SQS', async () => 7)).toBe(7);
});
