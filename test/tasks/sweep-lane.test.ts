import { expect, test } from 'vitest';
import { QueueGoneError } from '../../lambdas/aws/task-queue.ts';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { Slots } from '../../lambdas/tasks/slots.ts';
import { Lane, type Turns } from '../../lambdas/tasks/sweep-lane.ts';

/** A lane whose time is over after so many turns. */
function laneOf({ places = new Map<string, string>(), turnsMax = 1000 } = {}) {
  const taken: string[] = [];
  const failed: string[] = [];
  const lane = new Lane('settings', {
    clock: () => (taken.length >= turnsMax ? Number.MAX_SAFE_INTEGER : 0),
    startTime: 0,
    places,
    fail: (part) => failed.push(part),
  });
  async function* turns(
    name: string,
    count: number,
    act: () => Promise<void> = async () => undefined,
  ): Turns {
    for (let turn = 0; turn < count; turn += 1) {
      taken.push(name);
      await act();
      yield;
    }
  }
  const add = (name: string, count: number, act?: () => Promise<void>) =>
    lane.add(name, turns(name, count, act));
  const work = () => {
    lane.close();
    return lane.work();
  };
  return { lane, taken, failed, places, add, work };
}

test('functions of a lane take turns, however much one of them has to do', async () => {
  const { taken, add, work } = laneOf();
  add('flooded', 100);
  add('a', 2);
  add('b', 2);
  await work();
  expect(taken.indexOf('b')).toBeLessThan(4);
  expect(taken.lastIndexOf('b')).toBeLessThan(10);
  expect(taken).toHaveLength(104);
});

test.each([
  ['AWS was away', new TaskModeError('ServiceUnavailable', 'away')],
  ['its queue is gone', new QueueGoneError('gone')],
])('a lane leaves a function for the next run at once when %s', async (_, error) => {
  const { taken, failed, add, work } = laneOf();
  add('broken', 100, async () => Promise.reject(error));
  add('broken', 100);
  add('sound', 3);
  await work();
  expect(taken.filter((name) => name === 'sound')).toHaveLength(3);
  expect(taken.filter((name) => name === 'broken').length).toBeLessThan(4);
  expect(failed).toEqual(['settings of broken']);
});

test('a lane leaves a function for the next run after ten failed tasks, and works on the other tasks until then', async () => {
  const { lane, failed, add, work } = laneOf();
  const own = lane.of('broken');
  const done: number[] = [];
  const items = Array.from({ length: 50 }, (_, n) => n);
  add('broken', 1, () =>
    own.each(items, async (item) => {
      if (item % 2 === 0) throw new Error('this row');
      done.push(item);
    }),
  );
  await work();
  expect(failed).toHaveLength(10);
  expect(done.length).toBeGreaterThanOrEqual(9);
  expect(own.isLeft).toBe(true);
});

test('a lane that runs out of time has the next run begin with the function whose turn it was', async () => {
  const places = new Map<string, string>();
  const first = laneOf({ places, turnsMax: 4 });
  const functions = ['a', 'b', 'c', 'd', 'e', 'f'].map((functionName) => ({ functionName }));
  for (const { functionName } of first.lane.inOrder(functions, 0)) first.add(functionName, 1);
  await first.work();
  expect(first.taken).toEqual(['a', 'b', 'c', 'd']);
  const second = laneOf({ places });
  for (const { functionName } of second.lane.inOrder(functions, 0)) second.add(functionName, 1);
  await second.work();
  expect(second.taken.slice(0, 2)).toEqual(['e', 'f']);
  expect(second.taken).toHaveLength(6);
  expect(places.size).toBe(0);
});

test('a lane waits for work that another lane finds, until it is closed', async () => {
  const { lane, taken, add } = laneOf();
  const isDone = lane.work();
  await Promise.resolve();
  add('found', 2);
  await new Promise(setImmediate);
  expect(taken).toEqual(['found', 'found']);
  add('found later', 1);
  lane.close();
  await isDone;
  expect(taken).toHaveLength(3);
});

test('what must follow something that is done is done after the time is over, and not once AWS is away', async () => {
  const { lane, failed } = laneOf({ turnsMax: 0 });
  const items = Array.from({ length: 20 }, (_, n) => n);
  const done: number[] = [];
  await lane.of('a').each(items, async (item) => done.push(item));
  expect(done).toEqual([]);
  await lane.of('a').finish(items, async (item) => done.push(item));
  expect(done).toEqual(items);
  let tried = 0;
  await lane.of('b').finish(items, async () => {
    tried += 1;
    throw new TaskModeError('ServiceUnavailable', 'away');
  });
  expect(tried).toBeLessThanOrEqual(2);
  expect(failed).toHaveLength(tried);
});

test('turns for which there is no time end in their finally blocks', async () => {
  const { lane, work } = laneOf();
  let isEnded = false;
  async function* held(): Turns {
    try {
      for (;;) {
        lane.end();
        yield;
      }
    } finally {
      isEnded = true;
    }
  }
  lane.add('held', held());
  await work();
  expect(isEnded).toBe(true);
});

test('slots do so much at once and no more, in the order of the calls, also after a failure', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let atOnce = 0;
  const work = (number: number) =>
    slots.use(async () => {
      atOnce += 1;
      expect(atOnce).toBeLessThanOrEqual(2);
      order.push(number);
      await new Promise(setImmediate);
      atOnce -= 1;
      if (number === 1) throw new Error('one');
    });
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map(work));
  expect(results.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(1);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});
