import { DeleteItemCommand, PutItemCommand, paginateScan } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { beforeEach } from 'vitest';
import { BulkJobIndex } from '../../lambdas/aws/bulk-job-index.ts';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { EventSources } from '../../lambdas/aws/event-sources.ts';
import { FunctionSettings } from '../../lambdas/aws/function-settings.ts';
import { SweepIndex } from '../../lambdas/aws/sweep-index.ts';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import { toItem } from '../../lambdas/aws/task-item.ts';
import { shardOf, type Task } from '../../lambdas/domain/task.ts';
import type { SweepDependencies } from '../../lambdas/tasks/sweep-run.ts';
import { sweepTasks } from '../../lambdas/tasks/sweep-tasks.ts';
import { FUNCTION_TABLE, TASK_TABLE } from '../aws/engines.ts';
import { startEventSource } from '../aws/event-source-engine.ts';
import { FOLLOW_UP_QUEUES, SHARDS, startWorld } from './world.ts';

/** What a run that finds nothing counts. */
export const NOTHING = {
  wokenUp: 0,
  deadRuns: 0,
  expired: 0,
  invalid: 0,
  abandoned: 0,
  orphans: 0,
  deadLetters: 0,
  followUps: 0,
  concurrencies: 0,
  strays: 0,
  bulkJobs: 0,
  forgotten: 0,
};

const OWN = ['echo', 'stubborn', 'told'];

/** A world with no tasks, no messages and the functions `echo`, `stubborn` and `told` before each test, and the sweep. */
export async function startSweepWorld() {
  const world = await startWorld();
  const { dynamoDb, sqs, queueUrl } = world;
  const eventSource = await startEventSource();
  const deadLetterQueueUrl = `${queueUrl}-dead`;
  const followUpDeadLetterQueueUrl = queueUrl.replace('/echo', '/follow-ups-dead');
  for (const QueueName of ['echo-dead', 'stubborn-dead', 'told-dead', 'follow-ups-dead', 'bulk-jobs'])
    await sqs.send(new CreateQueueCommand({ QueueName }));

  const empty = async (table: string, key: string, isKept: (name: string) => boolean) => {
    for await (const { Items = [] } of paginateScan({ client: dynamoDb }, { TableName: table })) {
      const gone = Items.filter((item) => !isKept(item[key]?.S ?? ''));
      await Promise.all(
        gone.map((item) =>
          dynamoDb.send(new DeleteItemCommand({ TableName: table, Key: { [key]: item[key] ?? { S: '' } } })),
        ),
      );
    }
  };

  const clear = async () => {
    await empty(TASK_TABLE, 'pk', () => false);
    await empty(FUNCTION_TABLE, 'functionName', (name) => OWN.includes(name));
    dependencies.lookedTo.clear();
    dropped.length = 0;
    eventSource.put({ isEnabled: true, maximumConcurrency: 100 });
    await world.register('echo');
    // Each function drains its own, as each has its own.
    await world.register('stubborn', {
      deadLetterQueueUrl: queueUrl.replace('/echo', '/stubborn-dead'),
      defaults: { asyncTask: true, maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 },
    });
    await world.register('told', world.toldFunction);
    await world.purge();
    for (const name of FOLLOW_UP_QUEUES) {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl.replace('/echo', `/${name}`) }));
    }
    await sqs.send(new PurgeQueueCommand({ QueueUrl: deadLetterQueueUrl }));
  };

  beforeEach(clear);

  /** What was dropped from dead-letter queues. */
  const dropped: { readonly queueUrl: string; readonly reasons: Readonly<Record<string, number>> }[] = [];

  const dependencies: SweepDependencies = {
    registry: world.registry,
    index: new SweepIndex({ client: dynamoDb, tableName: TASK_TABLE }),
    rows: new SweepRows({ client: dynamoDb, tableName: TASK_TABLE }),
    storeFor: world.storeFor,
    queue: world.queue,
    ...{ ends: world.ends, payloads: world.payloads },
    eventSources: new EventSources({ client: eventSource.client }),
    settings: new FunctionSettings({ client: dynamoDb, tableName: FUNCTION_TABLE }),
    jobs: new BulkJobStore({ client: dynamoDb, tableName: TASK_TABLE }),
    jobIndex: new BulkJobIndex({ client: dynamoDb, tableName: TASK_TABLE }),
    bulkJobQueueUrl: queueUrl.replace('/echo', '/bulk-jobs'),
    followUpQueueUrl: world.followUpQueueUrl,
    followUpDeadLetterQueueUrl,
    countMetrics: world.counts.count,
    clock: world.clock,
    random: () => world.random.value,
    log: { droppedMessages: (queueUrl, reasons) => dropped.push({ queueUrl, reasons }) },
    lookedTo: new Map(),
  };

  const report = (overrides: Partial<SweepDependencies> = {}) =>
    sweepTasks({ ...dependencies, ...overrides });

  /** One run, in which nothing may fail; tells how many of each finding there were. */
  const sweep = async (overrides?: Partial<SweepDependencies>) => {
    const { counts, failures } = await report(overrides);
    if (failures[0]) throw failures[0].error;
    return counts;
  };

  /** Puts rows as they are, however they came to be so. */
  const put = (tasks: readonly Task[]) =>
    Promise.all(
      tasks.map((task) =>
        dynamoDb.send(new PutItemCommand({ TableName: TASK_TABLE, Item: toItem(task, SHARDS) })),
      ),
    );

  const putDeadLetter = (body: unknown) =>
    sqs.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: JSON.stringify(body) }));

  const deadLetters = async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await sqs.send(command);
    return (
      Number(Attributes.ApproximateNumberOfMessages) +
      Number(Attributes.ApproximateNumberOfMessagesNotVisible)
    );
  };

  return {
    ...world,
    eventSource,
    clear,
    deadLetterQueueUrl,
    followUpDeadLetterQueueUrl,
    dependencies,
    dropped,
    report,
    sweep,
    put,
    putDeadLetter,
    deadLetters,
  };
}

/** Ids that all fall into the first of so many shards. */
export function idsOfOneShard(count: number, shardCount: number): string[] {
  const ids: string[] = [];
  for (let n = 0; ids.length < count; n += 1) {
    if (shardOf(`t-${n}`, shardCount) === 0) ids.push(`t-${n}`);
  }
  return ids;
}
