import { describe, expect, test } from 'vitest';
import { ExecutionSteps, type HistoryEvent } from '../../lambdas/domain/execution-steps.ts';

type Told = readonly [previousId: number, type: string, fields?: Partial<HistoryEvent>];

/** A history whose events are numbered from 1, one second apart. */
function stepsOf(...events: Told[]) {
  const steps = new ExecutionSteps();
  for (const [index, [previousId, type, fields]] of events.entries()) {
    steps.add({ id: index + 1, previousId, type, time: (index + 1) * 1000, ...fields });
  }
  return steps.slice(0, 100);
}

const entered = (previousId: number, type: string, name: string): Told => [
  previousId,
  `${type}StateEntered`,
  { name },
];
const exited = (previousId: number, type: string, name: string): Told => [
  previousId,
  `${type}StateExited`,
  { name },
];

const FAILURE = { error: 'E', cause: 'because' };

describe('the steps of an execution', () => {
  test('say when each state was entered and exited, and what it asked for last', () => {
    const steps = stepsOf(
      [0, 'ExecutionStarted'],
      entered(0, 'Pass', 'First'),
      exited(2, 'Pass', 'First'),
      entered(3, 'Task', 'Work'),
      [4, 'TaskScheduled', { request: 'one' }],
      [5, 'TaskStarted'],
      [6, 'TaskFailed', FAILURE],
      [7, 'TaskScheduled', { request: 'two' }],
      [8, 'TaskSubmitted'],
    );
    expect(steps).toMatchObject([
      { stepId: 2, stateName: 'First', status: 'Succeeded', enteredTime: 2000, exitedTime: 3000 },
      {
        stepId: 4,
        stateName: 'Work',
        stateType: 'Task',
        status: 'Running',
        exitedTime: undefined,
        attempts: 2,
        request: 'two',
        error: undefined,
      },
    ]);
  });

  test('that failed are Caught where the workflow goes on, and Failed where it does not', () => {
    const failing: Told[] = [
      [0, 'ExecutionStarted'],
      entered(0, 'Task', 'Work'),
      [2, 'LambdaFunctionScheduled'],
      [3, 'LambdaFunctionTimedOut'],
    ];
    expect(stepsOf(...failing, exited(4, 'Task', 'Work'))).toMatchObject([
      { status: 'Caught', error: 'States.Timeout' },
    ]);
    expect(stepsOf(...failing, [4, 'ExecutionFailed', FAILURE])).toMatchObject([
      { status: 'Failed', error: 'States.Timeout', exitedTime: 5000 },
    ]);
  });

  test('in iterations and branches have their index and what they are in, at any depth, and each is of its own line', () => {
    const steps = stepsOf(
      [0, 'ExecutionStarted'],
      entered(0, 'Map', 'Each'),
      [2, 'MapStateStarted'],
      [3, 'MapIterationStarted', { name: 'Each', index: 0 }],
      [3, 'MapIterationStarted', { name: 'Each', index: 1 }],
      entered(5, 'Parallel', 'Both'),
      entered(4, 'Parallel', 'Both'),
      [6, 'ParallelStateStarted'],
      entered(8, 'Pass', 'Left'),
      entered(8, 'Task', 'Right'),
      exited(10, 'Task', 'Right'),
      exited(9, 'Pass', 'Left'),
      entered(12, 'Pass', 'Left again'),
      exited(13, 'Pass', 'Left again'),
      [14, 'ParallelStateSucceeded'],
      exited(15, 'Parallel', 'Both'),
      [16, 'MapIterationSucceeded', { name: 'Each', index: 1 }],
    );
    expect(
      steps.map(({ stepId, parentStepId, mapIndex, branchIndex, stateName, status }) => [
        stepId,
        parentStepId,
        mapIndex,
        branchIndex,
        stateName,
        status,
      ]),
    ).toEqual([
      [2, undefined, undefined, undefined, 'Each', 'Running'],
      [6, 2, 1, undefined, 'Both', 'Succeeded'],
      [7, 2, 0, undefined, 'Both', 'Running'],
      [9, 6, 1, 0, 'Left', 'Succeeded'],
      [10, 6, 1, 1, 'Right', 'Succeeded'],
      [13, 6, 1, 0, 'Left again', 'Succeeded'],
    ]);
  });

  test('of branches that were given up are Stopped beside the one that failed', () => {
    const failed: Told[] = [
      [0, 'ExecutionStarted'],
      entered(0, 'Map', 'Each'),
      [2, 'MapStateStarted'],
      [3, 'MapIterationStarted', { index: 0 }],
      entered(4, 'Wait', 'Rest'),
      [3, 'MapIterationStarted', { index: 1 }],
      entered(6, 'Task', 'Work'),
      [7, 'TaskScheduled'],
      [8, 'TaskFailed', FAILURE],
      [9, 'MapIterationFailed', { index: 1 }],
      // As Step Functions tells of the one that was given up: after the one that was to blame.
      [9, 'WaitStateAborted'],
      [9, 'MapIterationAborted', { index: 0 }],
      [9, 'MapStateFailed'],
    ];
    const statuses = (...told: Told[]) => stepsOf(...told).map(({ status, error }) => [status, error]);
    const inner = [
      ['Stopped', undefined],
      ['Failed', 'E'],
    ];
    expect(statuses(...failed, [13, 'ExecutionFailed', FAILURE])).toEqual([['Failed', 'E'], ...inner]);
    expect(statuses(...failed, exited(13, 'Map', 'Each'), entered(14, 'Pass', 'Report'))).toEqual([
      ['Caught', 'E'],
      ...inner,
      ['Running', undefined],
    ]);
  });

  test('of an execution that was stopped or timed out are Stopped, and run again when it is redriven', () => {
    const running: Told[] = [[0, 'ExecutionStarted'], entered(0, 'Task', 'Work'), [2, 'TaskScheduled']];
    for (const end of ['ExecutionAborted', 'ExecutionTimedOut']) {
      expect(stepsOf(...running, [0, end])).toMatchObject([{ status: 'Stopped', exitedTime: 4000 }]);
    }
    expect(stepsOf(...running, [0, 'ExecutionAborted'], [4, 'ExecutionRedriven'])).toMatchObject([
      { status: 'Running' },
    ]);
  });

  test('that end the execution by failing it are Failed', () => {
    const steps = stepsOf([0, 'ExecutionStarted'], entered(0, 'Fail', 'Give up'), [
      2,
      'ExecutionFailed',
      FAILURE,
    ]);
    expect(steps).toMatchObject([{ stateType: 'Fail', status: 'Failed', error: 'E', cause: 'because' }]);
  });

  test('are settled when nothing can change them any more', () => {
    const steps = new ExecutionSteps();
    const add = (id: number, previousId: number, type: string, name: string) =>
      steps.add({ id, previousId, type, time: id, name });
    add(1, 0, 'PassStateEntered', 'A');
    expect(steps.isSettled(1)).toBe(false);
    add(2, 1, 'PassStateExited', 'A');
    expect([steps.count, steps.isSettled(1), steps.isSettled(2)]).toEqual([1, true, false]);
  });
});
