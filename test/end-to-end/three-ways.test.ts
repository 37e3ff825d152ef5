import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as fc from '@alicloud/fc20230330';
import { describe, expect, test } from 'vitest';
import { KEYS } from './access-keys-runtime.ts';
import { fcSdk, NO_OPTIONS } from './fc-sdk.ts';
import { startExample } from './runtime.ts';

// Verbose: what counts the ends of invocations without a record is in the metrics' lines, and in nothing else.
const { runtime, lines } = await startExample({ verbose: true });
const client = fcSdk(runtime.url, KEYS.all);

interface Call {
  readonly failures: number;
  readonly type?: 'Sync' | 'Async';
  readonly taskId?: string;
  readonly logType?: 'Tail';
}

/** Invokes the example function `flaky`, whose first so many attempts fail, by the FC SDK as it is. */
async function invokeFlaky({ failures, type, taskId, logType }: Call) {
  const headers = new fc.InvokeFunctionHeaders({
    xFcInvocationType: type,
    xFcAsyncTaskId: taskId,
    xFcLogType: logType,
  });
  const body = Readable.from([Buffer.from(JSON.stringify({ failures }))]);
  const request = new fc.InvokeFunctionRequest({ body });
  const {
    statusCode,
    headers: answered,
    body: stream,
  } = await client.invokeFunctionWithOptions('flaky', request, headers, NO_OPTIONS);
  return { statusCode, headers: answered ?? {}, body: stream ? await text(stream) : '' };
}

const getFlaky = (taskId: string) => client.getAsyncTask('flaky', taskId, new fc.GetAsyncTaskRequest({}));

/** The lines that a worker of `flaky` wrote, as what they say. */
const logged = () =>
  lines
    .filter((line) => line.startsWith('flaky | {'))
    .map((line) => JSON.parse(line.slice('flaky | '.length)));

describe('one function, by the unchanged FC SDK', () => {
  test('is invoked synchronously, which it is by default', async () => {
    const { statusCode, headers, body } = await invokeFlaky({ failures: 0 });
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '{"attempt":1}' });
    expect(headers).toMatchObject({
      'x-fc-request-id': expect.any(String),
      'x-fc-invocation-duration': expect.stringMatching(/^\d+$/),
      'x-fc-max-memory-usage': expect.stringMatching(/^\d+\.\d$/),
      'x-fc-invocation-code-version': 'LATEST',
    });
    expect(headers).not.toHaveProperty('x-fc-error-type');
  });

  test('is invoked synchronously, fails, and is not repeated', async () => {
    const { statusCode, headers, body } = await invokeFlaky({ failures: 1, type: 'Sync', logType: 'Tail' });
    expect(statusCode).toBe(200);
    expect(headers['x-fc-error-type']).toBe('HandledInvocationError');
    expect(JSON.parse(body)).toMatchObject({
      errorType: 'Error',
      errorMessage: 'attempt 1 fails, as 1 were asked to',
    });
    const log = Buffer.from(headers['x-fc-log-result'] ?? '', 'base64').toString();
    expect(log).toContain('invocation failed');
    expect(logged().filter(({ message }) => message === 'invocation failed')).toHaveLength(1);
  });

  test('runs a task, which is recorded and repeated', async () => {
    const { statusCode, headers } = await invokeFlaky({ failures: 1, type: 'Async', taskId: 'as-a-task' });
    expect(statusCode).toBe(202);
    expect(headers['x-fc-async-task-id']).toBe('as-a-task');
    await expect
      .poll(async () => (await getFlaky('as-a-task')).body?.status, { timeout: 20_000 })
      .toBe('Succeeded');
    expect((await getFlaky('as-a-task')).body).toMatchObject({
      alreadyRetriedTimes: 1,
      returnPayload: '{"attempt":2}',
    });
  });

  test('runs asynchronously without a record once task mode is put off, and is repeated all the same', async () => {
    const input = new fc.PutAsyncInvokeConfigInput({ asyncTask: false });
    const put = await client.putAsyncInvokeConfig(
      'flaky',
      new fc.PutAsyncInvokeConfigRequest({ body: input }),
    );
    expect(put.body?.asyncTask).toBe(false);
    // Within 30 s on AWS; a new instance sees it at once.
    for (const pid of runtime.environmentPids('TaskModeApiInvokeFunction')) process.kill(pid, 'SIGKILL');
    await expect.poll(() => runtime.environmentPids('TaskModeApiInvokeFunction')).toEqual([]);
    const { statusCode, headers } = await invokeFlaky({ failures: 1, type: 'Async' });
    expect(statusCode).toBe(202);
    expect(headers).not.toHaveProperty('x-fc-async-task-id');
    const requestId = headers['x-fc-request-id'];
    await expect
      .poll(() => logged().filter((line) => line.requestId === requestId && line.attempt === 1).length, {
        timeout: 20_000,
      })
      .toBe(1);
    // The task and this.
    await expect
      .poll(() => logged().filter(({ SucceededCount }) => SucceededCount === 1).length, { timeout: 20_000 })
      .toBe(2);
    const list = await client.listAsyncTasks('flaky', new fc.ListAsyncTasksRequest({ limit: 10 }));
    expect(list.body?.tasks?.map(({ taskId }) => taskId)).toEqual(['as-a-task']);
    const missing = await getFlaky(requestId ?? '').catch(({ code }) => code);
    expect(['AsyncTaskNotFound', 'InvalidArgument']).toContain(missing);
    // And it still is all the rest.
    expect((await invokeFlaky({ failures: 0 })).body).toBe('{"attempt":1}');
    expect((await getFlaky('as-a-task')).body?.status).toBe('Succeeded');
  });
});
