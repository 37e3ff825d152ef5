import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TaskModeError } from '../../lambdas/domain/errors.ts';
import { EVENT_AGE_SECONDS_RANGE, RETRY_ATTEMPTS_RANGE } from '../../lambdas/domain/limits.ts';
import type { TaskFunctionRecord } from '../../lambdas/domain/task-function.ts';
import { toAsyncConfig, toConfigChange } from '../../lambdas/http/async-config.ts';
import { listConfigsFields, putAsyncInvokeConfigBody } from '../../lambdas/http/config-schemas.ts';
import { parseBody } from '../../lambdas/http/json-body.ts';
import { fromFunctionsToken, toFunctionsToken } from '../../lambdas/http/next-token.ts';
import { parseFields } from '../../lambdas/http/request.ts';

/** The words with which something is refused. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code, message } = error as TaskModeError;
    return code === 'InvalidArgument' ? message : `not ${code}`;
  }
  return 'taken';
}

const put = (body: unknown) =>
  toConfigChange(parseBody(putAsyncInvokeConfigBody, typeof body === 'string' ? body : JSON.stringify(body)));

const NUMBERS = [
  ['maxAsyncRetryAttempts', RETRY_ATTEMPTS_RANGE, ''],
  ['maxAsyncEventAgeInSeconds', EVENT_AGE_SECONDS_RANGE, ' of seconds'],
] as const;

describe.each(NUMBERS)('%s', (field, { min, max }, unit) => {
  test.each([min, min + 1, max])('%d is taken', (value) => {
    expect(put({ [field]: value })).toEqual({ [field]: value });
  });

  test.each([min - 1, max + 1, min + 0.5, 1e300, String(min), true, [min], { min }])(
    '%j is refused',
    (value) => {
      expect(refusal(() => put({ [field]: value }))).toBe(
        `${field} must be a whole number${unit} from ${min} to ${max}, got "${typeof value === 'string' ? value : JSON.stringify(value)}"`,
      );
    },
  );
});

describe('the body of PutAsyncInvokeConfig', () => {
  test('names what it has, and an empty destination is nobody', () => {
    expect(put({})).toEqual({});
    expect(put({ asyncTask: false })).toEqual({ asyncTask: false });
    expect(put({ destinationConfig: {} })).toEqual({});
    expect(
      put({ destinationConfig: { onSuccess: { destination: 'arn:x' }, onFailure: { destination: '' } } }),
    ).toEqual({ destinations: { onSuccess: 'arn:x', onFailure: null } });
  });

  test('has null for what it does not name, at any depth', () => {
    expect(
      put({
        asyncTask: null,
        maxAsyncRetryAttempts: null,
        destinationConfig: { onSuccess: null, onFailure: { destination: null } },
      }),
    ).toEqual({});
  });

  test.each([
    ['', 'body must be a JSON object, got ""'],
    ['{', 'body must be a JSON object, got "{"'],
    ['null', 'body must be a JSON object with asyncTask, destinationConfig'],
    [[], 'body must be a JSON object with asyncTask'],
    ['"x"', 'got "x"'],
    [{ asyncTask: 'true' }, 'asyncTask must be true or false, got "true"'],
    [{ asyncTask: 1 }, 'asyncTask must be true or false, got "1"'],
    [
      { maxAsyncRetryAttempt: 1 },
      'body must have no fields but asyncTask, destinationConfig, maxAsyncEventAgeInSeconds, maxAsyncRetryAttempts, got "maxAsyncRetryAttempt"',
    ],
    [
      { destinationConfig: 'arn:x' },
      'destinationConfig must be a JSON object with onSuccess, onFailure, got "arn:x"',
    ],
    [
      { destinationConfig: { onSuccess: 'arn:x' } },
      'destinationConfig.onSuccess must be a JSON object with destination, got "arn:x"',
    ],
    [
      { destinationConfig: { onEnd: {} } },
      'destinationConfig must have no fields but onSuccess, onFailure, got "onEnd"',
    ],
    [
      { destinationConfig: { onFailure: { destination: 7 } } },
      'destinationConfig.onFailure.destination must be a destination of at most 1024 characters, or "" for none, got "7"',
    ],
    [
      { destinationConfig: { onFailure: { destination: 'x'.repeat(1025) } } },
      'destinationConfig.onFailure.destination must be a destination of at most 1024 characters',
    ],
    ['{"__proto__": 1}', 'got "__proto__"'],
    ['{"constructor": 1}', 'got "constructor"'],
  ])('%j is refused', (body, wanted) => {
    expect(refusal(() => put(body))).toContain(wanted);
  });

  test('is taken or refused in a few words, whatever it is', () => {
    const anything = fc.oneof(fc.string(), fc.json({ maxDepth: 3 }));
    fc.assert(
      fc.property(anything, (body) => {
        const words = refusal(() => put(body));
        expect(words).toMatch(/^(taken|body must .{1,300}, got .{1,102})$/s);
      }),
    );
  });
});

describe('the shape of a configuration', () => {
  const record = (destinations: object) =>
    ({
      functionName: 'echo',
      functionArn: 'arn:echo',
      defaults: { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 60, destinations },
    }) as TaskFunctionRecord;

  test('shows destinations shortened, be they deployed or put, and ARNs whole', () => {
    const queue = 'arn:aws:sqs:us-east-1:000000000000:done';
    const onSuccess = 'https://example.com/hook?token=secret';
    expect(toAsyncConfig(record({ onSuccess, onFailure: queue })).destinationConfig).toEqual({
      onSuccess: { destination: 'https://example.com/hook?token=…' },
      onFailure: { destination: queue },
    });
    const runtimeConfig = { createdTime: 0, lastModifiedTime: 0, revision: 'r', destinations: { onSuccess } };
    expect(toAsyncConfig({ ...record({}), runtimeConfig }).destinationConfig).toEqual({
      onSuccess: { destination: 'https://example.com/hook?token=…' },
      onFailure: undefined,
    });
  });
});

describe('a list of functions', () => {
  test('has twenty of them by default', () => {
    expect(parseFields(listConfigsFields, {})).toEqual({ limit: 20 });
  });

  test.each([
    [{ limit: '0' }, 'limit must be a whole number from 1 to 100, got "0"'],
    [{ limit: '101' }, 'limit must be a whole number from 1 to 100, got "101"'],
    [{ functionName: 'a b' }, 'functionName must have 1 to 64 characters'],
  ])('with %j is refused', (fields, wanted) => {
    expect(refusal(() => parseFields(listConfigsFields, fields))).toContain(wanted);
  });

  const filter = { lists: 'async-invoke-configs' };

  test('goes on where its token says', () => {
    expect(fromFunctionsToken(toFunctionsToken('echo', filter), filter)).toBe('echo');
    expect(fromFunctionsToken('', filter)).toBeUndefined();
    expect(toFunctionsToken(undefined, filter)).toBeUndefined();
  });

  test.each([
    ['another list', toFunctionsToken('echo', { lists: 'concurrency-configs' })],
    ['another filter', toFunctionsToken('echo', { ...filter, functionName: 'echo' })],
    ['a place that is no name', toFunctionsToken('a b', filter)],
    ['nothing', 'x'],
  ])('refuses a token of %s', (_, token) => {
    expect(refusal(() => fromFunctionsToken(token, filter))).toContain(
      'nextToken must be the nextToken of the page before',
    );
  });
});

test("the contract's AsyncConfig is what holds, with times to the second", () => {
  const record = {
    functionArn: 'arn:fn',
    defaults: {
      asyncTask: true,
      maxAsyncRetryAttempts: 3,
      maxAsyncEventAgeInSeconds: 86_400,
      destinations: { onFailure: 'arn:deployed' },
    },
    runtimeConfig: {
      maxAsyncRetryAttempts: 0,
      createdTime: Date.parse('2026-09-10T02:45:02.999Z'),
      lastModifiedTime: Date.parse('2026-09-11T00:00:00Z'),
      revision: 'r',
    },
  } as TaskFunctionRecord;
  expect(JSON.parse(JSON.stringify(toAsyncConfig(record)))).toEqual({
    functionArn: 'arn:fn',
    asyncTask: true,
    createdTime: '2026-09-10T02:45:02Z',
    lastModifiedTime: '2026-09-11T00:00:00Z',
    destinationConfig: { onFailure: { destination: 'arn:deployed' } },
    maxAsyncEventAgeInSeconds: 86_400,
    maxAsyncRetryAttempts: 0,
  });
});
