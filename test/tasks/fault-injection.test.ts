import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { AccessKeys } from '../../lambdas/aws/access-keys.ts';
import { AllowedDestinations } from '../../lambdas/aws/allowed-destinations.ts';
import type { BulkJobIndex } from '../../lambdas/aws/bulk-job-index.ts';
import type { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { EventSources } from '../../lambdas/aws/event-sources.ts';
import { Executions } from '../../lambdas/aws/executions.ts';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { FunctionSettings } from '../../lambdas/aws/function-settings.ts';
import { LogReader } from '../../lambdas/aws/log-reader.ts';
import { MetricReader } from '../../lambdas/aws/metric-reader.ts';
import { NonceStore } from '../../lambdas/aws/nonce-store.ts';
import { SubmitCounter } from '../../lambdas/aws/submit-counter.ts';
import { toSyncAnswer } from '../../lambdas/aws/sync-event.ts';
import { TargetFunction } from '../../lambdas/aws/target-function.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import { WebhookSecrets } from '../../lambdas/aws/webhook-secrets.ts';
import { WorkerFunction } from '../../lambdas/aws/worker-function.ts';
import { WorkflowRegistry } from '../../lambdas/aws/workflow-registry.ts';
import { ASYNC_METRIC_NAMES, metricWindow } from '../../lambdas/domain/async-metrics.ts';
import type { BulkOrder } from '../../lambdas/domain/bulk-order.ts';
import { destinationOf, isFollowUpPending } from '../../lambdas/domain/follow-up.ts';
import { isTerminal, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { BULK_LEASE_MS, SUBMITS_PER_COUNT } from '../../lambdas/domain/limits.ts';
import { newAllowance } from '../../lambdas/domain/submit-rate.ts';
import {
  type EndedTask,
  resultOwner,
  type Task,
  type TaskIn,
  type TaskKey,
} from '../../lambdas/domain/task.ts';
import { attachTask } from '../../lambdas/tasks/attach-task.ts';
import { authorizeRequest } from '../../lambdas/tasks/authorize-request.ts';
import { countTasks } from '../../lambdas/tasks/count-tasks.ts';
import { deleteAsyncInvokeConfig } from '../../lambdas/tasks/delete-async-invoke-config.ts';
import { deliverFollowUp } from '../../lambdas/tasks/deliver-follow-up.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { expireTask } from '../../lambdas/tasks/end-waiting.ts';
import { explainTask } from '../../lambdas/tasks/explain-task.ts';
import { followUpId } from '../../lambdas/tasks/follow-up-id.ts';
import { getAsyncMetrics } from '../../lambdas/tasks/get-async-metrics.ts';
import { getTaskLogs } from '../../lambdas/tasks/get-task-logs.ts';
import { getWorkflowExecution } from '../../lambdas/tasks/get-workflow-execution.ts';
import { getWorkflowExecutionHistory } from '../../lambdas/tasks/get-workflow-execution-history.ts';
import { invokeFunction } from '../../lambdas/tasks/invoke-function.ts';
import { limitSubmits } from '../../lambdas/tasks/limit-submits.ts';
import { listBulkJobs } from '../../lambdas/tasks/list-bulk-jobs.ts';
import { listTasks } from '../../lambdas/tasks/list-tasks.ts';
import { listWorkflowExecutions } from '../../lambdas/tasks/list-workflow-executions.ts';
import { listWorkflows } from '../../lambdas/tasks/list-workflows.ts';
import { putAsyncInvokeConfig } from '../../lambdas/tasks/put-async-invoke-config.ts';
import { putConcurrency } from '../../lambdas/tasks/put-concurrency.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { type RunBulkJobDependencies, runBulkJob } from '../../lambdas/tasks/run-bulk-job.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { type StartBulkJobDependencies, startBulkJob } from '../../lambdas/tasks/start-bulk-job.ts';
import { startWorkflowExecution } from '../../lambdas/tasks/start-workflow-execution.ts';
import { stopBulkJob } from '../../lambdas/tasks/stop-bulk-job.ts';
import { stopExecution } from '../../lambdas/tasks/stop-execution.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { stopWorkflowExecution } from '../../lambdas/tasks/stop-workflow-execution.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { submitTasks } from '../../lambdas/tasks/submit-tasks.ts';
import { submitTriggered } from '../../lambdas/tasks/submit-triggered.ts';
import { sweepTasks } from '../../lambdas/tasks/sweep-tasks.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { invokeExecutor } from '../../lambdas/worker/invoke-executor.ts';
import { adapterClasses, adapterFiles } from '../aws/adapters.ts';
import { startCloudWatch } from '../aws/cloudwatch-engine.ts';
import { FUNCTION_TABLE, SUBMIT_COUNT_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { startLogs } from '../aws/logs-engine.ts';
import { webhookDestination } from '../aws/receivers.ts';
import { startTarget, TARGET_ARN } from '../aws/target.ts';
import { startWaitingStates } from '../aws/waiting-states.ts';
import { AwsAway, CallRecorder, callsOf, Death, FAULTS, type PlannedFault } from './faults.ts';
import { OTHER_KINDS } from './follow-up-world.ts';
import { endings, illegalSteps, statusesIn } from './history.ts';
import { describeInvocationFaults } from './invocation-faults.ts';
import { startInvocationWorld } from './invocation-world.ts';

const world = await startInvocationWorld();
const { time, read } = world;

const LARGE = JSON.stringify('x'.repeat(5000));

/** What ran, in the order in which it did: each says which it was in its result. */
let executions: string[] = [];

/** A Lambda function that knows nothing of tasks. */
const { client: targetClient } = await startTarget(() => {
  executions.push(`run ${executions.length}`);
  return { body: executions.at(-1) };
});

let syncRuns = 0;

/** The worker of a function, as it answers a caller that waits. */
const { client: workerClient } = await startTarget(() => {
  syncRuns += 1;
  return { body: toSyncAnswer({ outcome: { kind: 'succeeded', resultText: '1' }, durationMs: 1 }) };
});

/** A queue that the deployment allows. */
const DESTINATION = 'arn:aws:sqs:us-east-1:000000000000:told-success';

const WAITER = {
  token: 'token-1',
  waitFor: 'task',
  executionId: 'arn:aws:states:us-east-1:000000000000:execution:w:e',
} as const;

const executionEndsUrl = world.queueUrl.replace('/echo', '/execution-ends');
await world.sqs.send(new CreateQueueCommand({ QueueName: 'execution-ends' }));

const states = await startWaitingStates();
states.requests.set(WAITER.executionId, ['a task', 'the same task']);

const SECRET = 'a-secret-of-the-test-0001';
world.secrets.deploy({ name: 'access-keys', arn: 'arn', source: 'test' }, () =>
  JSON.stringify({ keys: { key: { secret: SECRET, functions: ['echo'], actions: ['fc:InvokeFunction'] } } }),
);

const { client: cloudWatch } = await startCloudWatch(world.clock);

const { client: cloudWatchLogs } = await startLogs();

/** Puts a row as it is, however it came to be so. */
const putRow = (row: Record<string, unknown>) =>
  world.dynamoDb.send(new PutItemCommand({ TableName: TASK_TABLE, Item: marshall(row) }));

const RATE = { perSecond: 1000, burst: 1000 };

/** A caller of whom one more submit is the last that is not counted. */
const aboutToBeCounted = () => ({
  ...newAllowance(RATE, time.now),
  uncounted: SUBMITS_PER_COUNT - 1,
});

/** The adapters of one process, and the use cases on them. */
function processWith(recorder: CallRecorder) {
  const adapters = {
    store: recorder.recorded(world.store),
    payloads: recorder.recorded(world.payloads),
    queue: recorder.recorded(world.queue),
    registry: recorder.recorded(new FunctionRegistry({ client: world.dynamoDb, tableName: FUNCTION_TABLE })),
    index: recorder.recorded(world.index),
    ends: recorder.recorded(world.ends),
  };
  const waiters = recorder.recorded(new Waiters());
  const common = {
    ...adapters,
    storeFor: () => adapters.store,
    clock: world.clock,
    followUpQueueUrl: world.followUpQueueUrl,
  };
  const table = { client: world.dynamoDb, tableName: FUNCTION_TABLE };
  const config = {
    settings: recorder.recorded(new FunctionSettings(table)),
    eventSources: recorder.recorded(new EventSources({ client: world.eventSource.client })),
    allowedDestinations: recorder.recorded(new AllowedDestinations(table)),
    clock: world.clock,
  };
  const target = recorder.recorded(new TargetFunction({ client: targetClient, arn: TARGET_ARN }));
  const invoke = invokeExecutor(target);
  const attempt = async (task: Task): Promise<AttemptOutcome> => {
    if (recorder.isDead) throw new Death();
    if (task.taskId === 'invoking')
      return invoke('1', { signal: new AbortController().signal } as TaskContext);
    executions.push(`run ${executions.length}`);
    if (task.functionName === 'stubborn' && task.attempt === 1) {
      return {
        isSuccess: false,
        failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
      };
    }
    return {
      isSuccess: true,
      resultText: JSON.stringify(
        executions.at(-1)?.padEnd(task.payload && 'objectKey' in task.payload ? 5000 : 0),
      ),
    };
  };
  const run = { ...world.runDependencies(attempt), ...adapters };
  const followUps = {
    ...common,
    queueUrl: world.followUpQueueUrl,
    allowedDestinations: config.allowedDestinations,
    waiters,
    destinations: {
      queue: recorder.recorded(world.receivers.adapters.queue),
      topic: recorder.recorded(world.receivers.adapters.topic),
      function: recorder.recorded(world.receivers.adapters.function),
      eventBus: recorder.recorded(world.receivers.adapters.eventBus),
      webhook: recorder.recorded(webhookDestination(recorder.recorded(new WebhookSecrets()))),
    },
  };
  return {
    /** Each call of it is another request, as the FC SDK signs every attempt anew. */
    authorize: () =>
      authorizeRequest(
        {
          accessKeys: recorder.recorded(new AccessKeys({ secretId: 'access-keys' })),
          nonces: recorder.recorded(new NonceStore({ client: world.dynamoDb, tableName: 'nonces' })),
          clock: world.clock,
          signal: AbortSignal.timeout(10_000),
        },
        {
          routeName: 'InvokeFunction',
          functionName: 'echo',
          requestId: randomUUID(),
          signature: {
            accessKeyId: 'key',
            signTime: time.now,
            digest: randomUUID(),
            isMadeWith: (secret) => secret === SECRET,
            isOfBody: () => true,
          },
        },
      ),
    invoke: () =>
      invokeFunction(
        { ...common, worker: recorder.recorded(new WorkerFunction({ client: workerClient })) },
        {
          functionName: 'echo',
          requestId: 'r',
          payload: '1',
          call: { wantsLogTail: false, signal: new AbortController().signal },
        },
      ),
    submit: (taskId: string, request: object = {}) =>
      submitTask(common, {
        functionName: 'echo',
        taskId,
        requestId: 'r',
        tenant: 'tenant-1',
        delaySeconds: 0,
        payload: '1',
        ...request,
      }),
    counts: () => countTasks(common, { prefix: '', limit: 100 }),
    explain: (key: TaskKey) => explainTask(common, key),
    batch: async (taskId: string, request: object = {}) => {
      const of = { functionName: 'echo', requestId: 'r', tenant: 'tenant-1', delaySeconds: 0, payload: '1' };
      const [outcome] = await submitTasks(common, 'echo', [{ ...of, taskId, ...request }]);
      if (outcome && !outcome.isAccepted) throw outcome.error;
    },
    limit: () =>
      limitSubmits(
        {
          rate: RATE,
          allowances: new Map([['caller', aboutToBeCounted()]]),
          newCounter: () =>
            recorder.recorded(new SubmitCounter({ client: world.dynamoDb, tableName: SUBMIT_COUNT_TABLE })),
          clock: world.clock,
          logFault: () => undefined,
        },
        'caller',
      ),
    deliver: (key: TaskKey, receiptHandle = 'none') =>
      runTask(run, {
        key,
        tenant: 'tenant-1',
        receiptHandle,
        invocationEndTime: time.now + 70_000,
        runId: randomUUID(),
      }),
    deleteMessage: (receiptHandle: string) => adapters.queue.delete(world.queueUrl, receiptHandle),
    heartbeat: async (key: TaskKey, runId: string) => {
      await adapters.store.peek(key, time.now);
      await adapters.store.extendLease(key, runId, { now: time.now, leaseUntil: time.now + 60_000 });
    },
    stop: (key: TaskKey) => stopTask(common, key),
    attach: (key: TaskKey) =>
      attachTask(
        { ...common, waiters, pause: async () => undefined },
        { ...key, requestId: 'r', tenant: 'tenant-1', delaySeconds: 0, payload: '1', waiter: WAITER },
      ),
    trigger: (key: TaskKey, payload?: string) =>
      submitTriggered(common, {
        ...key,
        payload,
        trigger: 'Uploads',
        delaySeconds: 0,
        requestId: 'message-1',
      }),
    stopExecution: async (key: TaskKey) => {
      const executions = recorder.recorded(new Executions());
      await stopExecution({ ...common, executions, taskOf: () => key }, WAITER.executionId);
      await adapters.queue.sendBody(executionEndsUrl, 'an end to look at again', { delaySeconds: 10 });
    },
    workflows: async (key: TaskKey) => {
      const executions = {
        ...common,
        workflows: recorder.recorded(new WorkflowRegistry(table)),
        executions: recorder.recorded(new Executions()),
        taskOf: () => key,
      };
      await listWorkflows(executions, { limit: 10 });
      const { executionName } = await startWorkflowExecution(executions, {
        workflowName: 'w',
        name: 'e',
        input: '{}',
      });
      const execution = { workflowName: 'w', executionName };
      await getWorkflowExecution(executions, execution);
      await listWorkflowExecutions(executions, {
        workflowName: 'w',
        status: 'Running',
        limit: 10,
        token: undefined,
      });
      await getWorkflowExecutionHistory(executions, { ...execution, limit: 100, offset: 0 });
      await stopWorkflowExecution(executions, { ...execution, error: 'E', cause: undefined });
    },
    followUp: (key: TaskKey) => deliverFollowUp(followUps, key),
    message: (body: string) => world.deliverMessage(body, followUps),
    redrive: (key: TaskKey) => redriveTask(common, key),
    bulk: (key: TaskKey, order: Partial<BulkOrder> = {}, workMs = 600_000) =>
      bulkJob(
        {
          ...common,
          jobs: recorder.recorded(world.dependencies.jobs as BulkJobStore),
          bulkJobQueueUrl: world.dependencies.bulkJobQueueUrl,
        },
        key,
        order,
        workMs,
      ),
    askOfBulkJobs: async (key: TaskKey) => {
      const deps = {
        ...common,
        jobs: recorder.recorded(world.dependencies.jobs as BulkJobStore),
        jobIndex: recorder.recorded(world.dependencies.jobIndex as BulkJobIndex),
      };
      await listBulkJobs(deps, { functionName: key.functionName, limit: 10, after: undefined });
      await stopBulkJob(deps, { functionName: key.functionName, bulkJobId: 'bulk' }, 'somebody');
    },
    putConcurrency: (key: TaskKey) => putConcurrency(config, key.functionName, 7),
    putConfig: (key: TaskKey) =>
      putAsyncInvokeConfig(config, key.functionName, { destinations: { onSuccess: DESTINATION } }),
    deleteConfig: (key: TaskKey) =>
      deleteAsyncInvokeConfig(config, key.functionName).catch((error: { code?: string }) => {
        if (error.code !== 'AsyncConfigNotExists') throw error;
      }),
    list: () =>
      listTasks(common, {
        functionName: 'echo',
        begin: 0,
        end: 999_999_999_999_999,
        order: 'desc',
        limit: 10,
        includePayload: true,
      }),
    metrics: (key: TaskKey) =>
      getAsyncMetrics(
        { ...common, service: 'Stack', metrics: recorder.recorded(new MetricReader({ client: cloudWatch })) },
        {
          functionName: key.functionName,
          window: metricWindow(time.now - 60_000, time.now, 60_000),
          names: ASYNC_METRIC_NAMES,
        },
      ),
    logs: (key: TaskKey) =>
      getTaskLogs(
        { ...common, logs: recorder.recorded(new LogReader({ client: cloudWatchLogs })) },
        { key, startTime: 0, limit: 100 },
      ),
    sweep: () =>
      sweepTasks({
        ...world.dependencies,
        registry: adapters.registry,
        index: recorder.recorded(world.dependencies.index),
        rows: recorder.recorded(world.dependencies.rows),
        storeFor: () => adapters.store,
        queue: adapters.queue,
        eventSources: config.eventSources,
        settings: config.settings,
        jobs: recorder.recorded(world.dependencies.jobs as BulkJobStore),
        jobIndex: recorder.recorded(world.dependencies.jobIndex as BulkJobIndex),
        lookedTo: new Map(),
      }),
  };
}

/** Starts a bulk job, and works on it right away; again, once whoever worked on it before is taken for dead. */
async function bulkJob(
  common: Omit<StartBulkJobDependencies & RunBulkJobDependencies, 'logFault' | 'pause'>,
  { functionName }: TaskKey,
  order: Partial<BulkOrder>,
  workMs: number,
): Promise<void> {
  const dead = (error: unknown) => {
    if (error instanceof Death) throw error;
  };
  const pause = async (milliseconds: number) => {
    time.now += milliseconds;
  };
  const job = await startBulkJob(
    { ...common, logFault: dead },
    { functionName, bulkJobId: 'bulk', action: 'Stop', filter: {}, maxTasks: 10, ...order },
  );
  await runBulkJob(
    { ...common, pause, logFault: (_, error) => dead(error) },
    { key: job, runId: randomUUID(), workUntil: time.now + workMs },
  );
}

type Process = ReturnType<typeof processWith>;

/** A process that nothing happens to. */
const sound = () => processWith(new CallRecorder());

interface Scenario {
  /** What is so before the process under test begins. */
  readonly before?: (key: TaskKey) => Promise<unknown>;
  /** What the process does that something happens to. */
  readonly act: (process: Process, key: TaskKey) => Promise<unknown>;
  /** The client's repetition, where one would repeat what it got no answer to. */
  readonly repeat?: (process: Process, key: TaskKey) => Promise<unknown>;
  /** How the task ends. */
  readonly ends: readonly TaskStatus[];
  /** How it may end as well where the process dies in the middle of it: an attempt that was cut off counts. */
  readonly endsCutOff?: readonly TaskStatus[];
}

const received = async () => (await world.receive())?.receiptHandle ?? 'none';

const submitted = (request?: object) => (key: TaskKey) =>
  sound().submit(key.taskId, { functionName: key.functionName, ...request });

const startedElsewhere = (request?: object) => async (key: TaskKey) => {
  await submitted(request)(key);
  await received();
  const run = { runId: 'dead', now: time.now, leaseUntil: time.now + 1000, instanceId: 'i' };
  await world.store.start(key, run);
  time.now += 2000;
};

const submitOf =
  (request?: object): Scenario['act'] =>
  (process, key) =>
    process.submit(key.taskId, { functionName: key.functionName, ...request });

const accepting =
  (request?: object): Scenario['act'] =>
  (process, key) =>
    submitOf(request)(process, key).catch(unlessTaken);

function unlessTaken(error: { code?: string }): void {
  if (error.code !== 'AsyncTaskAlreadyExists') throw error;
}

const signedSubmit =
  (submit: Scenario['act']): Scenario['act'] =>
  async (process, key) => {
    await process.authorize();
    await submit(process, key);
  };

const SCENARIOS: Record<string, Scenario> = {
  'synchronous invocation, beside a task': {
    before: submitted(),
    act: (process) => process.invoke(),
    ends: ['Succeeded'],
  },
  submit: { act: submitOf(), repeat: accepting(), ends: ['Succeeded'] },
  'submit that is signed with an access key': {
    act: signedSubmit(submitOf()),
    repeat: signedSubmit(accepting()),
    ends: ['Succeeded'],
  },
  'submit of a caller that is held to a rate': {
    act: async (process, key) => {
      await process.limit();
      await submitOf()(process, key);
    },
    repeat: accepting(),
    ends: ['Succeeded'],
  },
  'submit in a batch': {
    act: (process, key) => process.batch(key.taskId),
    repeat: (process, key) => process.batch(key.taskId).catch(unlessTaken),
    ends: ['Succeeded'],
  },
  'submit of a large payload in a batch': {
    act: (process, key) => process.batch(key.taskId, { payload: LARGE }),
    repeat: (process, key) => process.batch(key.taskId, { payload: LARGE }).catch(unlessTaken),
    ends: ['Succeeded'],
  },
  'submit of a large payload': {
    act: submitOf({ payload: LARGE }),
    repeat: accepting({ payload: LARGE }),
    ends: ['Succeeded'],
  },
  'submit of a long-delayed task': {
    act: submitOf({ delaySeconds: 3600 }),
    repeat: accepting({ delaySeconds: 3600 }),
    ends: ['Succeeded'],
  },
  'duplicate submit': {
    before: submitted({ payload: LARGE }),
    act: accepting({ payload: LARGE }),
    ends: ['Succeeded'],
  },
  'duplicate submit that asks for the first task': {
    before: submitted({ payload: LARGE }),
    act: submitOf({ payload: LARGE, onDuplicate: 'return' }),
    ends: ['Succeeded'],
  },
  'duplicate submit that sends the lost message of the first': {
    before: async (key) => {
      await submitted()(key);
      await world.purge();
      time.now += 10_000;
    },
    act: accepting(),
    ends: ['Succeeded'],
  },
  run: {
    before: submitted(),
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Succeeded'],
    endsCutOff: ['Failed'],
  },
  'run of a large payload with a large result': {
    before: submitted({ payload: LARGE }),
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Succeeded'],
    endsCutOff: ['Failed'],
  },
  'submit after its configuration was put': {
    before: () => world.allow(DESTINATION),
    act: async (process, key) => {
      await process.putConfig(key);
      await accepting()(process, key);
    },
    repeat: async (process, key) => {
      await process.putConfig(key);
      await accepting()(process, key);
    },
    ends: ['Succeeded'],
  },
  'sweep after a deployment set the concurrency otherwise': {
    before: async (key) => {
      await submitted()(key);
      await sound().putConcurrency(key);
      world.eventSource.put({ isEnabled: false });
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'submit after its configuration was deleted': {
    before: async (key) => {
      await world.allow(DESTINATION);
      await sound().putConfig(key);
    },
    act: async (process, key) => {
      await process.deleteConfig(key);
      await accepting()(process, key);
    },
    repeat: async (process, key) => {
      await process.deleteConfig(key);
      await accepting()(process, key);
    },
    ends: ['Succeeded'],
  },
  'run of an existing function': {
    before: submitted(),
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Succeeded'],
    endsCutOff: ['Failed'],
  },
  'run that is to be repeated': {
    before: submitted(),
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Succeeded'],
  },
  'run that is to be repeated, of a message that is no longer its own': {
    before: submitted(),
    act: (process, key) => process.deliver(key),
    ends: ['Succeeded'],
  },
  'run of a task that expires': {
    before: async (key) => {
      await submitted()(key);
      time.now += 3_600_001;
    },
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Expired'],
  },
  'run of a task whose instance died': {
    before: startedElsewhere(),
    act: (process, key) => process.deliver(key),
    ends: ['Succeeded', 'Failed'],
  },
  heartbeat: {
    before: async (key) => {
      await submitted()(key);
      const run = { runId: 'alive', now: time.now, leaseUntil: time.now + 1000, instanceId: 'i' };
      await world.store.start(key, run);
    },
    act: (process, key) => process.heartbeat(key, 'alive'),
    ends: ['Succeeded', 'Failed'],
  },
  "neighbour's delete": {
    before: submitted(),
    act: async (process, key) => {
      const receiptHandle = await received();
      await process.deliver(key, receiptHandle);
      await process.deleteMessage(receiptHandle);
    },
    ends: ['Succeeded', 'Failed'],
  },
  'stop of a waiting task': {
    before: submitted(),
    act: (process, key) => process.stop(key),
    repeat: (process, key) => process.stop(key),
    ends: ['Stopped'],
  },
  'stop of a running task': {
    before: startedElsewhere(),
    act: (process, key) => process.stop(key),
    repeat: (process, key) => process.stop(key),
    ends: ['Stopped'],
  },
  redrive: {
    before: async (key) => {
      await submitted({ payload: LARGE })(key);
      await sound().stop(key);
      await world.purge();
    },
    act: (process, key) => process.redrive(key),
    repeat: (process, key) =>
      process.redrive(key).catch((error: { code?: string }) => {
        if (error.code !== 'RedriveNotAllowed') throw error;
      }),
    ends: ['Succeeded'],
  },
  'redrive of a task whose end a queue is still to be told of': {
    before: async (key) => {
      await submitted()(key);
      await world.purge();
      const task = (await read(key)) as TaskIn<'Enqueued'>;
      await expireTask(world, task, time.now);
      await world.handedOver();
      const ended = (await read(key)) as EndedTask;
      earlierIds.push(followUpId(ended, ended.submissionId));
    },
    act: (process, key) => process.redrive(key),
    repeat: (process, key) =>
      process.redrive(key).catch((error: { code?: string }) => {
        if (error.code !== 'RedriveNotAllowed') throw error;
      }),
    ends: ['Succeeded'],
  },
  'bulk job that stops a task': {
    before: submitted(),
    act: (process, key) => process.bulk(key, { filter: { status: ['Enqueued'] } }),
    repeat: async (process, key) => {
      time.now += BULK_LEASE_MS + 1;
      await process.bulk(key, { filter: { status: ['Enqueued'] } });
    },
    ends: ['Stopped'],
  },
  'bulk job that redrives a task': {
    before: async (key) => {
      await submitted()(key);
      await sound().stop(key);
      await world.purge();
      time.now += 10;
    },
    act: (process, key) => process.bulk(key, { action: 'Redrive', filter: { status: ['Stopped'] } }),
    repeat: async (process, key) => {
      time.now += BULK_LEASE_MS + 1;
      await process.bulk(key, { action: 'Redrive', filter: { status: ['Stopped'] } });
    },
    ends: ['Succeeded'],
  },
  'all that is asked of bulk jobs, beside a task': {
    before: submitted(),
    act: async (process, key) => {
      await process.bulk(key, { filter: { prefix: 'nobody' } }, 0);
      await process.askOfBulkJobs(key);
    },
    repeat: async (process, key) => {
      await process.bulk(key, { filter: { prefix: 'nobody' } }, 0);
      await process.askOfBulkJobs(key);
    },
    ends: ['Succeeded'],
  },
  'sweep of a bulk job that nobody works on': {
    before: async (key) => {
      await submitted()(key);
      await sound().bulk(key, { filter: { prefix: 'nobody' } }, 0);
      time.now += 61_000;
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  list: { before: submitted({ payload: LARGE }), act: (process) => process.list(), ends: ['Succeeded'] },
  'counts, beside a task': {
    before: submitted(),
    act: (process) => process.counts(),
    ends: ['Succeeded'],
  },
  explanation: {
    before: submitted(),
    act: (process, key) => process.explain(key),
    ends: ['Succeeded'],
  },
  'metrics, beside a task': {
    before: submitted(),
    act: (process, key) => process.metrics(key),
    ends: ['Succeeded'],
  },
  'log of a dead run': {
    before: startedElsewhere(),
    act: (process, key) => process.logs(key),
    ends: ['Failed'],
  },
  'sweep of a long-delayed task': {
    before: async (key) => {
      await submitted({ delaySeconds: 3600 })(key);
      time.now += 3_000_000;
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'sweep of a dead run': {
    before: startedElsewhere(),
    act: (process) => process.sweep(),
    ends: ['Succeeded', 'Failed'],
  },
  'sweep of a dead run that was asked to stop': {
    before: async (key) => {
      await startedElsewhere()(key);
      await sound().stop(key);
    },
    act: (process) => process.sweep(),
    ends: ['Stopped'],
  },
  'sweep of an orphan': {
    before: async (key) => {
      await submitted()(key);
      await world.purge();
      time.now += 180_000;
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'sweep of a task that expires': {
    before: async (key) => {
      await submitted()(key);
      time.now += 3_600_001;
    },
    act: (process) => process.sweep(),
    ends: ['Expired'],
  },
  'sweep of a removed function': {
    before: async (key) => {
      await submitted()(key);
      await world.register(key.functionName, { isDeleted: true });
    },
    act: (process) => process.sweep(),
    // Where its message is still there, its worker may be faster than the next sweep.
    ends: ['Invalid', 'Succeeded'],
  },
  'sweep of a function that was removed long ago': {
    before: async (key) => {
      await submitted()(key);
      await sound().stop(key);
      await world.register(key.functionName, { isDeleted: true, deletedTime: 0 });
    },
    act: (process) => process.sweep(),
    ends: ['Stopped'],
  },
  'sweep of the kept end of an invocation, beside a task': {
    before: async (key) => {
      await submitted()(key);
      await putRow({
        pk: 'told#!i-4f1c2a3b-0000-4000-8000-000000000001',
        timeShard: 'told#0',
        wakeTime: time.now,
        ended: '{}',
      });
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'sweep of an entry that another function has put into its shard': {
    before: async (key) => {
      await submitted()(key);
      const stateShard = `${key.functionName}#waiting#0`;
      await putRow({ pk: 'stubborn#t', sortKey: '000000000000001#t', stateShard });
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'sweep of a dead letter': {
    before: async (key) => {
      await submitted()(key);
      await world.purge();
      await world.putDeadLetter(key);
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
  'run of a task of which a queue is told': {
    before: submitted(),
    act: async (process, key) => process.deliver(key, await received()),
    ends: ['Succeeded'],
    endsCutOff: ['Failed'],
  },
  'wake-up of a task that ended, of which a queue is to be told': {
    before: async (key) => {
      await submitted()(key);
      await sound().deliver(key, await received());
      await world.handedOver();
    },
    act: (process, key) => process.deliver(key),
    ends: ['Succeeded'],
  },
  'follow-up of a task of which a queue is told': {
    before: async (key) => {
      await submitted({ payload: LARGE })(key);
      await sound().deliver(key, await received());
    },
    act: (process, key) => process.followUp(key),
    ends: ['Succeeded'],
  },
  ...Object.fromEntries(
    OTHER_KINDS.map((kind): [string, Scenario] => [
      `follow-up by a destination of another kind: ${kind}`,
      {
        before: async (key) => {
          await world.registerTold(key.functionName, world.receivers.destinations[kind]);
          await submitted({ payload: LARGE })(key);
          await sound().deliver(key, await received());
        },
        act: (process, key) => process.followUp(key),
        ends: ['Succeeded'],
      },
    ]),
  ),
  'follow-up by a destination of another kind that does not take it': {
    before: async (key) => {
      await world.registerTold(key.functionName, world.receivers.destinations.eventBus);
      await submitted()(key);
      await sound().deliver(key, await received());
    },
    act: async (process, key) => {
      world.receivers.state.isBusFull = true;
      await process.followUp(key).finally(() => {
        world.receivers.state.isBusFull = false;
      });
    },
    ends: ['Succeeded'],
  },
  'sweep of a task that expires, of which a queue is told': {
    before: async (key) => {
      await submitted()(key);
      time.now += 3_600_001;
    },
    act: (process) => process.sweep(),
    ends: ['Expired'],
  },
  'submit of an event, which is delivered again': {
    act: (process, key) => process.trigger(key),
    repeat: (process, key) => process.trigger(key),
    ends: ['Succeeded'],
  },
  'submit of an event with a large payload, which is delivered again': {
    act: (process, key) => process.trigger(key, LARGE),
    repeat: (process, key) => process.trigger(key, LARGE),
    ends: ['Succeeded'],
  },
  'attach by a state of a workflow': {
    act: (process, key) => process.attach(key),
    repeat: (process, key) => process.attach(key),
    ends: ['Succeeded'],
  },
  'attach to a running task whose state waits no longer': {
    before: async (key) => {
      await submitted()(key);
      await received();
      const run = { runId: 'dead', now: time.now, leaseUntil: time.now + 1000, instanceId: 'i' };
      const started = await world.store.start(key, run);
      const { startDeadline } = (await read(key)) as Task;
      const waiter = { ...WAITER, token: 'gone' };
      if (started.isWritten) await world.store.attach(started.task, { waiter, startDeadline });
    },
    act: (process, key) => process.attach(key),
    repeat: (process, key) => process.attach(key),
    ends: ['Succeeded', 'Failed'],
  },
  'attach to a task that was stopped, which runs again': {
    before: async (key) => {
      await submitted()(key);
      await sound().stop(key);
      await world.purge();
    },
    act: (process, key) => process.attach(key),
    repeat: (process, key) => process.attach(key),
    ends: ['Succeeded'],
  },
  'attach to a task that has succeeded': {
    before: async (key) => {
      await submitted()(key);
      await sound().deliver(key, await received());
    },
    act: (process, key) => process.attach(key),
    repeat: (process, key) => process.attach(key),
    ends: ['Succeeded'],
  },
  'follow-up of a task that a workflow waits for': {
    before: async (key) => {
      await sound().attach(key);
      await sound().deliver(key, await received());
    },
    act: (process, key) => process.followUp(key),
    ends: ['Succeeded'],
  },
  'follow-up of a task that a workflow waits for, and that a queue is told of': {
    before: async (key) => {
      await sound().attach(key);
      await sound().deliver(key, await received());
    },
    act: (process, key) => process.followUp(key),
    ends: ['Succeeded'],
  },
  'stop of the tasks of an execution': {
    before: (key) => sound().attach(key),
    act: (process, key) => process.stopExecution(key),
    repeat: (process, key) => process.stopExecution(key),
    ends: ['Stopped'],
  },
  'all that is asked of workflows, beside a task': {
    before: async (key) => {
      await world.registerWorkflow('w');
      await submitted()(key);
    },
    act: (process, key) => process.workflows(key),
    repeat: (process, key) => process.workflows(key),
    ends: ['Succeeded'],
  },
  'sweep of a task of which a queue is not told yet': {
    before: async (key) => {
      await submitted()(key);
      await sound().deliver(key, await received());
      await world.handedOver();
      time.now += 60_000;
    },
    act: (process) => process.sweep(),
    ends: ['Succeeded'],
  },
};

/** Which function's task a scenario is about: stubborn ones fail their first attempt and have more, of others destinations are told, and some are done by an existing function. */
const FUNCTIONS = { repeated: 'stubborn', 'another kind': 'told-otherwise', told: 'told' };

const keyOf = (name: string): TaskKey => ({
  functionName: Object.entries(FUNCTIONS).find(([part]) => name.includes(part))?.[1] ?? 'echo',
  taskId: name.includes('existing function') ? 'invoking' : 'faulty',
});

const seen = new Set<string>();

/** The ids under which destinations are told of the series that a scenario has before its last. */
const earlierIds: string[] = [];

beforeEach(() => {
  earlierIds.length = 0;
  executions = [];
  syncRuns = 0;
  awaitAnew();
});

/** The state waits, and has no answer yet. */
function awaitAnew(): void {
  states.answers.length = 0;
  states.waiting.add(WAITER.token);
}

/** Runs a scenario in which at most one call goes wrong; then lets everybody else do what they would, until the task has ended. */
async function play({ before, act, repeat }: Scenario, key: TaskKey, plan?: PlannedFault): Promise<string[]> {
  await before?.(key);
  const recorder = new CallRecorder(plan);
  const error = await act(processWith(recorder), key).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error !== undefined && !(error instanceof AwsAway) && !(error instanceof Death)) throw error;
  if (plan !== undefined && error !== undefined) await repeat?.(sound(), key);
  await recover(key);
  return recorder.calls;
}

/** Messages come, and the sweep comes, as they would with time. A task that never ends is lost, and so is one of which nobody is told. */
async function recover(key: TaskKey): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    const task = await read(key);
    if (!task || (isTerminal(task.status) && !isFollowUpPending(task))) {
      time.now += 120_000;
      await world.resendDueEnds(key.functionName);
      await world.deliverAll();
      return;
    }
    if (isFollowUpPending(task)) {
      time.now += 60_000;
      for (const body of await world.takeHandedOver()) await sound().message(body);
      await world.sweep();
      continue;
    }
    const { visible, delayed, inFlight } = await world.messages();
    const isStopping = task.status === 'Stopping';
    time.now = Math.max(time.now + 75_000, task.notBefore);
    if (visible + delayed + inFlight > 0 && !isStopping) {
      await world.purge();
      await sound().deliver(key);
    } else {
      await world.sweep();
    }
  }
}

async function expectSound(name: string, ends: readonly TaskStatus[], key: TaskKey): Promise<void> {
  const task = await read(key);
  const statuses = statusesIn(task?.events ?? []);
  expect(ends, `${name}: ${statuses.join(' ')}`).toContain(task?.status);
  expect(illegalSteps(statuses)).toEqual([]);
  expect(endings(statuses)).toBe(1);
  if (task?.status === 'Succeeded') {
    const result = await world.payloads.read(task.result, resultOwner(task));
    expect(executions).toContain(JSON.parse(result).trim());
  }
  await expectTold(task);
  const isAwaited = task?.waiter !== undefined || name.includes('attach to a task that has succeeded');
  expect(
    states.answers.map(({ token }) => token),
    'who waits is answered once',
  ).toEqual(isAwaited ? [WAITER.token] : []);
  expect(syncRuns, 'what is invoked synchronously is never repeated').toBeLessThanOrEqual(1);
  if (name.startsWith('submit of an event')) {
    expect(executions, 'what is delivered again runs once').toHaveLength(1);
  }
  // A submit that was accepted was never counted as an attempt by a fault of AWS.
  expect(task?.attempt ?? 0).toBeLessThanOrEqual(executions.length + 1);
}

/** Who is to be told of a task's end is told at least once, always under one id; and others are not. */
async function expectTold(task: Task | undefined): Promise<void> {
  const ids = Object.values(await world.toldAll())
    .flat()
    .map(({ body }) => body.requestContext.followUpId);
  const isTold = task !== undefined && destinationOf(task.config, task.status) !== undefined;
  expect((task as EndedTask | undefined)?.followUp).toBe(isTold || task?.waiter ? 'delivered' : undefined);
  const last = isTold ? [followUpId(task as EndedTask, task.submissionId)] : [];
  expect([...new Set(ids)].sort()).toEqual([...new Set([...earlierIds, ...last])].sort());
}

describe.each(Object.entries(SCENARIOS))('%s', (name, scenario) => {
  const key = keyOf(name);

  test('without a fault', async () => {
    for (const call of await play(scenario, key)) seen.add(call);
    await expectSound(name, scenario.ends, key);
  });

  test.each(FAULTS)('each call once: %s', async (fault) => {
    const start = time.now;
    let calls = 1;
    for (let call = 0; call < calls; call += 1) {
      await world.clear();
      time.now = start;
      earlierIds.length = 0;
      executions = [];
      syncRuns = 0;
      awaitAnew();
      const made = await play(scenario, key, { call, fault });
      // A fault can lead to further calls, and each of these goes wrong in its turn, up to a bound.
      calls = Math.min(made.length, 25);
      const ends = [...scenario.ends, ...(fault === 'dies after' ? (scenario.endsCutOff ?? []) : [])];
      await expectSound(`${name}, ${fault} ${made[call]}`, ends, key);
    }
  });
});

describeInvocationFaults(world, seen);

test('nothing calls AWS but adapters', () => {
  const files = adapterFiles();
  expect(files.flatMap(({ adapters }) => adapters).length).toBeGreaterThan(6);
  expect(files.filter(({ callsOutside }) => callsOutside).map(({ file }) => file)).toEqual([]);
});

afterAll(async () => {
  const missing = (await adapterClasses()).flatMap(callsOf).filter((call) => !seen.has(call));
  expect(missing, 'calls that no scenario makes').toEqual([]);
});
