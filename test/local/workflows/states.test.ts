import { describe, expect, it } from 'vitest';
import {
  functionTask,
  invokeTask,
  namedError,
  oneState,
  outputOf,
  startWorkflows,
  tokenTask,
} from '../fixtures/workflows.ts';

const inner = (state: object) => ({ StartAt: 'Inner', States: { Inner: { End: true, ...state } } });

describe('Pass', () => {
  it.each<[object, unknown]>([
    [{}, { a: { b: 1 } }],
    [{ InputPath: '$.a' }, { b: 1 }],
    [{ InputPath: null }, {}],
    [{ OutputPath: null }, {}],
    [{ OutputPath: '$.a.b' }, 1],
    [{ Parameters: { 'x.$': '$.a.b', y: 2 } }, { x: 1, y: 2 }],
    [{ InputPath: '$.a', Parameters: { 'x.$': '$.b' } }, { x: 1 }],
    [{ Result: false }, false],
    [{ Result: null }, null],
    [{ Result: { 'x.$': '$.a' } }, { 'x.$': '$.a' }],
    [{ Result: 5, ResultPath: '$' }, 5],
    [
      { Result: 5, ResultPath: '$.c' },
      { a: { b: 1 }, c: 5 },
    ],
    [
      { Result: 5, ResultPath: "$['c d'].e" },
      { a: { b: 1 }, 'c d': { e: 5 } },
    ],
    [{ Result: 5, ResultPath: null }, { a: { b: 1 } }],
    [
      { InputPath: '$.a', ResultPath: '$.c' },
      { a: { b: 1 }, c: { b: 1 } },
    ],
  ])('with %j gives %j', async (fields, output) => {
    expect(await outputOf(oneState({ Type: 'Pass', ...fields }), { a: { b: 1 } })).toEqual(output);
  });

  it.each([0, false, '', null, []])('passes on %j', async (input) => {
    expect(await outputOf(oneState({ Type: 'Pass', Parameters: { 'v.$': '$' } }), input)).toEqual({
      v: input,
    });
  });
});

describe('Choice', () => {
  const machine = (fields: object = {}) => ({
    StartAt: 'Only',
    States: {
      Only: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.n', NumericGreaterThan: 10, Next: 'Big' },
          { Variable: '$.n', NumericGreaterThan: 5, Next: 'Middle' },
        ],
        ...fields,
      },
      Big: { Type: 'Pass', Result: 'big', End: true },
      Middle: { Type: 'Pass', Result: 'middle', End: true },
      Small: { Type: 'Pass', Result: 'small', End: true },
    },
  });

  it('takes the first rule that holds, else its Default', async () => {
    const definition = machine({ Default: 'Small' });
    expect(await outputOf(definition, { n: 11 })).toBe('big');
    expect(await outputOf(definition, { n: 6 })).toBe('middle');
    expect(await outputOf(definition, { n: 1 })).toBe('small');
  });

  it('fails when no rule holds and there is no Default', async () => {
    const { Small: _, ...States } = machine().States;
    await expect(outputOf({ ...machine(), States }, { n: 1 })).rejects.toThrow(
      'FAILED States.NoChoiceMatched',
    );
  });
});

describe('Wait', () => {
  it('passes its input on when its time has come, or has passed', async () => {
    expect(await outputOf(oneState({ Type: 'Wait', Seconds: 1 }), { a: 1 })).toEqual({ a: 1 });
    const past = { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', OutputPath: '$.a' };
    expect(await outputOf(oneState(past), { a: 1 })).toBe(1);
  });

  it('fails with a path that gives no number', async () => {
    await expect(outputOf(oneState({ Type: 'Wait', SecondsPath: '$.s' }), { s: '1' })).rejects.toThrow(
      `States.Runtime: An error occurred while executing the state 'Only' (entered at the event id #2). The path '$.s' gave "1"`,
    );
  });
});

describe('Succeed and Fail', () => {
  it('end the execution', async () => {
    expect(await outputOf(oneState({ Type: 'Succeed', InputPath: '$.a' }), { a: 1 })).toBe(1);
    await expect(outputOf(oneState({ Type: 'Fail', Error: 'Bad', Cause: 'because' }))).rejects.toThrow(
      'FAILED Bad: because',
    );
    await expect(outputOf(oneState({ Type: 'Fail' }))).rejects.toThrow('FAILED undefined: undefined');
  });

  it('takes error and cause from the input too', async () => {
    const fail = oneState({
      Type: 'Fail',
      ErrorPath: '$.e',
      CausePath: "States.Format('in {}', $$.Execution.Name)",
    });
    await expect(outputOf(fail, { e: 'Bad' })).rejects.toThrow(/FAILED Bad: in \w/);
  });
});

describe('Task', () => {
  const double = { double: ({ n }: { n: number }) => ({ n: n * 2 }) };

  it('calls a function by its ARN with its input', async () => {
    expect(await outputOf(oneState(functionTask('double')), { n: 2 }, double)).toEqual({ n: 4 });
  });

  it('calls a function by the integration, whose result has the metadata of the call', async () => {
    expect(await outputOf(oneState(invokeTask('double')), { n: 2 }, double)).toEqual({
      ExecutedVersion: '$LATEST',
      Payload: { n: 4 },
      SdkHttpMetadata: { HttpStatusCode: 200 },
      SdkResponseMetadata: { RequestId: expect.any(String) },
      StatusCode: 200,
    });
  });

  it('puts together input and result: Parameters, ResultSelector, ResultPath, OutputPath', async () => {
    const task = invokeTask('double', {
      InputPath: '$.inner',
      Parameters: { FunctionName: 'double', Payload: { 'n.$': '$.m' } },
      ResultSelector: { 'value.$': '$.Payload.n', 'state.$': '$$.State.Name' },
      ResultPath: '$.doubled',
      OutputPath: '$.doubled',
    });
    expect(await outputOf(oneState(task), { inner: { m: 3 } }, double)).toEqual({ value: 6, state: 'Only' });
  });

  it('starts a function and goes on with InvocationType Event', async () => {
    const task = invokeTask('forever', {
      Parameters: { FunctionName: 'forever', InvocationType: 'Event' },
    });
    const output = await outputOf(oneState(task), {}, { forever: () => new Promise(() => undefined) });
    expect(output.StatusCode).toBe(202);
  });

  it('sends a message to a queue, an object as JSON', async () => {
    const server = await startWorkflows();
    const send = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage' };
    for (const MessageBody of ['text', { a: 1 }]) {
      const machine = await server.deploy(
        oneState({ ...send, Parameters: { QueueUrl: 'queue', MessageBody } }),
      );
      const { output = '' } = await server.ended(await server.start(machine));
      expect(JSON.parse(output)).toMatchObject({ MessageId: 'm-1', MD5OfMessageBody: 'md5' });
    }
    expect(server.messages).toEqual(['text', '{"a":1}']);
  });

  it.each<[string, object, string]>([
    [
      'the name of the error that was thrown',
      functionTask('bad'),
      'BadError: {"errorType":"BadError","errorMessage":"no"}',
    ],
    [
      'the same with the integration',
      invokeTask('bad'),
      'BadError: {"errorType":"BadError","errorMessage":"no"}',
    ],
    [
      'a function that is not there',
      invokeTask('nobody'),
      'Lambda.ResourceNotFoundException: Function not found: nobody',
    ],
    ['a function that is busy', invokeTask('busy'), 'Lambda.TooManyRequestsException: Rate Exceeded.'],
    [
      'a queue that is not there',
      tokenTask({ Parameters: { QueueUrl: 'gone', MessageBody: 'x' } }),
      'SQS.QueueDoesNotExistException: no such queue',
    ],
    [
      'too large a result',
      functionTask('huge'),
      "States.DataLimitExceeded: The state/task 'arn:aws:lambda:us-east-1:000000000000:function:huge' returned a result with a size exceeding the maximum number of bytes service limit.",
    ],
    [
      'a path without a value',
      functionTask('bad', { InputPath: '$.nope' }),
      "States.Runtime: An error occurred while executing the state 'Only' (entered at the event id #2). Invalid path '$.nope'",
    ],
  ])('fails with %s', async (_, task, message) => {
    const functions = {
      bad: () => {
        throw namedError('BadError', 'no');
      },
      busy: () => 1,
      huge: () => 'ü'.repeat(140_000),
    };
    await expect(outputOf(oneState(task), {}, functions)).rejects.toThrow(`FAILED ${message}`);
  });
});

describe('Parallel', () => {
  it('runs its branches at once, and gives their outputs in order', async () => {
    let running = 0;
    const meet = async (name: string) => {
      running += 1;
      await expect.poll(() => running).toBe(2);
      return name;
    };
    const machine = oneState({
      Type: 'Parallel',
      Parameters: { 'who.$': '$.name' },
      ResultSelector: { 'all.$': '$[*]' },
      Branches: ['One', 'Two'].map((name) => ({
        StartAt: name,
        States: { [name]: functionTask('meet', { InputPath: '$.who', End: true }) },
      })),
    });
    expect(await outputOf(machine, { name: 'both' }, { meet })).toEqual({ all: ['both', 'both'] });
  });

  it('gives up the other branches when one fails', async () => {
    const server = await startWorkflows({
      fail: () => {
        throw namedError('BadError');
      },
    });
    const branch = (name: string, state: object) => ({
      StartAt: name,
      States: { [name]: { End: true, ...state } },
    });
    const machine = await server.deploy(
      oneState({
        Type: 'Parallel',
        Branches: [
          branch('Waits', { Type: 'Wait', Seconds: 600 }),
          branch('HasToken', tokenTask()),
          branch('Fails', functionTask('fail')),
        ],
      }),
    );
    const arn = await server.start(machine);
    expect(await server.ended(arn)).toMatchObject({ status: 'FAILED', error: 'BadError' });
    const types = (await server.history(arn)).map(({ type }) => type);
    expect(types.slice(-4)).toEqual([
      'WaitStateAborted',
      'TaskStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
  });
});

describe('Map', () => {
  const map = (fields: object, state: object = { Type: 'Pass' }) =>
    oneState({ Type: 'Map', ItemProcessor: inner(state), ...fields });

  it.each<[object, unknown, unknown]>([
    [{}, [1, 2], [1, 2]],
    [{ ItemsPath: '$.list' }, { list: [] }, []],
    [{ ItemsPath: '$.list[*].n' }, { list: [{ n: 1 }, { n: null }] }, [1, null]],
    [
      { ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value' } },
      [0, 'b'],
      [
        { i: 0, v: 0 },
        { i: 1, v: 'b' },
      ],
    ],
    [
      { ItemsPath: '$.list', ItemSelector: { 'v.$': '$$.Map.Item.Value', 'all.$': '$.x' } },
      { list: [1], x: 2 },
      [{ v: 1, all: 2 }],
    ],
    [{ ItemsPath: '$.list', Parameters: { 'v.$': '$$.Map.Item.Value' } }, { list: [1] }, [{ v: 1 }]],
    [{ ItemsPath: '$.list', ResultPath: '$.done' }, { list: [1] }, { list: [1], done: [1] }],
    [{ ItemsPath: '$.list', ResultSelector: { 'first.$': '$[0]' } }, { list: [1, 2] }, { first: 1 }],
    [{ InputPath: '$.a', ItemsPath: '$.list' }, { a: { list: [3] } }, [3]],
    [{ ItemProcessor: undefined, Iterator: inner({ Type: 'Pass', Result: 7 }) }, [1], [7]],
    [{ ItemProcessor: { ...inner({ Type: 'Pass' }), ProcessorConfig: { Mode: 'INLINE' } } }, [1], [1]],
  ])('with %j of %j gives %j', async (fields, input, output) => {
    expect(await outputOf(map(fields), input)).toEqual(output);
  });

  it("tells an iteration's states which item they have, and the execution's own input", async () => {
    const state = {
      Type: 'Pass',
      Parameters: { 'i.$': '$$.Map.Item.Index', 'all.$': '$$.Execution.Input', 'me.$': '$$.State.Name' },
    };
    expect(await outputOf(map({}, state), ['a', 'b'])).toEqual([
      { i: 0, all: ['a', 'b'], me: 'Inner' },
      { i: 1, all: ['a', 'b'], me: 'Inner' },
    ]);
  });

  it('maps in a map', async () => {
    const definition = oneState({
      Type: 'Map',
      ItemProcessor: {
        StartAt: 'Row',
        States: {
          Row: {
            Type: 'Map',
            ItemProcessor: inner({ Type: 'Pass', Parameters: { 'i.$': '$$.Map.Item.Index', 'v.$': '$' } }),
            End: true,
          },
        },
      },
    });
    expect(await outputOf(definition, [[7, 8], [9]])).toEqual([
      [
        { i: 0, v: 7 },
        { i: 1, v: 8 },
      ],
      [{ i: 0, v: 9 }],
    ]);
  });

  it.each<[object, number]>([
    [{ MaxConcurrency: 3 }, 3],
    [{ MaxConcurrencyPath: '$.most' }, 2],
    [{}, 40],
    [{ MaxConcurrency: 100 }, 40],
  ])('with %j runs %i iterations at once, and no more', async (fields, wanted) => {
    let [running, most] = [0, 0];
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 5));
      running -= 1;
    };
    const input = { most: 2, list: Array.from({ length: 90 }, (_, index) => index) };
    await outputOf(map({ ItemsPath: '$.list', ...fields }, functionTask('work')), input, { work });
    expect(most).toBe(wanted);
  });

  it('starts no further iteration when one has failed, and gives up those that run', async () => {
    const started: number[] = [];
    const work = async (index: number) => {
      started.push(index);
      if (index === 2) throw namedError('BadError', 'no');
      if (index === 1) await new Promise(() => undefined);
      return index;
    };
    const server = await startWorkflows({ work });
    const machine = await server.deploy({
      StartAt: 'Only',
      States: {
        Only: {
          Type: 'Map',
          MaxConcurrency: 2,
          ItemProcessor: inner(functionTask('work')),
          Catch: [{ ErrorEquals: ['BadError'], Next: 'Caught' }],
          Next: 'Caught',
        },
        Caught: { Type: 'Wait', Seconds: 1, End: true },
      },
    });
    const arn = await server.start(machine, [0, 1, 2, 3, 4]);
    expect(JSON.parse((await server.ended(arn)).output ?? '')).toEqual({
      Error: 'BadError',
      Cause: '{"errorType":"BadError","errorMessage":"no"}',
    });
    expect(started).toEqual([0, 1, 2]);
    const types = (await server.history(arn)).map(({ type }) => type);
    expect(types.filter((type) => type === 'MapIterationStarted')).toHaveLength(3);
  });

  it('fails when there is no list', async () => {
    await expect(outputOf(map({ ItemsPath: '$.list' }), { list: 'x' })).rejects.toThrow(
      "Reference path '$.list' must point to array.",
    );
  });
});
