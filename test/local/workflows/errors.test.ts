import { describe, expect, it } from 'vitest';
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
  it('tries again after an interval that grows, up to its maximum', async () => {
    const { functions, callMs } = flaky(3);
    const machine = retried([
      { ErrorEquals: ['Flaky'], IntervalSeconds: 1, BackoffRate: 1.5, MaxDelaySeconds: 1 },
    ]);
    const startMs = performance.now();
    expect(await outputOf(machine, {}, functions)).toBe('done');
    expect(callMs).toHaveLength(4);
    const gaps = callMs.slice(1).map((ms, index) => ms - (callMs[index] ?? 0));
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(990);
      expect(gap).toBeLessThan(1450);
    }
    expect(performance.now() - startMs).toBeLessThan(6000);
  });

  it('grows by its back-off rate', async () => {
    const { functions, callMs } = flaky(2);
    await outputOf(retried([{ ErrorEquals: ['Flaky'], BackoffRate: 2 }]), {}, functions);
    const [first = 0, second = 0, third = 0] = callMs;
    expect(second - first).toBeGreaterThan(990);
    expect(third - second).toBeGreaterThan(1990);
  });

  it.each([
    [{ MaxAttempts: 0 }, 1],
    [{ MaxAttempts: 1 }, 2],
    [{ ErrorEquals: ['Other'] }, 1],
    [{ ErrorEquals: ['States.Timeout'] }, 1],
  ])('with %j calls %i times in all', async (fields, calls) => {
    const { functions, callMs } = flaky(9);
    const machine = retried([{ ErrorEquals: ['Flaky'], ...fields }]);
    await expect(outputOf(machine, {}, functions)).rejects.toThrow('FAILED Flaky');
    expect(callMs).toHaveLength(calls);
  });

  it.each(['Flaky', 'States.ALL', 'States.TaskFailed'])('means the error by the name %s', async (name) => {
    const { functions, callMs } = flaky(1);
    expect(await outputOf(retried([{ ErrorEquals: [name] }]), {}, functions)).toBe('done');
    expect(callMs).toHaveLength(2);
  });

  it('counts for each retrier, and tells the state how often it was retried', async () => {
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

  it('calls nothing any more once the execution is stopped', async () => {
    const { functions, callMs } = flaky(99);
    const server = await startWorkflows(functions);
    const machine = await server.deploy(
      retried([{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 99, BackoffRate: 1 }]),
    );
    const arn = await server.start(machine);
    await expect.poll(() => callMs.length).toBe(1);
    (await server.workflows.service()).stopExecution(arn, undefined, undefined);
    expect((await server.ended(arn)).status).toBe('ABORTED');
    // Another execution that retries shows that time has passed for the first one too.
    const other = flaky(1);
    await outputOf(retried([{ ErrorEquals: ['States.ALL'] }]), {}, other.functions);
    expect(callMs).toHaveLength(1);
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

describe('TimeoutSeconds', () => {
  const never = { never: () => new Promise(() => undefined) };

  it.each(['States.Timeout', 'States.ALL'])('ends a task by a time-out that %s catches', async (name) => {
    const machine = caught([{ ErrorEquals: [name] }], invokeTask('never', { TimeoutSeconds: 1 }));
    expect(await outputOf(machine, {}, never)).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  it('comes from the input too, and States.TaskFailed does not mean it', async () => {
    const machine = caught(
      [{ ErrorEquals: ['States.TaskFailed'] }],
      functionTask('never', { TimeoutSecondsPath: '$.t' }),
    );
    await expect(outputOf(machine, { t: 1 }, never)).rejects.toThrow('FAILED States.Timeout: undefined');
  });

  it('may be longer than a timer of Node', async () => {
    expect(
      await outputOf(oneState(functionTask('one', { TimeoutSeconds: 99_999_999 })), {}, { one: () => 1 }),
    ).toBe(1);
  });

  it('of the machine ends the execution as TIMED_OUT, whatever catches', async () => {
    const machine = {
      ...caught([{ ErrorEquals: ['States.ALL'] }], functionTask('never')),
      TimeoutSeconds: 1,
    };
    await expect(outputOf(machine, {}, never)).rejects.toThrow('TIMED_OUT undefined: undefined');
  });
});

it('an execution that goes round for ever ends at the limit of its history, and lets others run meanwhile', async () => {
  const server = await startWorkflows();
  const machine = await server.deploy({
    StartAt: 'Round',
    States: {
      Round: { Type: 'Pass', Next: 'Again' },
      Again: {
        Type: 'Choice',
        Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'End' }],
        Default: 'Round',
      },
      End: { Type: 'Succeed' },
    },
  });
  const arn = await server.start(machine);
  const other = await server.start(machine, { stop: true });
  expect((await server.ended(other)).status).toBe('SUCCEEDED');
  expect(await server.ended(arn)).toMatchObject({
    status: 'FAILED',
    error: 'States.Runtime',
    cause: expect.stringContaining('maximum number of history events (25000)'),
  });
});
