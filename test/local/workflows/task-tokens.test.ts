import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import {
  invokeTask,
  oneState,
  startWorkflows,
  tokenTask,
  type WorkflowServer,
} from '../fixtures/workflows.ts';

const GONE = { name: 'TaskTimedOut', message: "Task Timed Out: 'Provided task does not exist anymore'" };

async function waiting(fields: object = {}, input: unknown = { a: 1 }) {
  const server = await startWorkflows();
  const arn = await server.start(await server.deploy(oneState(tokenTask(fields))), input);
  return { server, arn, token: await tokenOf(server) };
}

async function tokenOf({ messages }: WorkflowServer, index = 0): Promise<string> {
  await expect.poll(() => messages.length, { timeout: 5000 }).toBeGreaterThan(index);
  return JSON.parse(messages[index] ?? '').token;
}

const succeed = (server: WorkflowServer, taskToken: string, output: unknown = 'done') =>
  server.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));

describe('a task that waits for its token', () => {
  it('ends with the output that is sent with it', async () => {
    const { server, arn, token } = await waiting({ ResultPath: '$.result' });
    expect(JSON.parse(server.messages[0] ?? '').input).toEqual({ a: 1 });
    await succeed(server, token, { b: 2 });
    expect(JSON.parse((await server.ended(arn)).output ?? '')).toEqual({ a: 1, result: { b: 2 } });
  });

  it('fails with the error that is sent with it, which Retry and Catch match by name', async () => {
    const server = await startWorkflows();
    const machine = await server.deploy({
      StartAt: 'Only',
      States: {
        Only: tokenTask({
          Retry: [{ ErrorEquals: ['Task.Failed'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['Task.Failed'], Next: 'Caught' }],
          Next: 'Caught',
        }),
        Caught: { Type: 'Pass', End: true },
      },
    });
    const arn = await server.start(machine);
    const first = await tokenOf(server);
    await server.sfn.send(
      new SendTaskFailureCommand({ taskToken: first, error: 'Task.Failed', cause: 'one' }),
    );
    const second = await tokenOf(server, 1);
    expect(second).not.toBe(first);
    await expect(succeed(server, first)).rejects.toMatchObject(GONE);
    await server.sfn.send(
      new SendTaskFailureCommand({ taskToken: second, error: 'Task.Failed', cause: 'two' }),
    );
    expect(JSON.parse((await server.ended(arn)).output ?? '')).toEqual({
      Error: 'Task.Failed',
      Cause: 'two',
    });
  });

  it('fails without a name when none is sent', async () => {
    const { server, arn, token } = await waiting();
    await server.sfn.send(new SendTaskFailureCommand({ taskToken: token }));
    const execution = await server.ended(arn);
    expect(execution.status).toBe('FAILED');
    expect(execution.error).toBeUndefined();
  });

  it('has timed out when no heartbeat comes, and goes on for as long as they come', async () => {
    const { server, arn, token } = await waiting({ HeartbeatSeconds: 1 });
    const startMs = performance.now();
    while (performance.now() - startMs < 1500) {
      await server.sfn.send(new SendTaskHeartbeatCommand({ taskToken: token }));
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(await server.ended(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await expect(server.sfn.send(new SendTaskHeartbeatCommand({ taskToken: token }))).rejects.toMatchObject(
      GONE,
    );
  });

  it('is given up when the execution is stopped, and its token is good for nothing then', async () => {
    const { server, arn, token } = await waiting();
    await server.sfn.send(
      new StopExecutionCommand({ executionArn: arn, error: 'Enough', cause: 'said somebody' }),
    );
    expect(await server.ended(arn)).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'said somebody',
    });
    await expect(succeed(server, token)).rejects.toMatchObject(GONE);
    expect((await server.ended(arn)).status).toBe('ABORTED');
  });

  it('takes one answer', async () => {
    const { server, arn, token } = await waiting();
    const answers = await Promise.allSettled([
      succeed(server, token, 1),
      server.sfn.send(new SendTaskFailureCommand({ taskToken: token, error: 'Late' })),
      succeed(server, token, 2),
    ]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await server.ended(arn);
    await expect(succeed(server, token, 3)).rejects.toMatchObject(GONE);
  });

  it('may be answered by the function that it called, before that returns', async () => {
    const server: WorkflowServer = await startWorkflows({
      work: async ({ token }: { token: string }) => {
        await succeed(server, token, 'from within');
        return new Promise(() => undefined);
      },
    });
    const machine = await server.deploy(
      oneState({
        ...invokeTask('work', {
          Parameters: { FunctionName: 'work', Payload: { 'token.$': '$$.Task.Token' } },
        }),
        Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      }),
    );
    expect(await server.ended(await server.start(machine))).toMatchObject({ output: '"from within"' });
  });

  it('does not wait when what it called has failed', async () => {
    const server = await startWorkflows();
    const machine = await server.deploy(
      oneState({ ...invokeTask('nobody'), Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
    );
    expect(await server.ended(await server.start(machine))).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.ResourceNotFoundException',
    });
  });

  it('has a token of its own in every iteration of a Map', async () => {
    const server = await startWorkflows();
    const machine = await server.deploy(
      oneState({
        Type: 'Map',
        ItemProcessor: { StartAt: 'Inner', States: { Inner: tokenTask({ End: true }) } },
      }),
    );
    const arn = await server.start(machine, [0, 1, 2]);
    await expect.poll(() => server.messages.length).toBe(3);
    const tasks = server.messages.map((message) => JSON.parse(message));
    expect(new Set(tasks.map(({ token }) => token)).size).toBe(3);
    for (const { token, input } of tasks.reverse()) {
      await succeed(server, token, input * 10);
    }
    expect(JSON.parse((await server.ended(arn)).output ?? '')).toEqual([0, 10, 20]);
  });
});

describe('an answer', () => {
  it.each(['x', 'AAAAKgAAAAIAAAAA', Buffer.from('[1,2]').toString('base64url')])(
    'with a token that was never one is refused: %s',
    async (taskToken) => {
      const server = await startWorkflows();
      await expect(server.sfn.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toMatchObject({
        name: 'InvalidToken',
        message: "Invalid Token: 'Invalid token'",
      });
    },
  );

  it('that is no JSON is refused, and the task waits on', async () => {
    const { server, arn, token } = await waiting();
    await expect(
      server.sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: 'nope' })),
    ).rejects.toMatchObject({ name: 'InvalidOutput' });
    await expect(
      server.sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: `"${'x'.repeat(262_144)}"` })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await succeed(server, token);
    expect((await server.ended(arn)).status).toBe('SUCCEEDED');
  });
});
