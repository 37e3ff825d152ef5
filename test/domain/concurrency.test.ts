import { describe, expect, test } from 'vitest';
import {
  checkTasksAtOnce,
  isInState,
  type Scaled,
  tasksAtOnceIn,
  tasksAtOnceOf,
  wantedState,
} from '../../lambdas/domain/concurrency.ts';

const single: Scaled = { scaling: { maxConcurrency: 100 }, instanceConcurrency: 1 };
const crowd: Scaled = { scaling: { maxConcurrency: 100 }, instanceConcurrency: 3 };
const pollers: Scaled = {
  scaling: { provisionedPollerConfig: { minimumPollers: 2, maximumPollers: 5 } },
  instanceConcurrency: 3,
};
const put = (scaled: Scaled, tasksAtOnce?: number): Scaled => ({
  ...scaled,
  runtimeConcurrency: {
    changedTime: 1,
    revision: 'r',
    ...(tasksAtOnce !== undefined && { tasksAtOnce }),
  },
});

describe('tasks at once', () => {
  test.each([
    ['as deployed', single, 100, { isEnabled: true, maxInstances: 100 }],
    ['as deployed, with several in an instance', crowd, 300, { isEnabled: true, maxInstances: 100 }],
    ['as put', put(single, 7), 7, { isEnabled: true, maxInstances: 7 }],
    ['as put, with several in an instance', put(crowd, 12), 12, { isEnabled: true, maxInstances: 4 }],
    ['none', put(crowd, 0), 0, { isEnabled: false }],
    ['as deployed again', put(crowd), 300, { isEnabled: true, maxInstances: 100 }],
    ['of provisioned pollers', pollers, 150, { isEnabled: true }],
    ['none of provisioned pollers', put(pollers, 0), 0, { isEnabled: false }],
    [
      'of provisioned pollers that were deployed after a number was put',
      put(pollers, 7),
      150,
      { isEnabled: true },
    ],
  ])('%s', (_, scaled, tasks, state) => {
    expect(tasksAtOnceOf(scaled)).toBe(tasks);
    expect(wantedState(scaled)).toEqual(state);
    expect(tasksAtOnceIn(scaled, wantedState(scaled))).toBe(tasks);
  });

  test.each([
    [5, 2, 6],
    [7, 2, 6],
    [9, 3, 9],
    [10_000, 1000, 3000],
  ])('%d that were put before three ran in an instance are %d instances', (tasks, maxInstances, atOnce) => {
    const scaled = put(crowd, tasks);
    expect(wantedState(scaled)).toEqual({ isEnabled: true, maxInstances });
    expect(tasksAtOnceIn(scaled, wantedState(scaled))).toBe(atOnce);
    expect(tasksAtOnceOf(scaled)).toBe(tasks);
  });
});

/** The words with which a number is refused. */
function refusal(scaled: Scaled, tasksAtOnce: number): string {
  try {
    checkTasksAtOnce(scaled, tasksAtOnce);
  } catch (error) {
    return (error as Error).message;
  }
  return 'taken';
}

describe('a number', () => {
  test.each([
    [single, [0, 2, 3, 1000]],
    [crowd, [0, 6, 9, 3000]],
    [pollers, [0]],
  ])('that AWS can hold to is taken', (scaled, numbers) => {
    expect(numbers.map((number) => refusal(scaled, number))).toEqual(numbers.map(() => 'taken'));
  });

  test.each([
    [single, [1, 1001], 'reservedConcurrency must be 0 (its tasks wait) or a whole number from 2 to 1000'],
    [
      crowd,
      [1, 3, 5, 7, 3003],
      'reservedConcurrency must be 0 (its tasks wait) or a multiple of 3 from 6 to 3000, as an instance runs 3 tasks at once',
    ],
    [
      pollers,
      [1, 6, 150],
      'reservedConcurrency must be 0 (its tasks wait): the function has 2 to 5 provisioned pollers, beside which AWS takes no maximum',
    ],
  ])('that it cannot is refused, and what is wanted is said', (scaled, numbers, wanted) => {
    expect(numbers.map((number) => refusal(scaled, number))).toEqual(
      numbers.map((number) => `${wanted}, got "${number}"`),
    );
  });
});

test.each([
  [{ isEnabled: true, maxInstances: 5 }, { isEnabled: true, maxInstances: 5 }, true],
  [{ isEnabled: true, maxInstances: 5 }, { isEnabled: true, maxInstances: 6 }, false],
  [{ isEnabled: true }, { isEnabled: true, maxInstances: 6 }, false],
  [{ isEnabled: true, maxInstances: 5 }, { isEnabled: true }, true],
  [{ isEnabled: true, maxInstances: 5 }, { isEnabled: false }, false],
  [{ isEnabled: false, maxInstances: 5 }, { isEnabled: false }, true],
  [{ isEnabled: false, maxInstances: 5 }, { isEnabled: true, maxInstances: 5 }, false],
])('an event source that is %j is what is wanted by %j: %s', (state, wanted, isSo) => {
  expect(isInState(state, wanted)).toBe(isSo);
});
