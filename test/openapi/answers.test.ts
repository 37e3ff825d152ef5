import { describe, expect, test } from 'vitest';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { newBulkJob } from '../../lambdas/domain/bulk-job.ts';
import { type ErrorCode, TaskModeError } from '../../lambdas/domain/errors.ts';
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../lambdas/domain/operations.ts';
import { iamAccess } from '../../lambdas/http/access.ts';
import { COMMON_ERRORS, DESCRIPTIONS } from '../../lambdas/http/openapi/descriptions.ts';
import { errorsOf } from '../../lambdas/http/openapi/document.ts';
import { apiHandler } from '../../lambdas/http/operation.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { startCloudWatch } from '../aws/cloudwatch-engine.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startLogs } from '../aws/logs-engine.ts';
import { startWorkflows } from '../aws/workflow-engine.ts';
import type { Answer } from '../fuzz/answers.ts';
import { setEnvironment } from '../fuzz/environment.ts';
import { answerOf, eventOf, handlerOf } from '../fuzz/events.ts';
import { startLambda } from '../fuzz/lambda-engine.ts';
import type { FuzzRequest } from '../fuzz/requests.ts';
import { startWorld } from '../tasks/world.ts';
import { expectDescribed } from './described.ts';

const world = await startWorld();
world.time.now = Date.now();
const lambda = await startLambda();
const engine = await startWorkflows();
const cloudWatch = await startCloudWatch(Date.now);
const logs = await startLogs();
setEnvironment(
  { ...world.endpoints, lambda: lambda.endpoint, cloudWatch: cloudWatch.endpoint, logs: logs.endpoint },
  undefined,
);

const key = (taskId: string) => ({ functionName: 'echo', taskId });
for (const taskId of ['waiting', 'stopped', 'done', 'to-stop']) {
  await world.submit({ taskId, delaySeconds: taskId === 'done' ? 0 : 86_400 });
}
await stopTask(world, key('stopped'));
await world.deliver(key('done'));
const ended = newBulkJob({
  ...{ functionName: 'echo', bulkJobId: 'ended', action: 'Stop', filter: {}, maxTasks: 1 },
  ...{ now: Date.now(), wakeTime: 0 },
});
const jobs = new BulkJobStore({ client: world.dynamoDb, tableName: TASK_TABLE });
await jobs.create({ ...ended, status: 'Succeeded' }, Date.now());

const PASS = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };
const media = engine.deploy('media', {
  StartAt: 'Rest',
  States: { Rest: { Type: 'Wait', Seconds: 86_400, End: true } },
});
const quick = engine.deploy('quick', PASS);
engine.deploy('express', PASS, true);
for (const name of ['media', 'quick', 'express']) await world.registerWorkflow(name, name === 'express');
engine.start(media, 'resting');
engine.start(quick, 'over');

const IAM = { authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/alice' } } };

/** A request that is answered well, but for what a case makes otherwise. */
const BASE: Omit<FuzzRequest, 'operation'> = {
  parameters: {
    functionName: 'echo',
    taskId: 'waiting',
    workflowName: 'media',
    executionName: 'resting',
    bulkJobId: 'job',
  },
  query: {},
  headers: {},
  body: undefined,
};

const seen = new Set<string>();

function see(operation: OperationName, answer: Answer): void {
  expectDescribed(operation, answer);
  const code = answer.status >= 400 ? ` ${JSON.parse(answer.body).Code}` : '';
  seen.add(`${operation} ${answer.status}${code}`);
}

/** Sends a request, and says that the document has its answer. */
async function send(operation: OperationName, change: Partial<FuzzRequest> = {}): Promise<Answer> {
  const handler = await handlerOf(operation);
  const parameters = { ...BASE.parameters, ...change.parameters };
  const named = [...OPERATIONS[operation].path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const inPath = Object.fromEntries(named.map((name) => [name, parameters[name] ?? '']));
  const answer = answerOf(await handler(eventOf({ ...BASE, ...change, parameters: inPath, operation }, IAM)));
  see(operation, answer);
  return answer;
}

/** What leads to a code, whatever the operation. */
const REFUSED: Partial<Record<ErrorCode, (operation: OperationName) => Partial<FuzzRequest>>> = {
  InvalidArgument: (operation) => ({
    parameters: { functionName: '1', workflowName: '1', executionName: '*' },
    // It has no field of its own that could be wrong.
    query: operation === 'GetOpenApi' ? { 'x-fc-log-type': 'Tail' } : { limit: '0' },
  }),
  FunctionNotFound: () => ({ parameters: { functionName: 'nobody' }, query: { functionName: 'nobody' } }),
  AliasNotFound: () => ({ query: { qualifier: 'prod' } }),
  BulkJobNotFound: () => ({ parameters: { bulkJobId: 'nobody' } }),
  AsyncTaskNotFound: () => ({ parameters: { taskId: 'nobody' } }),
  WorkflowNotFound: () => ({ parameters: { workflowName: 'nobody' } }),
  WorkflowTypeNotSupported: () => ({ parameters: { workflowName: 'express' }, body: '{"name":"e"}' }),
  ExecutionNotFound: () => ({ parameters: { executionName: 'nobody' } }),
};

/** What needs a body to be looked at. */
const BODIES: Partial<Record<OperationName, string>> = {
  PutAsyncInvokeConfig: '{"maxAsyncRetryAttempts":1}',
  PutConcurrencyConfig: '{"reservedConcurrency":4}',
  SubmitAsyncTasks: '{"tasks":[{}]}',
  StartBulkJob: '{"action":"Stop","filter":{"prefix":"no"}}',
};

describe.each(Object.entries(REFUSED))('%s', (code, requestOf) => {
  const operations = OPERATION_NAMES.filter((name) => DESCRIPTIONS[name].errors.includes(code as ErrorCode));

  test.each(operations)('of %s', async (operation) => {
    const body = BODIES[operation];
    const request = { ...(body !== undefined && { body }), ...requestOf(operation) };
    // A reason is no name.
    if (operation === 'StopWorkflowExecution') delete (request as { body?: string }).body;
    expect(JSON.parse((await send(operation, request)).body)).toMatchObject({ Code: code });
  });
});

/** What the faults of others lead to, and what only waiting would show: each operation answers it by the same code. */
const THROWN: readonly ErrorCode[] = [
  ...COMMON_ERRORS,
  'Throttling.User',
  'ResourceExhausted',
  'InvocationTimeout',
  'ConcurrentUpdateError',
];

describe.each(THROWN)('%s', (code) => {
  test.each(OPERATION_NAMES.filter((name) => errorsOf(name).has(code)))('of %s', async (routeName) => {
    const handler = apiHandler({
      routeName,
      access: iamAccess,
      operation: async () => {
        throw new TaskModeError(code, 'words');
      },
      logFault: () => undefined,
      callTimes: (run) => run(() => new Map()),
    });
    see(routeName, answerOf(await handler(eventOf({ ...BASE, operation: routeName }, IAM))));
  });
});

type Case = readonly [operation: OperationName, wanted: number | ErrorCode, change?: Partial<FuzzRequest>];

const ASYNC = { 'x-fc-invocation-type': 'Async' };
const of = (taskId: string) => ({ parameters: { taskId } });
const large = JSON.stringify('x'.repeat(1024 * 1024));

/** In this order: each finds what those before it have left. */
const CASES: readonly Case[] = [
  ['InvokeFunction', 202, { headers: { ...ASYNC, 'x-fc-async-task-id': 'new' }, body: '1' }],
  ['InvokeFunction', 200, { body: '{"a":1}' }],
  [
    'InvokeFunction',
    200,
    { headers: { ...ASYNC, 'x-fc-async-task-id': 'new', 'x-task-mode-on-duplicate': 'return' } },
  ],
  ['InvokeFunction', 'AsyncTaskAlreadyExists', { headers: { ...ASYNC, 'x-fc-async-task-id': 'new' } }],
  ['InvokeFunction', 'EntityTooLarge', { headers: ASYNC, body: large }],
  ...['waiting', 'stopped', 'done'].map((taskId): Case => ['GetAsyncTask', 200, of(taskId)]),
  ['ListAsyncTasks', 200, { query: { includePayload: 'true' } }],
  ['ListAsyncTasks', 200, { query: { limit: '1' } }],
  [
    'SubmitAsyncTasks',
    200,
    { body: '{"tasks":[{"taskId":"in-batch"},{"taskId":"waiting"},{"taskId":"1"},{}]}' },
  ],
  ['ListFunctions', 200],
  ...['waiting', 'stopped', 'done'].map((taskId): Case => ['ExplainAsyncTask', 200, of(taskId)]),
  ['GetAsyncTaskLogs', 200, of('done')],
  ['StopAsyncTask', 204, of('to-stop')],
  ['StopAsyncTask', 'AsyncTaskFinished', of('done')],
  ['RedriveAsyncTask', 'RedriveNotAllowed', of('done')],
  ['RedriveAsyncTask', 202, of('stopped')],
  ['StartBulkJob', 200, { body: '{"action":"Redrive","filter":{},"dryRun":true}' }],
  ['StartBulkJob', 202, { body: '{"action":"Stop","filter":{"prefix":"no"},"bulkJobId":"job"}' }],
  ['StartBulkJob', 'BulkJobAlreadyExists', { body: '{"action":"Redrive","filter":{},"bulkJobId":"job"}' }],
  ['GetBulkJob', 200],
  ['ListBulkJobs', 200, { query: { limit: '1' } }],
  ['StopBulkJob', 204],
  ['StopBulkJob', 'BulkJobFinished', { parameters: { bulkJobId: 'ended' } }],
  ['GetAsyncMetrics', 200],
  ['GetAsyncInvokeConfig', 'AsyncConfigNotExists'],
  ['DeleteAsyncInvokeConfig', 'AsyncConfigNotExists'],
  ['PutAsyncInvokeConfig', 200, { body: '{"maxAsyncRetryAttempts":1}' }],
  ['GetAsyncInvokeConfig', 200],
  ['ListAsyncInvokeConfigs', 200],
  ['DeleteAsyncInvokeConfig', 204],
  ['PutConcurrencyConfig', 200, { body: '{"reservedConcurrency":4}' }],
  ['GetConcurrencyConfig', 200],
  ['ListConcurrencyConfigs', 200],
  ['DeleteConcurrencyConfig', 204],
  ['GetOpenApi', 200],
  ['ListWorkflows', 200],
  ['StartWorkflowExecution', 202, { body: '{"name":"first"}' }],
  ['StartWorkflowExecution', 200, { parameters: { workflowName: 'quick' }, body: '{"name":"over"}' }],
  ['StartWorkflowExecution', 'ExecutionAlreadyExists', { body: '{"name":"first","input":1}' }],
  ['StartWorkflowExecution', 'EntityTooLarge', { body: `{"input":${large}}` }],
  ['ListWorkflowExecutions', 200],
  ['GetWorkflowExecution', 200, { parameters: { workflowName: 'quick', executionName: 'over' } }],
  ['GetWorkflowExecutionHistory', 200],
  ['StopWorkflowExecution', 204],
  [
    'StopWorkflowExecution',
    'ExecutionFinished',
    { parameters: { workflowName: 'quick', executionName: 'over' } },
  ],
];

const ALL_CASES = CASES.map(([operation, wanted, change]) => ({ operation, wanted, change }));

test.each(ALL_CASES)('$operation answers $wanted as described', async ({ operation, wanted, change }) => {
  const { status, body } = await send(operation, change);
  expect(typeof wanted === 'number' ? status : JSON.parse(body).Code, body).toBe(wanted);
});

test('every answer of every operation that the document has was seen', () => {
  const described = OPERATION_NAMES.flatMap((name) => [
    ...Object.keys(DESCRIPTIONS[name].answers).map((status) => `${name} ${status}`),
    ...[...errorsOf(name)].map(([code, status]) => `${name} ${status} ${code}`),
  ]);
  expect(
    described.filter((answer) => !seen.has(answer)),
    'answers without a request in this file',
  ).toEqual([]);
});
