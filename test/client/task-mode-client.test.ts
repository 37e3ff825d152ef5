import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { FunctionFailedError, isTaskModeError, TaskModeClient } from '../../client/index.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

type Step = Response | Error;

/** A client of an API that answers so, one step for each request; the last one again and again. */
function clientOf(...steps: readonly Step[]) {
  const sent: Sent[] = [];
  const client = new TaskModeClient({
    endpoint: 'http://api.test/',
    fetch: async (url, init) => {
      const step = steps[Math.min(sent.length, steps.length - 1)];
      sent.push({
        method: init?.method ?? 'GET',
        path: String(url).replace('http://api.test/2023-03-30', ''),
        headers: new Headers(init?.headers),
        body: String(init?.body ?? ''),
      });
      if (!(step instanceof Response)) throw step;
      return step.clone();
    },
  });
  return { client, sent };
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'x-fc-request-id': 'r-1', ...headers } });
const refusal = (status: number, Code: string, more: object = {}, headers: Record<string, string> = {}) =>
  json(status, { Code, Message: 'why', RequestId: 'r-2', ...more }, headers);
const accepted = () => new Response(null, { status: 202, headers: { 'x-fc-request-id': 'r-1' } });
const unreachable = new TypeError('fetch failed');
const idsOf = (sent: readonly Sent[]) => sent.map(({ headers }) => headers.get('x-fc-async-task-id'));
const thrownBy = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown);
const ambiguous: [string, Step][] = [
  ['a connection that breaks', unreachable],
  ['503', refusal(503, 'ServiceUnavailable')],
  ["a gateway's own 500", new Response('<html>', { status: 500 })],
];

describe('a submit', () => {
  test('is one request, with the payload as it is', async () => {
    const { client, sent } = clientOf(accepted());
    const options = { taskId: 'one', delaySeconds: 5, tenant: 'acme' };
    expect(await client.submit('echo', { a: 1 }, options)).toEqual({ taskId: 'one', requestId: 'r-1' });
    expect(sent).toMatchObject([{ method: 'POST', path: '/functions/echo/invocations', body: '{"a":1}' }]);
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toEqual({
      'content-type': 'application/octet-stream',
      'x-fc-async-delay': '5',
      'x-fc-async-task-id': 'one',
      'x-fc-invocation-type': 'Async',
      'x-task-mode-tenant': 'acme',
    });
  });

  test.each(ambiguous)(
    'is repeated after %s under the same id, also one that was given none',
    async (_, step) => {
      const { client, sent } = clientOf(step, step, accepted());
      const { taskId } = await client.submit('echo', {});
      expect(taskId).toMatch(/^t-[0-9a-f-]{36}$/);
      expect(idsOf(sent)).toEqual([taskId, taskId, taskId]);
    },
  );

  test('that was done though nobody answered is no duplicate', async () => {
    const taken = refusal(409, 'AsyncTaskAlreadyExists', { isSamePayload: true });
    const { client, sent } = clientOf(unreachable, taken);
    expect(await client.submit('echo', {}, { taskId: 'one' })).toMatchObject({ taskId: 'one' });
    expect(sent).toHaveLength(2);
  });

  test.each<[string, Step[]]>([
    ['at the first try', [refusal(409, 'AsyncTaskAlreadyExists', { isSamePayload: true })]],
    ['of another payload', [unreachable, refusal(409, 'AsyncTaskAlreadyExists', { isSamePayload: false })]],
  ])("of an id that is another's, %s, is refused", async (_, steps) => {
    const { client, sent } = clientOf(...steps);
    const error = await thrownBy(client.submit('echo', {}, { taskId: 'one' }));
    expect(isTaskModeError(error, 'AsyncTaskAlreadyExists')).toBe(true);
    expect(error).toMatchObject({ statusCode: 409, requestId: 'r-2', message: 'why' });
    expect(sent).toHaveLength(steps.length);
  });

  test('that nobody answers is given up after four tries', async () => {
    const { client, sent } = clientOf(unreachable);
    await expect(client.submit('echo', {})).rejects.toMatchObject({ code: 'ConnectionFailed' });
    expect(sent).toHaveLength(4);
  });

  test('that is wrong is not repeated', async () => {
    const { client, sent } = clientOf(refusal(400, 'InvalidArgument'));
    await expect(client.submit('echo', {})).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(sent).toHaveLength(1);
  });

  test('waits as long as it is told; where that is long, its caller decides', async () => {
    const soon = refusal(429, 'Throttling.User', {}, { 'retry-after': '1' });
    const { client, sent } = clientOf(soon, accepted());
    const startMs = performance.now();
    await client.submit('echo', {});
    expect(performance.now() - startMs).toBeGreaterThan(990);
    expect(sent).toHaveLength(2);
    const late = clientOf(refusal(429, 'Throttling.User', {}, { 'retry-after': '300' }));
    await expect(late.client.submit('echo', {})).rejects.toMatchObject({ retryAfterSeconds: 300 });
    expect(late.sent).toHaveLength(1);
  });

  test('that its caller has given up is not repeated', async () => {
    const { client, sent } = clientOf(unreachable);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(client.submit('echo', {}, { signal })).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });
});

describe('a batch', () => {
  const batch = (...tasks: object[]) => json(200, { tasks });
  const tasksIn = ({ body }: Sent) => (JSON.parse(body) as { tasks: { taskId: string }[] }).tasks;

  test('is one request, in which every task has an id, and each is answered for itself', async () => {
    const taken = { statusCode: 409, Code: 'AsyncTaskAlreadyExists', Message: 'why', isSamePayload: true };
    const { client, sent } = clientOf(batch({ statusCode: 202 }, taken));
    const [one, two] = await client.submitBatch('echo', [{ payload: 1 }, { taskId: 'two', payload: 2 }]);
    expect(sent).toHaveLength(1);
    expect(tasksIn(sent[0] as Sent)).toEqual([
      { payload: 1, taskId: one?.taskId },
      { payload: 2, taskId: 'two' },
    ]);
    expect(one).toMatchObject({ isAccepted: true, taskId: expect.stringMatching(/^t-/) });
    expect(two).toMatchObject({ isAccepted: false, error: { code: 'AsyncTaskAlreadyExists' } });
  });

  test('sends again what was not seen to, and that alone; what was done after all is no duplicate', async () => {
    const failed = { statusCode: 503, Code: 'ServiceUnavailable', Message: 'why' };
    const taken = { statusCode: 409, Code: 'AsyncTaskAlreadyExists', Message: 'why', isSamePayload: true };
    const { client, sent } = clientOf(batch({ statusCode: 202 }, failed), batch(taken));
    const outcomes = await client.submitBatch('echo', [{ taskId: 'one' }, { taskId: 'two' }]);
    expect(outcomes.map(({ isAccepted }) => isAccepted)).toEqual([true, true]);
    expect(sent.map((request) => tasksIn(request).map(({ taskId }) => taskId))).toEqual([
      ['one', 'two'],
      ['two'],
    ]);
  });

  test('tells in the end of what nobody could see to', async () => {
    const { client, sent } = clientOf(batch({ statusCode: 503, Code: 'ServiceUnavailable', Message: 'why' }));
    const [outcome] = await client.submitBatch('echo', [{ taskId: 'one' }]);
    expect(outcome).toMatchObject({ isAccepted: false, error: { code: 'ServiceUnavailable' } });
    expect(sent).toHaveLength(4);
  });
});

describe('bulk jobs', () => {
  const job = (more: object = {}) => json(202, { bulkJobId: 'x', status: 'Pending', ...more });

  test('are started under an id, so that a repeated request starts nothing else', async () => {
    const { client, sent } = clientOf(unreachable, job());
    await client.bulkJobs.start('echo', { action: 'Stop', filter: { prefix: 'a' } });
    expect(sent.map(({ path }) => path)).toEqual(Array(2).fill('/functions/echo/bulk-jobs'));
    expect(sent[0]?.body).toBe(sent[1]?.body);
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      ...{ action: 'Stop', filter: { prefix: 'a' }, bulkJobId: expect.stringMatching(/^b-/) },
    });
  });

  test('are previewed as dry runs', async () => {
    const { client, sent } = clientOf(
      json(200, { matched: 3, countsByStatus: { Failed: 3 }, isComplete: true }),
    );
    const preview = await client.bulkJobs.preview('echo', { action: 'Redrive', filter: {} });
    expect(preview).toMatchObject({ matched: 3, isComplete: true });
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({ action: 'Redrive', filter: {}, dryRun: true });
  });

  test('are waited for until they have ended, listed page by page, and stopped', async () => {
    const { client, sent } = clientOf(
      json(200, { status: 'Running', matched: 1 }),
      json(200, { status: 'Succeeded', matched: 2, endTime: 5 }),
      json(200, { bulkJobs: [{ bulkJobId: 'b' }], nextToken: 'p2' }),
      json(200, { bulkJobs: [{ bulkJobId: 'a' }] }),
      new Response(null, { status: 204 }),
    );
    const seen: number[] = [];
    const onRead = ({ matched }: { matched: number }) => seen.push(matched);
    expect(await client.bulkJobs.wait('echo', 'a', { onRead })).toMatchObject({ status: 'Succeeded' });
    expect(seen).toEqual([1, 2]);
    const ids: string[] = [];
    for await (const { bulkJobId } of client.bulkJobs.list('echo')) ids.push(bulkJobId);
    expect(ids).toEqual(['b', 'a']);
    await client.bulkJobs.stop('echo', 'a');
    expect(sent.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /functions/echo/bulk-jobs/a',
      'GET /functions/echo/bulk-jobs/a',
      'GET /functions/echo/bulk-jobs?limit=100',
      'GET /functions/echo/bulk-jobs?limit=100&nextToken=p2',
      'PUT /functions/echo/bulk-jobs/a/stop',
    ]);
  });
});

describe('workflows', () => {
  test('are started under a name, so that a repeated request starts nothing else', async () => {
    const { client, sent } = clientOf(unreachable, json(202, { executionName: 'x', status: 'Running' }));
    await client.workflows.start('media', { images: [] });
    expect(sent.map(({ path }) => path)).toEqual(Array(2).fill('/workflows/media/executions'));
    expect(sent[0]?.body).toBe(sent[1]?.body);
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      name: expect.stringMatching(/^e-/),
      input: { images: [] },
    });
  });

  test('of Express are started by one request alone', async () => {
    const { client, sent } = clientOf(unreachable);
    await expect(client.workflows.startExpress('quick')).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });

  test('have their executions and steps read page by page', async () => {
    const { client, sent } = clientOf(
      json(200, { executions: [{ executionName: 'b' }], nextToken: 'p2' }),
      json(200, { executions: [{ executionName: 'a' }] }),
      json(200, { steps: [{ stepId: 2 }], isComplete: true }),
    );
    const names: string[] = [];
    for await (const { executionName } of client.workflows.executions('media')) names.push(executionName);
    expect(names).toEqual(['b', 'a']);
    expect((await client.workflows.steps('media', 'a').next()).value).toEqual({ stepId: 2 });
    expect(sent.map(({ path }) => path)).toEqual([
      '/workflows/media/executions',
      '/workflows/media/executions?nextToken=p2',
      '/workflows/media/executions/a/history?limit=100',
    ]);
  });
});

describe('what would run twice is not repeated after', () => {
  test.each(ambiguous)('%s', async (_, step) => {
    const calls = [
      (client: TaskModeClient) => client.invoke('echo', {}),
      (client: TaskModeClient) => client.invokeAsync('echo', {}),
      (client: TaskModeClient) => client.redrive('echo', 'one'),
    ];
    for (const call of calls) {
      const { client, sent } = clientOf(step);
      await expect(call(client)).rejects.toThrow();
      expect(sent).toHaveLength(1);
    }
  });
});

test('a synchronous call that found no room has not run, and is repeated', async () => {
  const answer = json(200, { ok: true }, { 'x-fc-invocation-duration': '12' });
  const { client, sent } = clientOf(refusal(429, 'ResourceExhausted'), answer);
  expect(await client.invoke('echo', {})).toEqual({ result: { ok: true }, durationMs: 12, requestId: 'r-1' });
  expect(sent).toHaveLength(2);
});

test('a synchronous call answers the end of its log where that is asked for', async () => {
  const log = { 'x-fc-log-result': Buffer.from('zwölf\n').toString('base64') };
  const { client, sent } = clientOf(json(200, 1, { ...log, 'x-fc-invocation-duration': '12' }));
  expect(await client.invoke('echo', 1, { wantsLogTail: true })).toMatchObject({
    result: 1,
    durationMs: 12,
    logTail: 'zwölf\n',
  });
  expect(sent[0]?.headers.get('x-fc-log-type')).toBe('Tail');
  const failing = clientOf(
    json(200, { errorMessage: 'm', stackTrace: ['a'] }, { ...log, 'x-fc-error-type': 'E' }),
  );
  expect(await thrownBy(failing.client.invoke('echo'))).toMatchObject({
    logTail: 'zwölf\n',
    stackTrace: ['a'],
  });
  expect(failing.sent[0]?.headers.has('x-fc-log-type')).toBe(false);
});

test('a function that failed is told of by its error', async () => {
  const report = { errorMessage: 'no image', errorType: 'TypeError', stackTrace: [] };
  const { client } = clientOf(json(200, report, { 'x-fc-error-type': 'HandledInvocationError' }));
  const error = await thrownBy(client.invoke('thumbnail', {}));
  expect(error).toBeInstanceOf(FunctionFailedError);
  expect(error).toMatchObject({
    kind: 'HandledInvocationError',
    errorType: 'TypeError',
    message: 'no image',
  });
});

test('a list goes on over empty pages, and reads no page that nobody asks for', async () => {
  const page = (ids: string[], nextToken?: string) =>
    json(200, { tasks: ids.map((taskId) => ({ taskId })), nextToken });
  const { client, sent } = clientOf(page(['a', 'b'], 'p2'), page([], 'p3'), page(['c']));
  const list = client.list('echo', { status: 'Failed', prefix: 'x', limit: 2 });
  await list.next();
  await list.next();
  expect(sent).toHaveLength(1);
  expect((await list.next()).value).toMatchObject({ taskId: 'c' });
  expect((await list.next()).done).toBe(true);
  expect(sent.map(({ path }) => path)).toEqual(
    ['', '&nextToken=p2', '&nextToken=p3'].map(
      (token) => `/functions/echo/async-tasks?status=Failed&prefix=x&limit=2${token}`,
    ),
  );
});

test('waits until a task has ended, whether or not the API holds the request', async () => {
  const statuses = ['Enqueued', 'Running', 'Failed'];
  const { client, sent } = clientOf(...statuses.map((status) => json(200, { status })));
  const seen: string[] = [];
  const task = await client.wait('echo', 'one', { onRead: ({ status }) => seen.push(status) });
  expect(task.status).toBe('Failed');
  expect(seen).toEqual(statuses);
  expect(sent[0]?.path).toBe('/functions/echo/async-tasks/one?wait=20');
});

test('a wait with an end answers the task as it is then', async () => {
  const { client } = clientOf(json(200, { status: 'Running' }));
  expect(await client.wait('echo', 'one', { timeoutMs: 300 })).toMatchObject({ status: 'Running' });
});

test('functions are listed over their pages, and a task is explained', async () => {
  const { client, sent } = clientOf(
    json(200, { functions: [{ functionName: 'a' }], nextToken: 'p2' }),
    json(200, { functions: [{ functionName: 'b' }] }),
    json(200, { reason: 'Delayed' }),
  );
  const names: string[] = [];
  for await (const { functionName } of client.functions({ prefix: 'x' })) names.push(functionName);
  expect(names).toEqual(['a', 'b']);
  expect(await client.explain('a', 'one')).toEqual({ reason: 'Delayed' });
  expect(sent.map(({ path }) => path)).toEqual([
    '/functions?prefix=x&limit=100',
    '/functions?prefix=x&limit=100&nextToken=p2',
    '/functions/a/async-tasks/one/explain',
  ]);
});

describe('what a task has logged', () => {
  const line = (n: number) => ({ timestamp: n, message: `line ${n}`, instanceId: 'i' });
  const page = (logs: number[], isUpToDate: boolean, nextToken?: string) =>
    json(200, { logs: logs.map(line), isUpToDate, nextToken });
  const read = async (client: TaskModeClient, options: object) => {
    const messages: string[] = [];
    for await (const { message } of client.logs('echo', 'one', options)) messages.push(message);
    return messages;
  };

  test('is read over empty pages, up to what there is now', async () => {
    const { client, sent } = clientOf(page([1], false, 'b'), page([], false, 'c'), page([2], true, 'd'));
    expect(await read(client, { attempt: 2 })).toEqual(['line 1', 'line 2']);
    expect(sent.map(({ path }) => path)).toEqual([
      '/functions/echo/async-tasks/one/logs?limit=1000&attempt=2',
      '/functions/echo/async-tasks/one/logs?limit=1000&attempt=2&nextToken=b',
      '/functions/echo/async-tasks/one/logs?limit=1000&attempt=2&nextToken=c',
    ]);
  });

  test('is followed until nothing more will come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const { client } = clientOf(page([1], true, 'b'), page([], true, 'c'), page([2], true));
    const reading = read(client, { follow: true });
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    expect(await reading).toEqual(['line 1', 'line 2']);
  });
});

test('metrics are asked for by name and time', async () => {
  const { client, sent } = clientOf(json(200, { timestamps: [] }));
  await client.metrics('echo', { startTime: 60_000, period: 60, metrics: ['succeeded', 'queueWait'] });
  expect(sent[0]?.path).toBe(
    '/functions/echo/async-metrics?startTime=60000&period=60&metrics=succeeded%2CqueueWait',
  );
});

describe('configuration', () => {
  test('that was never put is none', async () => {
    const { client } = clientOf(refusal(404, 'AsyncConfigNotExists'));
    expect(await client.config.get('echo')).toBeUndefined();
    await expect(client.config.delete('echo')).rejects.toMatchObject({ code: 'AsyncConfigNotExists' });
  });

  test('is put with what is named, and deleted', async () => {
    const { client, sent } = clientOf(json(200, {}), unreachable, refusal(404, 'AsyncConfigNotExists'));
    await client.config.put('echo', { asyncTask: false });
    await client.config.delete('echo');
    expect(sent[0]).toMatchObject({ method: 'PUT', body: '{"asyncTask":false}' });
    expect(sent[2]).toMatchObject({ method: 'DELETE', path: '/functions/echo/async-invoke-config' });
  });

  test('of one function is found in the list, or none is', async () => {
    const { client, sent } = clientOf(json(200, { configs: [] }));
    expect((await client.config.list('echo').next()).done).toBe(true);
    expect(sent[0]?.path).toBe('/async-invoke-configs?functionName=echo&limit=100');
  });

  test('of concurrency is put, listed over its pages, and deleted', async () => {
    const page = (functionArn: string, nextToken?: string) =>
      json(200, { configs: [{ functionArn }], nextToken });
    const { client, sent } = clientOf(json(200, {}), page('a', 'p2'), page('b'), accepted());
    await client.concurrency.put('echo', 0);
    const listed: string[] = [];
    for await (const { functionArn } of client.concurrency.list()) listed.push(functionArn);
    expect(listed).toEqual(['a', 'b']);
    await client.concurrency.delete('echo');
    expect(sent[0]).toMatchObject({ method: 'PUT', body: '{"reservedConcurrency":0}' });
    expect(sent.at(-1)).toMatchObject({ method: 'DELETE' });
  });
});

test.each([
  [403, 'AccessDenied'],
  [413, 'EntityTooLarge'],
  [418, 'UnexpectedResponse'],
])("a gateway's own %s is %s", async (status, code) => {
  const { client } = clientOf(json(status, { message: 'Forbidden' }));
  await expect(client.get('echo', 'one')).rejects.toMatchObject({
    code,
    statusCode: status,
    requestId: 'r-1',
  });
});

test('an endpoint that is no URL is refused', () => {
  expect(() => new TaskModeClient({ endpoint: 'localhost' })).toThrow(
    'endpoint must be a URL, got "localhost"',
  );
});

test('the example of docs/client.md is the one that the compiler has checked', () => {
  const example = readFileSync('test/client/documented-example.ts', 'utf-8');
  const text = example.replace('../../client/index.ts', 'lambda-task-mode/client');
  expect(readFileSync('docs/client.md', 'utf-8')).toContain(`\`\`\`ts\n${text}\`\`\``);
});
