import { expect, test } from 'vitest';
import { taskFailure } from '../../lambdas/domain/failure.ts';
import { toSyncAnswer } from '../../lambdas/http/sync-answer.ts';

test('a result is answered as it is, with what is known of the run', () => {
  expect(
    toSyncAnswer({
      outcome: { kind: 'succeeded', resultText: '{"a": 1}' },
      durationMs: 12,
      maxMemoryMegabytes: 80.26,
      instanceId: '2026/11/24/[$LATEST]0123',
      logTail: 'bG9n',
    }),
  ).toEqual({
    statusCode: 200,
    headers: {
      'content-type': 'application/json',
      'x-fc-invocation-duration': '12',
      'x-fc-invocation-code-version': 'LATEST',
      'x-fc-max-memory-usage': '80.3',
      'x-fc-instance-id': '2026/11/24/[$LATEST]0123',
      'x-fc-log-result': 'bG9n',
    },
    text: '{"a": 1}',
  });
});

test.each([
  ['HandledInvocationError', 'HandledInvocationError'],
  ['UnhandledInvocationError', 'UnhandledInvocationError'],
  ['ResponseTooLarge', 'UnhandledInvocationError'],
] as const)('a %s is a 200 that says %s, and what the runtime reports', (kind, told) => {
  const failure = taskFailure(kind, 'RangeError', 'too far', { stack: 'at a\nat b' });
  const answer = toSyncAnswer({ outcome: { kind: 'failed', failure }, durationMs: 1 });
  expect(answer).toMatchObject({ statusCode: 200, headers: { 'x-fc-error-type': told } });
  expect(JSON.parse(answer.text ?? '')).toEqual({
    errorType: 'RangeError',
    errorMessage: 'too far',
    stackTrace: ['at a', 'at b'],
  });
});
