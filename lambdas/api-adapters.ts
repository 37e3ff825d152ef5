import { dynamoDb, sqs } from './aws/clients.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { TaskIndex } from './aws/task-index.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, type EnvName, requiredEnv } from './domain/env.ts';

const env = (name: EnvName) => requiredEnv(process.env, name);

const countMetrics = metricLog(env(ENV.service));

/** Lives as long as the handler, and remembers for 30 s what it read. */
const registry = new FunctionRegistry({ client: dynamoDb, tableName: env(ENV.functionTableName) });

/**
 * The adapters of one request of the API: each of their calls ends at the request's deadline. An operation takes those
 * that it uses, and needs the environment variables of these only.
 */
export class ApiAdapters {
  readonly registry = registry;
  readonly clock = Date.now;
  readonly countMetrics = countMetrics;
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  storeFor = (shardCount: number): TaskStore =>
    new TaskStore({
      client: dynamoDb,
      tableName: env(ENV.taskTableName),
      shardCount,
      signal: this.signal,
      countMetrics,
    });

  /** For reads, which shards do not matter to. */
  get store(): TaskStore {
    return this.storeFor(1);
  }

  get index(): TaskIndex {
    return new TaskIndex({ client: dynamoDb, tableName: env(ENV.taskTableName), signal: this.signal });
  }

  get payloads(): PayloadStore {
    return new PayloadStore({ bucketName: env(ENV.payloadBucketName), signal: this.signal });
  }

  get followUpQueueUrl(): string {
    return env(ENV.followUpQueueUrl);
  }

  get queue(): TaskQueue {
    return new TaskQueue({ client: sqs, signal: this.signal });
  }
}
