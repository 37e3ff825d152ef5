import { expect, test } from 'vitest';
import type { ExecutionStep } from '../../client/index.ts';
import { lanesWithin, outermostSteps } from '../../console/src/display/step-lanes.ts';

let lastId = 0;

function step(stateName: string, fields: Partial<ExecutionStep> = {}): ExecutionStep {
  lastId += 1;
  return {
    stepId: lastId,
    stateName,
    stateType: 'Task',
    status: 'Succeeded',
    enteredTime: lastId * 1000,
    exitedTime: lastId * 1000 + 500,
    attempts: 1,
    ...fields,
  };
}

const namesOf = (parent: ExecutionStep, steps: readonly ExecutionStep[]) =>
  lanesWithin(parent, steps).map((lane) => [lane.name, ...lane.steps.map(({ stateName }) => stateName)]);

test('a branch of a Parallel is one lane, however its states mix with those of other branches', () => {
  const both = step('Both', { stateType: 'Parallel' });
  const within = { parentStepId: both.stepId };
  const steps = [
    both,
    step('Charge', { ...within, branchIndex: 0 }),
    step('Reserve', { ...within, branchIndex: 1 }),
    step('Receipt', { ...within, branchIndex: 0 }),
    step('After'),
  ];
  expect(outermostSteps(steps).map(({ stateName }) => stateName)).toEqual(['Both', 'After']);
  expect(namesOf(both, steps)).toEqual([
    ['Branch 1', 'Charge', 'Receipt'],
    ['Branch 2', 'Reserve'],
  ]);
});

test('an item of a Map is one lane, in the order of the items, within a branch too', () => {
  const each = step('Each', { stateType: 'Map', parentStepId: 1, branchIndex: 2 });
  const within = { parentStepId: each.stepId };
  const steps = [
    each,
    step('Pack', { ...within, mapIndex: 1 }),
    step('Pack', { ...within, mapIndex: 0 }),
    step('Label', { ...within, mapIndex: 1 }),
  ];
  expect(namesOf(each, steps)).toEqual([
    ['Item 0', 'Pack'],
    ['Item 1', 'Pack', 'Label'],
  ]);
});
