import { describe, expect, test } from 'vitest';
import type { WorkerFunction } from '../../lambdas/aws/worker-function.ts';
import { WorkerGoneError } from '../../lambdas/aws/worker-gone.ts';
import type { SyncInvocation, SyncOutcome } from '../../lambdas/domain/sync-invocation.ts';
import { invokeFunction } from '../../lambdas/tasks/invoke-function.ts';
import { startWorld } from './world.ts';

const world = await startWorld();

const ARN = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** Workers of which each answers as it is told. */
function workers(answers: Readonly<Record<string, SyncOutcome | Error>>) {
  const invoked: (SyncInvocation & { readonly arn: string })[] = [];
  const worker: Pick<WorkerFunction, 'invoke'> = {
    invoke: async (arn, invocation) => {
      invoked.push({ arn, ...invocation });
      const outcome = answers[arn] ?? new WorkerGoneError(arn);
      if (outcome instanceof Error) throw outcome;
      return { outcome, durationMs: 5 };
    },
  };
  const invoke = (request: object = {}) =>
    invokeFunction(
      { ...world, worker: worker as WorkerFunction },
      {
        functionName: 'echo',
        requestId: 'request-1',
        payload: '[1]',
        call: { wantsLogTail: false, signal: new AbortController().signal },
        ...request,
      },
    );
  return { invoke, invoked };
}

const succeeded: SyncOutcome = { kind: 'succeeded', resultText: '"done"' };

test('runs the worker of the function, and leaves no task and no message', async () => {
  const { invoke, invoked } = workers({ [ARN('echo')]: succeeded });
  expect(await invoke()).toEqual({ outcome: succeeded, durationMs: 5 });
  expect(invoked).toEqual([{ arn: ARN('echo'), requestId: 'request-1', payloadText: '[1]' }]);
  expect(await world.messages()).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
});

test('without a payload the function gets {}', async () => {
  const { invoke, invoked } = workers({ [ARN('echo')]: succeeded });
  await invoke({ payload: '' });
  expect(invoked[0]?.payloadText).toBe('{}');
});

test('a payload above what a task may have is taken', async () => {
  const { invoke } = workers({ [ARN('echo')]: succeeded });
  expect(await invoke({ payload: JSON.stringify('x'.repeat(2_000_000)) })).toMatchObject({
    outcome: succeeded,
  });
});

test('a failure of the function is an answer', async () => {
  const failure = { kind: 'HandledInvocationError' as const, errorType: 'E', errorMessage: 'm' };
  const { invoke } = workers({ [ARN('echo')]: { kind: 'failed', failure } });
  expect(await invoke()).toMatchObject({ outcome: { kind: 'failed', failure } });
});

describe('refuses, and nothing runs', () => {
  test.each([
    ['a payload that is no JSON', { payload: '{' }, 'InvalidArgument'],
    ['an unknown function', { functionName: 'nobody' }, 'FunctionNotFound'],
  ])('%s', async (_, request, code) => {
    const { invoke, invoked } = workers({ [ARN('echo')]: succeeded });
    await expect(invoke(request)).rejects.toMatchObject({ code });
    expect(invoked).toEqual([]);
  });

  test('a function that was removed', async () => {
    await world.register('removed', { isDeleted: true });
    const { invoke, invoked } = workers({ [ARN('removed')]: succeeded });
    await expect(invoke({ functionName: 'removed' })).rejects.toMatchObject({ code: 'FunctionNotFound' });
    expect(invoked).toEqual([]);
  });
});

test.each([
  ['throttled', true, 'ResourceExhausted'],
  ['away', false, 'ServiceUnavailable'],
])('an existing function that is %s is told as that', async (_, isThrottled, code) => {
  const { invoke, invoked } = workers({ [ARN('echo')]: { kind: 'notRun', isThrottled } });
  await expect(invoke()).rejects.toMatchObject({ code });
  expect(invoked).toHaveLength(1);
});

describe('a worker that is gone', () => {
  test('is looked for once more, since the function may have been deployed anew', async () => {
    await world.register('moved', { functionArn: ARN('old') });
    await world.registry.find('moved', world.time.now);
    await world.register('moved', { functionArn: ARN('new') });
    const { invoke, invoked } = workers({ [ARN('new')]: succeeded });
    expect(await invoke({ functionName: 'moved' })).toMatchObject({ outcome: succeeded });
    expect(invoked.map(({ arn }) => arn)).toEqual([ARN('old'), ARN('new')]);
  });

  test('for good is a function that does not exist', async () => {
    await world.register('lost', { functionArn: ARN('lost') });
    const { invoke, invoked } = workers({});
    await expect(invoke({ functionName: 'lost' })).rejects.toMatchObject({ code: 'FunctionNotFound' });
    expect(invoked).toHaveLength(1);
  });
});

test('whatever else went wrong is not repeated: the function may have run', async () => {
  const { invoke, invoked } = workers({ [ARN('echo')]: new Error('connection reset') });
  await expect(invoke()).rejects.toThrow('connection reset');
  expect(invoked).toHaveLength(1);
});
