import { SendTaskFailureCommand, SendTaskSuccessCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import {
  functionTask,
  invokeTask,
  namedError,
  oneState,
  ROLE,
  startWorkflows,
  tokenTask,
} from '../fixtures/workflows.ts';

// The orders, ids and details are those of histories recorded from Step Functions (LocalStack's snapshots of AWS).

const functions = {
  work: () => 'done',
  bad: () => {
    throw namedError('BadError', 'no');
  },
  never: () => new Promise(() => undefined),
};

const bare = ({ type, id, previousEventId }: { type?: unknown; id?: unknown; previousEventId?: unknown }) =>
  `${id} after ${previousEventId}: ${type}`;

async function historyOf(definition: unknown, input: unknown = {}) {
  const server = await startWorkflows(functions);
  const arn = await server.start(await server.deploy(definition), input);
  await server.ended(arn);
  return server.history(arn);
}

describe('the history', () => {
  it('of a state tells its input and output', async () => {
    const events = await historyOf(oneState({ Type: 'Pass', Result: 1 }), { a: 1 });
    expect(events.map(({ timestamp: _, ...event }) => event)).toEqual([
      {
        id: 1,
        previousEventId: 0,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '{"a":1}', inputDetails: { truncated: false }, roleArn: ROLE },
      },
      {
        id: 2,
        previousEventId: 0,
        type: 'PassStateEntered',
        stateEnteredEventDetails: { name: 'Only', input: '{"a":1}', inputDetails: { truncated: false } },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'PassStateExited',
        stateExitedEventDetails: { name: 'Only', output: '1', outputDetails: { truncated: false } },
      },
      {
        id: 4,
        previousEventId: 3,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: '1', outputDetails: { truncated: false } },
      },
    ]);
    expect(events[0]?.timestamp?.getTime()).toBeGreaterThan(Date.now() - 10_000);
  });

  it('of an integration tells what was called, with what, and what it gave', async () => {
    const events = await historyOf(
      oneState(invokeTask('work', { TimeoutSeconds: 5, OutputPath: '$.Payload' })),
    );
    expect(events.map(bare)).toEqual([
      '1 after 0: ExecutionStarted',
      '2 after 0: TaskStateEntered',
      '3 after 2: TaskScheduled',
      '4 after 3: TaskStarted',
      '5 after 4: TaskSucceeded',
      '6 after 5: TaskStateExited',
      '7 after 6: ExecutionSucceeded',
    ]);
    const resource = { resourceType: 'lambda', resource: 'invoke' };
    expect(events[2]?.taskScheduledEventDetails).toEqual({
      ...resource,
      region: 'us-east-1',
      parameters: '{"FunctionName":"work","Payload":{}}',
      timeoutInSeconds: 5,
    });
    expect(events[3]?.taskStartedEventDetails).toEqual(resource);
    expect(events[4]?.taskSucceededEventDetails).toMatchObject({
      ...resource,
      outputDetails: { truncated: false },
    });
    expect(JSON.parse(events[4]?.taskSucceededEventDetails?.output ?? '').Payload).toBe('done');
  });

  it('of a task with a token has TaskSubmitted, and how it ended', async () => {
    const server = await startWorkflows();
    const machine = await server.deploy(oneState(tokenTask({ HeartbeatSeconds: 60, TimeoutSeconds: 600 })));
    const resource = { resourceType: 'sqs', resource: 'sendMessage.waitForTaskToken' };
    for (const hasFailed of [false, true]) {
      const arn = await server.start(machine);
      const index = hasFailed ? 1 : 0;
      await expect.poll(() => server.messages.length).toBe(index + 1);
      const taskToken = JSON.parse(server.messages[index] ?? '').token;
      await (hasFailed
        ? server.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'BadError', cause: 'no' }))
        : server.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' })));
      await server.ended(arn);
      const events = await server.history(arn);
      expect(events.slice(1, 6).map(bare)).toEqual([
        '2 after 0: TaskStateEntered',
        '3 after 2: TaskScheduled',
        '4 after 3: TaskStarted',
        '5 after 4: TaskSubmitted',
        `6 after 5: ${hasFailed ? 'TaskFailed' : 'TaskSucceeded'}`,
      ]);
      expect(events[2]?.taskScheduledEventDetails).toMatchObject({
        heartbeatInSeconds: 60,
        timeoutInSeconds: 600,
      });
      expect(events[4]?.taskSubmittedEventDetails).toMatchObject(resource);
      if (hasFailed) {
        expect(events[5]?.taskFailedEventDetails).toEqual({ ...resource, error: 'BadError', cause: 'no' });
        expect(bare(events[6] ?? {})).toBe('7 after 6: ExecutionFailed');
        expect(events[6]?.executionFailedEventDetails).toEqual({ error: 'BadError', cause: 'no' });
      }
    }
  });

  it('of a time-out has no cause', async () => {
    const events = await historyOf(oneState(tokenTask({ TimeoutSeconds: 1 })));
    expect(events.slice(-2).map(bare)).toEqual(['6 after 5: TaskTimedOut', '7 after 6: ExecutionFailed']);
    expect(events[5]?.taskTimedOutEventDetails).toEqual({
      resourceType: 'sqs',
      resource: 'sendMessage.waitForTaskToken',
      error: 'States.Timeout',
    });
    expect(events[6]?.executionFailedEventDetails).toEqual({ error: 'States.Timeout' });
  });

  it('of a function called by its ARN has events of its own', async () => {
    const events = await historyOf(oneState(functionTask('work', { TimeoutSeconds: 5 })), { a: 1 });
    expect(events.slice(1, 6).map(bare)).toEqual([
      '2 after 0: TaskStateEntered',
      '3 after 2: LambdaFunctionScheduled',
      '4 after 3: LambdaFunctionStarted',
      '5 after 4: LambdaFunctionSucceeded',
      '6 after 5: TaskStateExited',
    ]);
    expect(events[2]?.lambdaFunctionScheduledEventDetails).toEqual({
      resource: functionTask('work').Resource,
      input: '{"a":1}',
      inputDetails: { truncated: false },
      timeoutInSeconds: 5,
    });
  });

  it('of a retry schedules again, and of a catch exits the state', async () => {
    const events = await historyOf({
      StartAt: 'Only',
      States: {
        Only: functionTask('bad', {
          Retry: [{ ErrorEquals: ['BadError'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['BadError'], Next: 'Caught' }],
          Next: 'Caught',
        }),
        Caught: { Type: 'Succeed' },
      },
    });
    expect(events.map(bare)).toEqual([
      '1 after 0: ExecutionStarted',
      '2 after 0: TaskStateEntered',
      '3 after 2: LambdaFunctionScheduled',
      '4 after 3: LambdaFunctionStarted',
      '5 after 4: LambdaFunctionFailed',
      '6 after 5: LambdaFunctionScheduled',
      '7 after 6: LambdaFunctionStarted',
      '8 after 7: LambdaFunctionFailed',
      '9 after 8: TaskStateExited',
      '10 after 9: SucceedStateEntered',
      '11 after 10: SucceedStateExited',
      '12 after 11: ExecutionSucceeded',
    ]);
  });

  it('of a Map follows each iteration on its own', async () => {
    const events = await historyOf(
      oneState({
        Type: 'Map',
        MaxConcurrency: 1,
        ItemProcessor: { StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } },
      }),
      ['a', 'b'],
    );
    expect(events.map(bare)).toEqual([
      '1 after 0: ExecutionStarted',
      '2 after 0: MapStateEntered',
      '3 after 2: MapStateStarted',
      '4 after 3: MapIterationStarted',
      '5 after 4: PassStateEntered',
      '6 after 5: PassStateExited',
      '7 after 6: MapIterationSucceeded',
      '8 after 3: MapIterationStarted',
      '9 after 8: PassStateEntered',
      '10 after 9: PassStateExited',
      '11 after 10: MapIterationSucceeded',
      '12 after 11: MapStateSucceeded',
      '13 after 12: MapStateExited',
      '14 after 13: ExecutionSucceeded',
    ]);
    expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 2 });
    expect(events[7]?.mapIterationStartedEventDetails).toEqual({ name: 'Only', index: 1 });
  });

  it('of a Map that fails says which iteration did, and which were given up', async () => {
    const events = await historyOf(
      oneState({
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'Which',
          States: {
            Which: {
              Type: 'Choice',
              Choices: [{ Variable: '$', NumericEquals: 1, Next: 'Bad' }],
              Default: 'Never',
            },
            Bad: functionTask('bad', { End: true }),
            Never: functionTask('never', { End: true }),
          },
        },
      }),
      [0, 1, 2],
    );
    const failed = events.find(({ type }) => type === 'LambdaFunctionFailed')?.id ?? 0;
    expect(events.slice(failed).map(bare)).toEqual([
      `${failed + 1} after ${failed}: MapIterationFailed`,
      `${failed + 2} after ${failed}: TaskStateAborted`,
      `${failed + 3} after ${failed}: TaskStateAborted`,
      `${failed + 4} after ${failed}: MapIterationAborted`,
      `${failed + 5} after ${failed}: MapIterationAborted`,
      `${failed + 6} after ${failed}: MapStateFailed`,
      `${failed + 7} after ${failed + 6}: ExecutionFailed`,
    ]);
    expect(events[failed]?.mapIterationFailedEventDetails).toEqual({ name: 'Only', index: 1 });
  });

  it('ends with ExecutionAborted at a stop, in the middle of a Map too', async () => {
    const server = await startWorkflows(functions);
    const machine = await server.deploy(
      oneState({
        Type: 'Map',
        ItemProcessor: { StartAt: 'Inner', States: { Inner: functionTask('never', { End: true }) } },
      }),
    );
    const arn = await server.start(machine, [0, 1]);
    const before = await server.history(arn);
    await server.sfn.send(new StopExecutionCommand({ executionArn: arn, cause: 'enough' }));
    const events = await server.history(arn);
    expect(events.slice(0, -1)).toEqual(before);
    expect(bare(events.at(-1) ?? {})).toBe(`${before.length + 1} after 0: ExecutionAborted`);
    expect(events.at(-1)?.executionAbortedEventDetails).toEqual({ cause: 'enough' });
  });
});
