import { describe, expect, inject, test } from 'vitest';
import { errorOf } from './api.ts';
import { startExample } from './runtime.ts';

const { api, lines } = await startExample({ assemblyDir: inject('unrulyAssemblyDir') });

/** Takes longer than API Gateway waits: begun first, and looked at last. */
const startTime = Date.now();
const tooLong = api.invoke('polite', { seconds: 50 }, { 'x-fc-request-id': 'too-long' });

const reportOf = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('x-fc-error-type'),
  ...((await response.json()) as object),
});

const logOf = (response: Response) =>
  Buffer.from(response.headers.get('x-fc-log-result') ?? '', 'base64').toString();

describe('an invocation without a type', () => {
  test('runs the function at once, and answers its result and how it ran', async () => {
    const response = await api.invoke('unruly', {}, { 'x-fc-request-id': 'mine-1' });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ attempt: 1, pid: expect.any(Number) });
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-fc-request-id': 'mine-1',
      'x-fc-invocation-duration': expect.stringMatching(/^\d+$/),
      'x-fc-max-memory-usage': expect.stringMatching(/^\d+\.\d$/),
      'x-fc-invocation-code-version': 'LATEST',
      'x-fc-instance-id': expect.stringContaining('[$LATEST]'),
    });
    expect(headers).not.toHaveProperty('x-fc-error-type');
    expect(headers).not.toHaveProperty('x-fc-log-result');
    expect(headers).not.toHaveProperty('x-fc-async-task-id');
  });

  test('leaves no task', async () => {
    await api.invoke('unruly', {});
    expect(await api.listAll('unruly')).toEqual([]);
  });

  test('is the same as one that says Sync, in any case', async () => {
    const response = await api.invoke('unruly', {}, { 'x-fc-invocation-type': 'SYNC' });
    expect(response.status).toBe(200);
  });

  test('without a payload runs on {}', async () => {
    expect((await api.invoke('unruly')).status).toBe(200);
  });

  test('may have a payload of 4 MB, full of quotes', async () => {
    // As the FC SDK sends it: what comes as text, API Gateway puts into JSON with all its escapes.
    const headers = { 'content-type': 'application/octet-stream' };
    const response = await api.invoke('unruly', { padding: '"'.repeat(2_000_000) }, headers);
    expect(response.status).toBe(200);
  });

  test('of an existing function runs that', async () => {
    const response = await api.invoke('legacy', { seconds: 0 });
    expect(await response.json()).toEqual({ legacy: true });
  });
});

describe('a function that fails was invoked all the same: 200, its type of error, and what it reports', () => {
  test.each([
    ['throws', 'legacy', { fails: true }, 'HandledInvocationError', 'RangeError', 'as it was told'],
    [
      'cannot be loaded',
      'unloadable',
      {},
      'UnhandledInvocationError',
      'Error',
      'this module cannot be loaded',
    ],
    [
      'heeds its time-out',
      'unruly-once',
      { does: 'heed', seconds: 600 },
      'UnhandledInvocationError',
      'Task.TimedOut',
      'the function took longer than its time-out of 2 s',
    ],
    [
      "does not heed it, and is ended by Lambda's own",
      'unruly-once',
      { does: 'spin', seconds: 600 },
      'UnhandledInvocationError',
      'Sandbox.Timedout',
      'timed out after 8.00 seconds',
    ],
    [
      'ends its process',
      'unruly',
      { does: 'exit' },
      'UnhandledInvocationError',
      'Runtime.ExitError',
      'exit status 7',
    ],
    [
      'is an existing one that timed out',
      'legacy-short',
      { seconds: 60 },
      'UnhandledInvocationError',
      'Sandbox.Timedout',
      'timed out after 2.00 seconds',
    ],
    [
      'is an existing one that is gone',
      'legacy-gone',
      {},
      'UnhandledInvocationError',
      'Lambda.ResourceNotFoundException',
      'was not invoked: it does not exist',
    ],
  ])('one that %s', async (_, name, payload, type, errorType, words) => {
    expect(await reportOf(await api.invoke(name, payload))).toEqual({
      status: 200,
      type,
      errorType,
      errorMessage: expect.stringContaining(words),
      ...(['legacy', 'unloadable'].includes(name) && { stackTrace: expect.any(Array) }),
    });
    // Nothing is left behind, and the next invocation finds a function that works.
    if (name === 'unruly-once') expect((await api.invoke(name, {})).status).toBe(200);
  });

  test('and its log says so, which the caller gets who asks for it', async () => {
    const headers = { 'x-fc-log-type': 'Tail', 'x-fc-request-id': 'logged' };
    const log = logOf(await api.invoke('legacy', { fails: true }, headers));
    expect(JSON.parse(log)).toMatchObject({
      level: 'WARN',
      message: 'invocation failed',
      functionName: 'legacy',
      requestId: 'logged',
      failure: { kind: 'HandledInvocationError', errorType: 'RangeError' },
    });
    expect(lines.some((line) => line.startsWith('legacy | ') && line.includes('"logged"'))).toBe(true);
  });
});

test('more at once than may run are refused, and nothing of them runs', async () => {
  await api.invoke('legacy-single', { seconds: 0 });
  const running = api.invoke('legacy-single', { seconds: 5 });
  const answers = async () => errorOf(await api.invoke('legacy-single', { seconds: 0 }));
  await expect.poll(answers, { timeout: 4000 }).toEqual({
    status: 429,
    Code: 'ResourceExhausted',
    Message:
      'no more invocations of the existing function can run at once now. Nothing has run: please retry.',
    RequestId: expect.any(String),
  });
  expect((await running).status).toBe(200);
});

test.each([
  ['an unknown function', 'nobody', {}, 404, 'FunctionNotFound', "function 'nobody' does not exist."],
  [
    'a task id',
    'unruly',
    { 'x-fc-async-task-id': 'a' },
    400,
    'InvalidArgument',
    'x-fc-async-task-id must be absent',
  ],
  [
    'an unknown log type',
    'unruly',
    { 'x-fc-log-type': 'All' },
    400,
    'InvalidArgument',
    'x-fc-log-type must be one of None, Tail, got "All"',
  ],
])('%s is refused', async (_, name, headers, status, Code, words) => {
  expect(await errorOf(await api.invoke(name, {}, headers))).toMatchObject({
    status,
    Code,
    Message: expect.stringContaining(words),
  });
});

test('a function that takes longer than API Gateway waits is told of before that', async () => {
  expect(await errorOf(await tooLong)).toEqual({
    status: 504,
    Code: 'InvocationTimeout',
    Message: expect.stringContaining('the function did not answer request too-long in time. It may go on'),
    RequestId: 'too-long',
  });
  expect(Date.now() - startTime).toBeGreaterThan(27_000);
}, 60_000);
