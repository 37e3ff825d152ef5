import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { EndStore } from '../../lambdas/aws/end-store.ts';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { parseWakeUp } from '../../lambdas/aws/message.ts';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskIndex } from '../../lambdas/aws/task-index.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import type { AllowedDestination } from '../../lambdas/domain/destination.ts';
import { DESTINATIONS_ROW, WORKFLOW_ROW_PREFIX } from '../../lambdas/domain/storage-names.ts';
import type { Task, TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { type RunDependencies, runTask } from '../../lambdas/tasks/run-task.ts';
import { type SubmitDependencies, type SubmitRequest, submitTask } from '../../lambdas/tasks/submit-task.ts';
import { BUCKET, FUNCTION_TABLE, startEngines, TASK_TABLE } from '../aws/engines.ts';
import { EVENT_SOURCE_ID } from '../aws/event-source-engine.ts';
import { MetricCounts } from './metric-counts.ts';

export const SHARDS = 4;

/** Where ended tasks are handed over, and who is told of those of the function `told`. */
export const FOLLOW_UP_QUEUES = ['follow-ups', 'told-success', 'told-failure'];

/** The use cases on the real engines, with a clock that the test sets. */
export async function startWorld() {
  const { dynamoDb, sqs, queueUrl, endpoints, secrets } = await startEngines();
  const time = { now: 1_795_510_275_000 };
  const clock = () => time.now;
  const counts = new MetricCounts();
  const store = new TaskStore({
    client: dynamoDb,
    tableName: TASK_TABLE,
    shardCount: SHARDS,
    countMetrics: counts.count,
  });
  const payloads = new PayloadStore({ bucketName: BUCKET });
  const queue = new TaskQueue({ client: sqs });
  const registry = new FunctionRegistry({ client: dynamoDb, tableName: FUNCTION_TABLE });
  const index = new TaskIndex({ client: dynamoDb, tableName: TASK_TABLE });
  const ends = new EndStore({ client: dynamoDb, tableName: TASK_TABLE });
  const followUpQueueUrl = queueUrl.replace('/echo', '/follow-ups');
  const common = {
    ...{ registry, store, storeFor: () => store, payloads, queue, index, clock },
    ...{ ends, followUpQueueUrl },
  };

  const register = (functionName: string, overrides: Record<string, unknown> = {}) =>
    dynamoDb.send(
      new PutItemCommand({
        TableName: FUNCTION_TABLE,
        Item: marshall({
          functionName,
          functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
          queueUrl,
          deadLetterQueueUrl: `${queueUrl}-dead`,
          eventSourceId: EVENT_SOURCE_ID,
          logGroupName: `${functionName}-logs`,
          scaling: { maxConcurrency: 100 },
          instanceConcurrency: 1,
          shardCount: SHARDS,
          shardCounts: new Set([SHARDS]),
          defaults: { asyncTask: true, maxAsyncRetryAttempts: 0, maxAsyncEventAgeInSeconds: 3600 },
          ...overrides,
        }),
      }),
    );
  const registerWorkflow = (workflowName: string, isExpress = false) => {
    const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${workflowName}`;
    const functionName = `${WORKFLOW_ROW_PREFIX}${workflowName}`;
    const Item = marshall({ functionName, stateMachineArn, isExpress, deployedBy: 'test' });
    return dynamoDb.send(new PutItemCommand({ TableName: FUNCTION_TABLE, Item }));
  };
  /** Has the deployment allow destinations, and no others. */
  const allow = (...allowed: readonly (string | AllowedDestination)[]) =>
    dynamoDb.send(
      new PutItemCommand({
        TableName: FUNCTION_TABLE,
        Item: marshall({
          functionName: DESTINATIONS_ROW,
          allowed: allowed.map((each) => (typeof each === 'string' ? { destination: each } : each)),
        }),
      }),
    );
  await register('echo');
  await register('stubborn', {
    defaults: { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 },
  });
  for (const QueueName of FOLLOW_UP_QUEUES) await sqs.send(new CreateQueueCommand({ QueueName }));
  const destination = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  /** A function whose tasks' ends two queues are told of. */
  const toldFunction = {
    deadLetterQueueUrl: queueUrl.replace('/echo', '/told-dead'),
    defaults: {
      asyncTask: true,
      maxAsyncRetryAttempts: 0,
      maxAsyncEventAgeInSeconds: 3600,
      destinations: { onSuccess: destination('told-success'), onFailure: destination('told-failure') },
    },
  };
  await register('told', toldFunction);

  const submit = (request: Partial<SubmitRequest> = {}) => submitAs(common, request);

  /** A submit of a process with adapters of its own. */
  const submitAs = (adapters: SubmitDependencies, request: Partial<SubmitRequest>) =>
    submitTask(adapters, {
      functionName: 'echo',
      requestId: 'request-1',
      tenant: 'tenant-1',
      delaySeconds: 0,
      payload: '{"n":1}',
      ...request,
    });

  const log: string[] = [];
  const random = { value: 0.5 };
  const runDependencies = (attempt: RunDependencies['attempt']): RunDependencies => ({
    store,
    payloads,
    queue,
    queueUrl,
    followUpQueueUrl,
    waiters: new Waiters(),
    stopEnd: 'cooperative',
    leaseMs: 70_000,
    attemptNeedsMs: 0,
    instanceId: 'instance-1',
    clock,
    random: () => random.value,
    pause: async (milliseconds) => {
      time.now += milliseconds;
    },
    attempt,
    log: {
      attemptFailed: (_, { kind }) => log.push(`failed ${kind}`),
      stopped: (_, detail) => log.push(`stopped ${JSON.parse(detail).endedBy}`),
      superseded: (_, current) => log.push(`superseded ${current?.status}`),
      handedBack: () => log.push('handed back'),
      rowMissing: () => log.push('row missing'),
    },
  });

  /** One delivery of a task's message, to a worker whose code does `attempt`. */
  const deliver = (
    key: TaskKey,
    attempt: (task: Task, payload: string) => Promise<AttemptOutcome> = succeed,
    receiptHandle = 'none',
  ) => deliverAs({ store }, key, attempt, receiptHandle);

  const deliverAs = (
    adapters: Pick<RunDependencies, 'store'>,
    key: TaskKey,
    attempt: (task: Task, payload: string) => Promise<AttemptOutcome>,
    receiptHandle = 'none',
  ) =>
    runTask(
      { ...runDependencies(attempt), store: adapters.store },
      {
        key,
        tenant: 'tenant-1',
        receiptHandle,
        invocationEndTime: time.now + 70_000,
        runId: randomUUID(),
      },
    );

  const read = (key: TaskKey) => store.get(key, time.now);

  /** Takes one message that is visible now. */
  const receive = async () => {
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 1,
      VisibilityTimeout: 60,
    });
    const { Body, ReceiptHandle = '' } = (await sqs.send(command)).Messages?.[0] ?? {};
    return Body === undefined ? undefined : { key: parseWakeUp(Body), receiptHandle: ReceiptHandle };
  };

  const messages = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await sqs.send(command);
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    };
  };

  const purge = () => sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  const remove = (receiptHandle: string) =>
    sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));

  return {
    ...common,
    dynamoDb,
    newClient: () =>
      new DynamoDBClient({
        region: 'us-east-1',
        endpoint: endpoints.dynamodb,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      }),
    sqs,
    queueUrl,
    toldFunction,
    endpoints,
    secrets,
    time,
    counts,
    log,
    random,
    register,
    registerWorkflow,
    allow,
    submit,
    submitAs,
    deliver,
    deliverAs,
    read,
    receive,
    messages,
    purge,
    remove,
    runDependencies,
  };
}

export const succeed = async (): Promise<AttemptOutcome> => ({ isSuccess: true, resultText: '"done"' });
