import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { PayloadStore } from '../../lambdas/aws/payload-store.ts';
import { TaskQueue } from '../../lambdas/aws/task-queue.ts';
import { TaskStore } from '../../lambdas/aws/task-store.ts';
import { Waiters } from '../../lambdas/aws/waiters.ts';
import { SHARDS_RANGE } from '../../lambdas/domain/limits.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import type { RunDependencies } from '../../lambdas/tasks/run-task.ts';
import { submitTask } from '../../lambdas/tasks/submit-task.ts';
import { type Random, seededRandom } from '../chaos/random.ts';
import type { TableDescription } from './capacity.ts';
import { MemoryQueues } from './memory-queues.ts';
import { MemoryTables, type WriteObserver } from './memory-tables.ts';
import { SimulatedTime } from './simulated-time.ts';

export const TASK_TABLE = 'tasks';
export const FUNCTION_TABLE = 'functions';
export const FUNCTION_NAME = 'simulated';
export const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/simulated';
export const FOLLOW_UP_QUEUE_URL = `${QUEUE_URL}-follow-ups`;
/** Whose tasks they are: each row has it twice, as caller and as tenant. */
export const CALLER = 'arn:aws:iam::000000000000:user/caller';
const SHARDS = SHARDS_RANGE.default;

export interface SimulationOptions {
  readonly seed: number;
  /** Tells the sequences of random numbers of one simulation from those of another. */
  readonly name: string;
  readonly taskTable: TableDescription;
  readonly maxAsyncRetryAttempts: number;
  readonly maxAsyncEventAgeInSeconds: number;
  readonly onWrite?: WriteObserver;
}

/** One function that takes tasks: the use cases and adapters of the product, over tables and queues in simulated time. */
export class Simulation {
  readonly time = new SimulatedTime(Date.UTC(2026, 0, 1));
  readonly random: Random;
  readonly tables: MemoryTables;
  readonly queues: MemoryQueues;
  readonly registry: FunctionRegistry;
  readonly queue: TaskQueue;
  readonly payloads = new PayloadStore({ bucketName: 'none' });

  constructor({ seed, name, taskTable, onWrite, ...config }: SimulationOptions) {
    this.random = seededRandom(seed, name);
    this.tables = new MemoryTables(
      { [TASK_TABLE]: taskTable, [FUNCTION_TABLE]: { key: 'functionName', indexes: [] } },
      onWrite,
    );
    this.queues = new MemoryQueues(this.time, seededRandom(seed, `${name}-queue`));
    this.registry = new FunctionRegistry({ client: this.tables, tableName: FUNCTION_TABLE });
    this.queue = new TaskQueue({ client: this.queues });
    void this.tables.send(
      new PutItemCommand({
        TableName: FUNCTION_TABLE,
        Item: marshall({
          functionName: FUNCTION_NAME,
          functionArn: `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION_NAME}`,
          queueUrl: QUEUE_URL,
          deadLetterQueueUrl: `${QUEUE_URL}-dead`,
          eventSourceId: 'none',
          logGroupName: 'none',
          scaling: { maxConcurrency: 100 },
          instanceConcurrency: 1,
          shardCount: SHARDS,
          shardCounts: new Set([SHARDS]),
          defaults: { asyncTask: true, ...config },
        }),
      }),
    );
  }

  /** The store of a worker, or of anything else. */
  store(isOfRun: boolean): TaskStore {
    return new TaskStore({ client: this.tables, tableName: TASK_TABLE, shardCount: SHARDS, isOfRun });
  }

  /** Submits a task as InvokeFunction does. */
  async submit(taskId: string): Promise<TaskKey> {
    const { clock } = this.time;
    const { registry, payloads, queue } = this;
    return submitTask(
      { registry, payloads, queue, clock, storeFor: () => this.store(false) },
      {
        functionName: FUNCTION_NAME,
        taskId,
        requestId: randomUUID(),
        caller: CALLER,
        tenant: CALLER,
        delaySeconds: 0,
        payload: '{"hello":"world"}',
      },
    );
  }

  /** What a worker handles its messages with. */
  workerDependencies(
    more: Pick<RunDependencies, 'attempt' | 'leaseMs' | 'attemptNeedsMs' | 'stopEnd'>,
  ): RunDependencies {
    const { clock, sleep } = this.time;
    const { payloads, queue, random } = this;
    return {
      ...more,
      payloads,
      queue,
      random,
      clock,
      store: this.store(true),
      queueUrl: QUEUE_URL,
      followUpQueueUrl: FOLLOW_UP_QUEUE_URL,
      waiters: new Waiters(),
      instanceId: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
      pause: sleep,
      log: {
        attemptFailed: () => undefined,
        stopped: () => undefined,
        superseded: () => undefined,
        handedBack: () => undefined,
        rowMissing: () => undefined,
      },
    };
  }
}
