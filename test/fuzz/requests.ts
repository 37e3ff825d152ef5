import fc from 'fast-check';
import { TASK_STATUSES } from '../../lambdas/domain/lifecycle.ts';
import { OPERATIONS, type OperationName } from '../../lambdas/domain/operations.ts';
import { asyncMetricsFields } from '../../lambdas/http/async-metrics.ts';
import * as bulkSchemas from '../../lambdas/http/bulk-jobs.ts';
import * as configSchemas from '../../lambdas/http/config-schemas.ts';
import * as schemas from '../../lambdas/http/schemas.ts';
import { taskLogsFields } from '../../lambdas/http/task-logs.ts';
import * as workflowSchemas from '../../lambdas/http/workflow-schemas.ts';

/** A request of an operation, as anybody may send it. */
export interface FuzzRequest {
  readonly operation: OperationName;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What a test has put there before: a function that takes tasks, and ids of its tasks. */
export const KNOWN = {
  functionName: 'echo',
  taskIds: ['seed-waiting', 'seed-stopped'],
  workflowName: 'media',
  executionNames: ['seed-execution'],
  bulkJobIds: ['seed-job'],
} as const;

/** What each parameter of a path may be, so that it is found. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  functionName: [KNOWN.functionName],
  taskId: KNOWN.taskIds,
  workflowName: [KNOWN.workflowName],
  executionName: KNOWN.executionNames,
  bulkJobId: KNOWN.bulkJobIds,
};

const HOSTILE = [
  '',
  ' ',
  '0',
  '-1',
  '1.5',
  '1e9',
  '0x10',
  '9'.repeat(15),
  '9'.repeat(400),
  'NaN',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '%00',
  '%2e%2e%2f',
  '\u0000',
  "' OR '1'='1",
  '$\u007bjndi:ldap://x/y}',
  '<script>alert(1)</script>',
  'echo#seed-waiting',
  '#destinations',
  '*',
  'é€😀',
  '\u202e',
  '\ufeff',
  'x'.repeat(129),
  'x'.repeat(5000),
  '[]',
  '{}',
  ':pk',
  '#status = :x',
];

const PLAUSIBLE = [
  KNOWN.functionName,
  ...KNOWN.taskIds,
  'LATEST',
  'Async',
  'sync',
  'Tail',
  'refuse',
  'return',
  '600',
  '1',
  '100',
  'true',
  'asc',
  'nobody',
  ...TASK_STATUSES,
];

export const word = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...PLAUSIBLE) },
  { weight: 2, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.base64String({ maxLength: 80 }) },
);

/** A place in a list, as a token would carry it. */
const token = fc
  .tuple(fc.constantFrom('', '.', 'AAAAAAAAAAAA.'), word)
  .map(([print, place]) => Buffer.from(print + place).toString('base64url'));

/** Every field that an operation knows by name, with our extensions; new operations add theirs. */
const FIELDS = [
  ...new Set(
    [
      ...[schemas, bulkSchemas, configSchemas, workflowSchemas].flatMap(Object.values),
      ...[asyncMetricsFields, taskLogsFields],
    ].flatMap((schema) => {
      const { shape = {} } = schema as { shape?: object };
      return Object.keys(shape);
    }),
  ),
];

const QUERY_NAMES = FIELDS.filter((name) => !name.startsWith('x-'));
const FIELD_HEADERS = [...FIELDS.filter((name) => name.startsWith('x-')), 'x-fc-request-id'];
const HEADER_NAMES = [...FIELD_HEADERS, 'content-type'];

/** What makes sense in a field; one that is not here gets words of all kinds. */
const SENSE: Readonly<Record<string, readonly string[]>> = {
  functionName: [KNOWN.functionName],
  qualifier: ['LATEST', ''],
  'x-fc-invocation-type': ['Async', 'async', 'Sync'],
  'x-fc-log-type': ['None', 'Tail'],
  'x-fc-async-task-id': [...KNOWN.taskIds, 'fuzz-1', 'fuzz-2', 'fuzz-3'],
  'x-fc-stateful-async-invocation-id': ['fuzz-4'],
  'x-fc-async-delay': ['600', '604800'],
  'x-fc-request-id': ['fuzz-5', '1-abc'],
  'x-task-mode-on-duplicate': ['refuse', 'return'],
  status: TASK_STATUSES,
  prefix: ['', 'seed', 'fuzz-'],
  limit: ['1', '100'],
  startedTimeBegin: ['0'],
  startedTimeEnd: ['999999999999999'],
  sortOrderByTime: ['asc', 'desc'],
  includePayload: ['true', 'false'],
  wait: ['0'],
  startTime: ['0', String(Date.now() - 3_600_000)],
  endTime: [String(Date.now()), '999999999999999'],
  period: ['60', '300', '86400'],
  metrics: ['backlog', 'enqueued,queueWait'],
};

function fieldsOf(names: readonly string[]): fc.Arbitrary<Record<string, string>> {
  const fields = names.map((name) => {
    const sensible = SENSE[name];
    const value = fc.oneof(
      { weight: 1, arbitrary: fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: token }) },
      ...(sensible ? [{ weight: 6, arbitrary: fc.constantFrom(...sensible) }] : []),
    );
    return fc.record({ [name]: value }, { requiredKeys: [] });
  });
  const stray = fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'x-fc-', 'x', '$top'), word, {
    maxKeys: 1,
    noNullPrototype: true,
  });
  // Most requests have few fields: each that is wrong hides what is behind it.
  const few = fc.subarray(
    fields.map((_, index) => index),
    { maxLength: 4 },
  );
  return fc
    .tuple(
      few,
      fc.tuple(...fields),
      fc.oneof({ weight: 9, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: stray }),
    )
    .map(([chosen, values, strays]) => Object.assign({}, ...chosen.map((index) => values[index]), strays));
}

const CONFIG = {
  asyncTask: fc.boolean(),
  maxAsyncRetryAttempts: fc.integer({ min: -1, max: 9 }),
  maxAsyncEventAgeInSeconds: fc.integer({ min: 0, max: 700_000 }),
  destinationConfig: fc.oneof(
    fc.record({ onSuccess: fc.record({ destination: fc.oneof(fc.constant(''), word) }) }),
    fc.record({ onFailure: fc.jsonValue() }),
  ),
  reservedConcurrency: fc.integer({ min: -2, max: 2000 }),
  name: fc.oneof(fc.constantFrom('fuzz-6', 'fuzz-7'), word),
  input: fc.jsonValue(),
  error: fc.string(),
  cause: fc.string(),
  action: fc.oneof(fc.constantFrom('Stop', 'Redrive'), word),
  filter: fc.oneof(
    fc.record(
      {
        status: fc.array(fc.constantFrom(...TASK_STATUSES), { maxLength: 3 }),
        prefix: fc.oneof(fc.constantFrom('seed', 'fuzz-'), word),
        startedTimeBegin: fc.oneof(fc.nat(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    ),
    fc.jsonValue(),
  ),
  dryRun: fc.boolean(),
  bulkJobId: fc.constantFrom('fuzz-8', 'fuzz-9', ...KNOWN.bulkJobIds),
};

const body = fc.oneof(
  fc.constant(undefined),
  fc.json(),
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.record(CONFIG, { requiredKeys: [] }),
        fc.subarray(Object.keys(CONFIG), { maxLength: 3 }),
        fc.option(fc.jsonValue(), { freq: 8 }),
      )
      .map(([config, names, odd]) => {
        const entries = names.map((name, index) => [
          name,
          odd !== null && index === 0 ? odd : config[name as keyof typeof config],
        ]);
        return JSON.stringify(Object.fromEntries(entries));
      }),
  },
  fc
    .array(
      fc.record(
        {
          taskId: fc.oneof(fc.constantFrom('fuzz-6', 'fuzz-7', ...KNOWN.taskIds), word),
          payload: fc.jsonValue(),
          delaySeconds: fc.oneof(fc.integer({ min: 0, max: 700_000 }), fc.jsonValue()),
          tenant: word,
        },
        { requiredKeys: [] },
      ),
      { maxLength: 5 },
    )
    .map((tasks) => JSON.stringify({ tasks })),
  fc
    .tuple(
      CONFIG.action,
      CONFIG.filter,
      fc.record({ dryRun: CONFIG.dryRun, bulkJobId: CONFIG.bulkJobId }, { requiredKeys: [] }),
    )
    .map(([action, filter, more]) => JSON.stringify({ action, filter, ...more })),
  word,
  fc.constantFrom(
    '{"a":',
    '[1e999]',
    '{"__proto__":{"asyncTask":true}}',
    '{"asyncTask":true,"asyncTask":1}',
    '\ufeff{}',
    '"\\ud800"',
    `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
    `{"input":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    `"${'€'.repeat(2000)}"`,
  ),
);

const parametersOf = (operation: OperationName) =>
  fc.record(
    Object.fromEntries(
      [...OPERATIONS[operation].path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [
        name,
        fc.oneof(
          {
            weight: 4,
            arbitrary: fc.constantFrom(...(PARAMETERS[name] ?? [''])),
          },
          { weight: 1, arbitrary: word },
        ),
      ]),
    ),
  );

/** A request of one operation with a field in its query that is a field in headers only. */
export function requestWithHeaderInQuery(operation: OperationName): fc.Arbitrary<FuzzRequest> {
  const strayName = fc.constantFrom(...FIELD_HEADERS, 'x-fc-', 'x-task-mode-new', 'X-Fc-Invocation-Type');
  return fc
    .tuple(requestOf(operation), strayName, fc.oneof(word, fc.constantFrom('Async', 'fuzz-1')))
    .map(([request, name, value]) => ({ ...request, query: { ...request.query, [name]: value } }));
}

/** A request of one operation: some of it plausible, so that it gets far, and some of it hostile. */
export function requestOf(operation: OperationName): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    operation: fc.constant(operation),
    parameters: parametersOf(operation),
    query: fieldsOf(QUERY_NAMES),
    headers: fieldsOf(HEADER_NAMES),
    body,
  });
}
