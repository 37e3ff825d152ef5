import { describe, expect, it } from 'vitest';
import { History } from '../../../local/workflows/run/history.ts';
import {
  functionTask,
  invokeTask,
  namedError,
  oneState,
  outputOf,
  startWorkflows,
} from '../fixtures/workflows.ts';

/** A function that fails so many times, and the times at which it was called. */
function flaky(failures: number, name = 'Flaky') {
  const callMs: number[] = [];
  return {
    callMs,
    functions: {
      flaky: () => {
        callMs.push(performance.now());
        if (callMs.length <= failures) throw namedError(name);
        return 'done';
      },
    },
  };
}

const retried = (retriers: object[], task = functionTask('flaky')) => oneState({ ...task, Retry: retriers });

const caught = (catchers: object[], task: object) => ({
  StartAt: 'Only',
  States: {
    Only: { ...task, Catch: catchers.map((catcher) => ({ Next: 'Caught', ...catcher })), Next: 'Caught' },
    Caught: { Type: 'Pass', End: true },
  },
});

describe('Retry', () => {
  it('tells the state how often it was retried', async () => {
    const names = ['First', 'Second', 'First'];
    const seen: number[] = [];
    const work = ({ retries }: { retries: number }) => {
      seen.push(retries);
      const name = names.shift();
      if (name !== undefined) throw namedError(name);
      return 'done';
    };
    const retriers = ['First', 'Second'].map((name) => ({
      ErrorEquals: [name],
      MaxAttempts: name === 'First' ? 2 : 1,
      BackoffRate: 1,
    }));
    const task = functionTask('work', { Parameters: { 'retries.$': '$$.State.RetryCount' } });
    expect(await outputOf(retried(retriers, task), {}, { work })).toBe('done');
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('tries a whole Map again', async () => {
    const { functions, callMs } = flaky(1);
    const machine = oneState({
      Type: 'Map',
      ItemProcessor: { StartAt: 'Inner', States: { Inner: functionTask('flaky', { End: true }) } },
      Retry: [{ ErrorEquals: ['States.ALL'] }],
    });
    expect(await outputOf(machine, [1, 2], functions)).toEqual(['done', 'done']);
    expect(callMs.length).toBeGreaterThanOrEqual(3);
  });
});

describe('Catch', () => {
  const bad = {
    bad: () => {
      throw namedError('BadError', 'no');
    },
  };
  const errorOutput = { Error: 'BadError', Cause: '{"errorType":"BadError","errorMessage":"no"}' };

  it.each<[object, unknown]>([
    [{}, errorOutput],
    [{ ResultPath: '$' }, errorOutput],
    [{ ResultPath: '$.error' }, { a: 1, error: errorOutput }],
    [{ ResultPath: null }, { a: 1 }],
  ])('with %j goes on with the error in its place', async (fields, output) => {
    const machine = caught([{ ErrorEquals: ['BadError'], ...fields }], invokeTask('bad'));
    expect(await outputOf(machine, { a: 1 }, bad)).toEqual(output);
  });

  it('takes the first catcher that means the error, after the retries', async () => {
    const { functions, callMs } = flaky(9);
    const machine = caught(
      [
        { ErrorEquals: ['Other'], ResultPath: '$.other' },
        { ErrorEquals: ['Flaky'], ResultPath: '$.flaky' },
        { ErrorEquals: ['States.ALL'], ResultPath: '$.all' },
      ],
      functionTask('flaky', { Retry: [{ ErrorEquals: ['Flaky'], MaxAttempts: 1 }] }),
    );
    expect(Object.keys(await outputOf(machine, {}, functions))).toEqual(['flaky']);
    expect(callMs).toHaveLength(2);
  });

  it('catches what failed in an iteration, a branch, or in data', async () => {
    const scope = { StartAt: 'Inner', States: { Inner: functionTask('bad', { End: true }) } };
    const all = [{ ErrorEquals: ['States.ALL'] }];
    expect(await outputOf(caught(all, { Type: 'Map', ItemProcessor: scope }), [1], bad)).toEqual(errorOutput);
    expect(await outputOf(caught(all, { Type: 'Parallel', Branches: [scope] }), [1], bad)).toEqual(
      errorOutput,
    );
    const intrinsic = functionTask('bad', { Parameters: { 'a.$': "States.StringToJson('x')" } });
    expect(await outputOf(caught(all, intrinsic), {}, bad)).toMatchObject({
      Error: 'States.IntrinsicFailure',
    });
    const path = functionTask('bad', { Parameters: {}, ResultPath: '$.a.b' });
    expect(await outputOf(caught(all, path), { a: 'text' }, { bad: () => 1 })).toMatchObject({
      Error: 'States.ResultPathMatchFailure',
    });
    const large = functionTask('bad');
    expect(await outputOf(caught(all, large), {}, { bad: () => 'x'.repeat(300_000) })).toMatchObject({
      Error: 'States.DataLimitExceeded',
    });
  });

  it('never catches States.Runtime', async () => {
    const machine = caught([{ ErrorEquals: ['States.ALL'] }], functionTask('bad', { InputPath: '$.nope' }));
    await expect(outputOf(machine, {}, bad)).rejects.toThrow(
      "FAILED States.Runtime: An error occurred while executing the state 'Only'",
    );
  });
});

it('a task that takes too long is caught by the name of its time-out', async () => {
  const machine = caught([{ ErrorEquals: ['States.Timeout'] }], invokeTask('never', { TimeoutSeconds: 1 }));
  expect(await outputOf(machine, {}, { never: () => new Promise(() => undefined) })).toEqual({
    Error: 'States.Timeout',
    Cause: '',
  });
});

it('an execution that goes round for ever lets others run meanwhile', async () => {
  const server = await startWorkflows();
  const round = {
    Type: 'Choice',
    Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'End' }],
    Default: 'Round',
  };
  const definition = { StartAt: 'Round', States: { Round: round, End: { Type: 'Succeed' } } };
  const machine = await server.deploy(definition);
  await server.start(await server.deploy(definition, { name: 'express', isExpress: true }));
  expect((await server.ended(await server.start(machine, { stop: true }))).status).toBe('SUCCEEDED');
});

it('a history that reaches its limit ends the execution, and its end still has a place', () => {
  const types: string[] = [];
  const history = new History(({ type }) => types.push(type), 3);
  history.add('ExecutionStarted', 0);
  history.add('PassStateEntered', 0);
  expect(() => history.add('PassStateExited', 2)).toThrow('maximum number of history events (3)');
  history.close('ExecutionFailed', 2, {});
  history.add('TaskStateAborted', 2);
  expect(types).toEqual(['ExecutionStarted', 'PassStateEntered', 'ExecutionFailed']);
});
