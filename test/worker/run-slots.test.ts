import { expect, test } from 'vitest';
import { RunSlots } from '../../lambdas/worker/run-slots.ts';

/** Both threads' views of the same slots. */
function slotsOfBoth() {
  const main = new RunSlots();
  return { main, supervisor: new RunSlots(main.buffer) };
}

test('the end of a run goes to whoever takes it first: the main thread', () => {
  const { main, supervisor } = slotsOfBoth();
  const run = main.acquire();
  expect(main.tryFinish(run)).toBe(true);
  expect(supervisor.tryKill(run)).toBe(false);
  expect(supervisor.isCurrent(run)).toBe(true);
  expect(supervisor.isRunning(run)).toBe(false);
  main.release(run);
  expect(supervisor.isCurrent(run)).toBe(false);
});

test('the end of a run goes to whoever takes it first: the supervisor', () => {
  const { main, supervisor } = slotsOfBoth();
  const run = main.acquire();
  expect(supervisor.tryKill(run)).toBe(true);
  expect(main.tryFinish(run)).toBe(false);
  expect(supervisor.tryKill(run)).toBe(false);
});

test('a run that never started frees its slot', () => {
  const { main, supervisor } = slotsOfBoth();
  const run = main.acquire();
  main.release(run);
  expect(supervisor.isCurrent(run)).toBe(false);
  expect(main.acquire().slot).toBe(run.slot);
});

test('what is late is about a run that is over, and reaches no other one in its slot', () => {
  const { main, supervisor } = slotsOfBoth();
  const first = main.acquire();
  main.release(first);
  const second = main.acquire();
  expect(second.slot).toBe(first.slot);
  expect(supervisor.tryKill(first)).toBe(false);
  expect(supervisor.isCurrent(first)).toBe(false);
  expect(main.tryFinish(first)).toBe(false);
  main.release(first);
  expect(supervisor.isRunning(second)).toBe(true);
});

test('there are as many slots as an instance runs tasks at once, and no more', () => {
  const { main } = slotsOfBoth();
  const runs = Array.from({ length: 10 }, () => main.acquire());
  expect(new Set(runs.map(({ slot }) => slot)).size).toBe(10);
  expect(() => main.acquire()).toThrow('no instance runs more than 10 tasks at once');
});
