import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Json } from '../../../local/json.ts';
import { readDefinition } from '../../../local/workflows/definition/read-definition.ts';
import { Execution } from '../../../local/workflows/execution.ts';
import type { ExecutionRecord } from '../../../local/workflows/execution-record.ts';
import { WorkflowError } from '../../../local/workflows/run/workflow-error.ts';
import type { TaskCaller } from '../../../local/workflows/task-caller.ts';
import { TaskTokens } from '../../../local/workflows/task-tokens.ts';
import { functionTask, oneState, tokenTask } from '../fixtures/workflows.ts';

const YEAR_SECONDS = 31_536_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

interface Started {
  readonly execution: Execution;
  /** Seconds from the start to each call of the task. */
  readonly calls: number[];
  /** The events of the history. */
  readonly types: readonly string[];
  readonly tokens: TaskTokens;
  readonly token: () => string;
  ended(): ExecutionRecord | undefined;
}

/** Starts an execution whose time is ours; `work` is what its tasks call. */
function start(
  definition: unknown,
  { work = () => new Promise<Json>(() => undefined), input = {}, isExpress = false }: Options = {},
): Started {
  const startMs = performance.now();
  const calls: number[] = [];
  const types: string[] = [];
  let [ended, token]: [ExecutionRecord | undefined, string] = [undefined, ''];
  const tokens = new TaskTokens();
  const caller = {
    call: async (_: unknown, parameters: Json) => {
      calls.push((performance.now() - startMs) / 1000);
      token = JSON.stringify(parameters).match(/"token":"([^"]+)"/)?.[1] ?? '';
      return token === '' ? work() : null;
    },
  };
  const execution = new Execution({
    machine: {
      arn: 'arn:machine',
      name: 'machine',
      roleArn: 'arn:role',
      isExpress,
      definition: readDefinition(definition as Json, 'Machine', { isExpress }),
      definitionText: '',
      createdMs: 0,
    },
    record: {
      arn: 'arn:execution',
      machineArn: 'arn:machine',
      name: 'one',
      input: JSON.stringify(input),
      startMs: Date.now(),
      status: 'RUNNING',
    },
    environment: { region: 'us-east-1', caller: caller as unknown as TaskCaller, tokens },
    onEvent: ({ type }) => types.push(type),
    onEnd: (record) => {
      ended = record;
    },
  });
  void execution.run();
  return { execution, calls, types, tokens, token: () => token, ended: () => ended };
}

interface Options {
  readonly work?: () => Promise<Json>;
  readonly input?: Json;
  readonly isExpress?: boolean;
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);
const fail = (name: string) => async (): Promise<Json> => {
  throw new WorkflowError(name, 'no');
};
const retried = (retrier: object) =>
  oneState(functionTask('work', { Retry: [{ ErrorEquals: ['Flaky'], ...retrier }] }));

describe('Retry', () => {
  it.each<[object, number[]]>([
    [{}, [0, 1, 3, 7]],
    [{ IntervalSeconds: 10, BackoffRate: 1, MaxAttempts: 2 }, [0, 10, 20]],
    [{ IntervalSeconds: 2, BackoffRate: 1.5 }, [0, 2, 5, 9.5]],
    [{ IntervalSeconds: 10, BackoffRate: 10, MaxDelaySeconds: 60 }, [0, 10, 70, 130]],
    [{ MaxAttempts: 0 }, [0]],
  ])('with %j calls at second %j, and gives up then', async (retrier, seconds) => {
    const { calls, ended } = start(retried(retrier), { work: fail('Flaky') });
    await pass(1000);
    expect(calls).toEqual(seconds);
    expect(ended()).toMatchObject({ status: 'FAILED', error: 'Flaky' });
  });

  it('with full jitter calls at any time up to the interval', async () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0.5).mockReturnValueOnce(0.25);
    const { calls } = start(retried({ IntervalSeconds: 4, MaxAttempts: 2, JitterStrategy: 'FULL' }), {
      work: fail('Flaky'),
    });
    await pass(100);
    expect(calls).toEqual([0, 2, 4]);
  });

  it('counts for each retrier', async () => {
    const names = ['First', 'Second', 'First', 'Second'];
    const work = async (): Promise<Json> => fail(names.shift() ?? 'Other')();
    const Retry = ['First', 'Second'].map((name, index) => ({
      ErrorEquals: [name],
      IntervalSeconds: 10 ** index,
      MaxAttempts: 2,
    }));
    const { calls } = start(oneState(functionTask('work', { Retry })), { work });
    await pass(1000);
    expect(calls).toEqual([0, 1, 11, 13, 33]);
  });

  it('calls nothing any more once the execution is stopped', async () => {
    const { calls, execution } = start(retried({ MaxAttempts: 99 }), { work: fail('Flaky') });
    await pass(2);
    execution.stop(undefined, undefined);
    await pass(1000);
    expect(calls).toEqual([0, 1]);
  });
});

describe('the name of an error', () => {
  it.each<[string, readonly string[], boolean]>([
    ['Flaky', ['Other', 'Flaky'], true],
    ['Flaky', ['Flak'], false],
    ['Flaky', ['States.ALL'], true],
    ['Flaky', ['States.TaskFailed'], true],
    ['States.Timeout', ['States.TaskFailed'], false],
    ['States.Timeout', ['States.ALL'], true],
    ['States.Timeout', ['States.HeartbeatTimeout'], false],
    ['States.DataLimitExceeded', ['States.ALL'], true],
    ['States.Runtime', ['States.ALL'], false],
    ['States.Runtime', ['States.Runtime'], false],
  ])('%s is one of %j: %j', (name, errorEquals, expected) => {
    expect(new WorkflowError(name).isOneOf(errorEquals)).toBe(expected);
  });
});

describe('Wait', () => {
  it.each<[object, Json, number]>([
    [{ Seconds: 60 }, {}, 60],
    [{ Seconds: 99_999_999 }, {}, 99_999_999],
    [{ SecondsPath: '$.s' }, { s: 5 }, 5],
    [{ TimestampPath: '$.t' }, { t: new Date(Date.UTC(2040, 0)).toISOString() }, 0],
  ])('with %j of %j waits that long', async (fields, input, seconds) => {
    const { ended } = start(oneState({ Type: 'Wait', ...fields }), { input });
    const wantedSeconds = seconds || (Date.UTC(2040, 0) - Date.now()) / 1000;
    await pass(wantedSeconds - 0.01);
    expect(ended()).toBeUndefined();
    await pass(0.02);
    expect(ended()?.status).toBe('SUCCEEDED');
  });
});

describe('a time-out', () => {
  it.each<[string, object, Json, number]>([
    ['TimeoutSeconds', functionTask('work', { TimeoutSeconds: 30 }), {}, 30],
    ['TimeoutSecondsPath', functionTask('work', { TimeoutSecondsPath: '$.t' }), { t: 7 }, 7],
    ['a year', functionTask('work', { TimeoutSeconds: YEAR_SECONDS }), {}, YEAR_SECONDS],
    ['a missed heartbeat', tokenTask({ HeartbeatSeconds: 5, TimeoutSeconds: 60 }), {}, 5],
    ['TimeoutSeconds of a token', tokenTask({ TimeoutSeconds: 60 }), {}, 60],
  ])('by %s comes when it is due', async (_, task, input, seconds) => {
    const { ended } = start(oneState(task), { input });
    await pass(seconds - 0.01);
    expect(ended()).toBeUndefined();
    await pass(0.02);
    expect(ended()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(ended()?.cause).toBeUndefined();
  });

  it.each(['States.HeartbeatTimeout', 'States.Timeout', 'States.ALL'])(
    'of a heartbeat is caught by %s',
    async (name) => {
      const task = tokenTask({
        HeartbeatSeconds: 5,
        Catch: [{ ErrorEquals: [name], Next: 'Caught' }],
        Next: 'Caught',
      });
      const { ended } = start({
        StartAt: 'Only',
        States: { Only: task, Caught: { Type: 'Pass', End: true } },
      });
      await pass(6);
      expect(ended()).toMatchObject({ status: 'SUCCEEDED', output: '{"Error":"States.Timeout","Cause":""}' });
    },
  );

  it('of a heartbeat is put off by each heartbeat, that of the task is not', async () => {
    const { ended, tokens, token } = start(oneState(tokenTask({ HeartbeatSeconds: 5, TimeoutSeconds: 20 })));
    for (let second = 4; second < 20; second += 4) {
      await pass(4);
      expect(ended()).toBeUndefined();
      tokens.find(token()).heartbeat();
    }
    await pass(4.1);
    expect(ended()).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect(() => tokens.find(token())).toThrow('Provided task does not exist anymore');
  });

  it.each<[string, object, boolean, number]>([
    ['the machine', { ...oneState(functionTask('work')), TimeoutSeconds: 90 }, false, 90],
    ['an Express workflow', oneState(functionTask('work')), true, 300],
  ])('of %s ends the execution, whatever catches', async (_, definition, isExpress, seconds) => {
    const { ended } = start(definition, { isExpress });
    await pass(seconds - 0.01);
    expect(ended()).toBeUndefined();
    await pass(0.02);
    expect(ended()).toMatchObject({ status: 'TIMED_OUT' });
    expect(ended()?.error).toBeUndefined();
  });

  it('leaves no timer behind, however the task ended', async () => {
    const { ended } = start(oneState(functionTask('work', { TimeoutSeconds: 60 })), { work: async () => 1 });
    await pass(1);
    expect(ended()?.status).toBe('SUCCEEDED');
    const stopped = start({ ...oneState(tokenTask({ HeartbeatSeconds: 5 })), TimeoutSeconds: 900 });
    await pass(1);
    stopped.execution.stop(undefined, undefined);
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('an execution that is suspended does nothing more, and is not said to have ended', async () => {
  const task = tokenTask({
    TimeoutSeconds: 5,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    Next: 'Caught',
  });
  const { execution, types, ended } = start({
    StartAt: 'Only',
    States: { Only: task, Caught: { Type: 'Pass', End: true } },
  });
  await pass(1);
  const before = [...types];
  execution.suspend();
  await pass(100);
  expect(types).toEqual(before);
  expect(ended()).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
