import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { seededRandom } from '../../bench/chaos/random.ts';
import { SubmitCounter } from '../../lambdas/aws/submit-counter.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { SUBMIT_CALLERS_KNOWN, SUBMIT_COUNT_SECONDS } from '../../lambdas/domain/limits.ts';
import type { Allowance, SubmitRate } from '../../lambdas/domain/submit-rate.ts';
import { type LimitSubmitsDependencies, limitSubmits } from '../../lambdas/tasks/limit-submits.ts';
import { SUBMIT_COUNT_TABLE, startEngines } from '../aws/engines.ts';

const { dynamoDb } = await startEngines();

let requests = 0;
dynamoDb.middlewareStack.add(
  (next, { commandName }) =>
    (args) => {
      if (commandName === 'UpdateItemCommand') requests += 1;
      return next(args);
    },
  { step: 'finalizeRequest', name: 'countRequests' },
);
beforeEach(() => {
  requests = 0;
});

const logFault = vi.fn();
beforeEach(() => logFault.mockClear());

const counter = () => new SubmitCounter({ client: dynamoDb, tableName: SUBMIT_COUNT_TABLE });

/** One instance of the API, which knows of no caller yet. */
function instance(rate: SubmitRate, overrides: Partial<LimitSubmitsDependencies> = {}) {
  const deps = {
    rate,
    allowances: new Map<string, Allowance>(),
    newCounter: () => counter(),
    clock: Date.now,
    logFault,
    ...overrides,
  };
  const submit = (caller: string) =>
    limitSubmits(deps, caller).then(
      () => true,
      (error: TaskModeError) => {
        expect(error.code).toBe('Throttling.User');
        return false;
      },
    );
  return { ...deps, submit };
}

async function times(count: number, submit: () => Promise<boolean>): Promise<number> {
  let admitted = 0;
  for (let number = 0; number < count; number += 1) if (await submit()) admitted += 1;
  return admitted;
}

const FAST = { perSecond: 10_000, burst: 10_000 };

/** Everything happens at one time, at the beginning of a period. */
const AT_ONCE = { clock: () => 10_000 * SUBMIT_COUNT_SECONDS * 1000 };

describe('a submit', () => {
  test('over its rate is refused, telling rate and burst and when to come again', async () => {
    const { submit, ...deps } = instance({ perSecond: 1, burst: 3 }, { clock: () => 1000 });
    expect(await times(3, () => submit('a'))).toBe(3);
    await expect(limitSubmits(deps, 'a')).rejects.toMatchObject({
      code: 'Throttling.User',
      message: 'a caller may submit at most 1 times a second, 3 at once. Please retry in 1 s.',
      retryAfterSeconds: 1,
    });
    expect(await submit('b')).toBe(true);
  });

  test('takes 0.05 requests at the most, and a slow or a refused one none', async () => {
    const fast = instance(FAST, AT_ONCE);
    expect(await times(400, () => fast.submit('busy'))).toBe(400);
    expect(requests).toBeGreaterThanOrEqual(10);
    expect(requests).toBeLessThanOrEqual(20);
    requests = 0;
    let now = 0;
    const slow = instance({ perSecond: 1, burst: 1 }, { clock: () => now });
    const slowly = () => {
      now += 10_000;
      return slow.submit('slow');
    };
    expect(await times(100, slowly)).toBe(100);
    const flooded = instance({ perSecond: 1, burst: 1 }, { clock: () => 1 });
    expect(await times(500, () => flooded.submit('flooding'))).toBe(1);
    expect(requests).toBe(0);
  });
});

describe('the count of all instances', () => {
  test('adds up what each says, by caller and period', async () => {
    expect(await counter().count('one', 7, 40)).toBe(40);
    expect(await counter().count('one', 7, 40)).toBe(80);
    expect(await counter().count('other', 7, 40)).toBe(40);
    expect(await counter().count('one', 8, 40)).toBe(40);
    expect(await counter().count('one', 7, 1)).toBe(81);
  });

  test('is forgotten by TTL, which wants whole seconds, after its period', async () => {
    await counter().count('whole', 7, 40);
    const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName: SUBMIT_COUNT_TABLE }));
    const expire = Items.find(({ key }) => key?.S === 'submits:7:whole')?.expire?.N;
    expect(expire).toMatch(/^[0-9]{10}$/);
    expect(Number(expire)).toBeGreaterThan(Date.now() / 1000 + SUBMIT_COUNT_SECONDS);
  });

  test('refuses a caller at every instance that has counted, once it is over', async () => {
    const rate = { perSecond: 1, burst: 60 };
    const [one, other] = [instance(rate, AT_ONCE), instance(rate, AT_ONCE)];
    expect(await times(40, () => one.submit('roaming'))).toBe(40);
    expect(await times(60, () => other.submit('roaming'))).toBe(40);
    await expect(limitSubmits(other, 'roaming')).rejects.toMatchObject({ code: 'Throttling.User' });
  });

  test('that cannot be made is logged, keeps no submit away, and is made again only after forty more', async () => {
    const count = vi.fn(async (): Promise<number> => {
      throw new TaskModeError('ServiceUnavailable', 'DynamoDB is away');
    });
    const broken = Object.assign(counter(), { count });
    const { submit } = instance(FAST, { ...AT_ONCE, newCounter: () => broken });
    expect(await times(100, () => submit('unlucky'))).toBe(100);
    expect(count).toHaveBeenCalledTimes(2);
    expect(logFault).toHaveBeenCalledTimes(2);
  });
});

test('of more callers than an instance knows, those are forgotten that were away for longest', async () => {
  const { submit, allowances } = instance({ perSecond: 1, burst: 1 }, { clock: () => 1 });
  await submit('first');
  for (let number = 1; number < SUBMIT_CALLERS_KNOWN; number += 1) await submit(`caller-${number}`);
  expect(await submit('first')).toBe(false);
  await submit('late');
  expect(allowances.size).toBe(SUBMIT_CALLERS_KNOWN);
  expect(allowances.has('first')).toBe(false);
  expect(await submit('late')).toBe(false);
});

/** Instances that share a count, and time that a test sets. */
function simulated(rate: SubmitRate, instances: number) {
  const time = { now: AT_ONCE.clock() };
  const counts = new Map<string, number>();
  class SharedCounter extends SubmitCounter {
    override async count(caller: string, period: number, submits: number): Promise<number> {
      const key = `${period} ${caller}`;
      const count = (counts.get(key) ?? 0) + submits;
      counts.set(key, count);
      return count;
    }
  }
  const newCounter = () => new SharedCounter({ client: dynamoDb, tableName: 'none' });
  const all = Array.from({ length: instances }, () => instance(rate, { newCounter, clock: () => time.now }));
  return { time, all };
}

describe.each([1, 2, 8])('over %d instances', (instances) => {
  test.each([1, 50])('a caller that keeps to its rate of %d a second is never refused', async (perSecond) => {
    const burst = 60;
    const { time, all } = simulated({ perSecond, burst }, instances);
    const random = seededRandom(instances, 'who');
    const anyOne = () => all[Math.floor(random() * instances)] ?? instance({ perSecond, burst });
    let [tokens, admitted, submits] = [burst, 0, 0];
    for (let step = 0; step < 300; step += 1) {
      const waitMs = random() * 10_000;
      time.now += waitMs;
      tokens = Math.min(tokens + (perSecond * waitMs) / 1000, burst);
      const some = random() < 0.5 ? Math.floor(tokens) : Math.floor(random() * tokens);
      const one = anyOne();
      admitted += await times(some, () => (random() < 0.5 ? one : anyOne()).submit('fair'));
      submits += some;
      tokens -= some;
    }
    expect(submits).toBeGreaterThan(1000);
    expect(admitted).toBe(submits);
  });

  test.each([20, 100])(
    'a caller that floods gets its rate of %d a second, and little more',
    async (perSecond) => {
      const rate = { perSecond, burst: perSecond };
      const { time, all } = simulated(rate, instances);
      let admitted = 0;
      const minutes = 3;
      for (let tick = 0; tick < minutes * 600; tick += 1) {
        time.now += 100;
        for (const { submit } of all) while (await submit('flooding')) admitted += 1;
      }
      const wanted = perSecond * minutes * 60;
      // Before it learns of the others an instance lets a burst through, and forty in each count; each count has a burst.
      const counts = 1 + (minutes * 60) / SUBMIT_COUNT_SECONDS;
      const more = instances * (perSecond + 40 * counts) + perSecond * counts;
      expect(admitted).toBeGreaterThan(0.95 * wanted);
      expect(admitted).toBeLessThan(wanted + more);
    },
  );
});
