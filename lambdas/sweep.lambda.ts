import { Logger } from '@aws-lambda-powertools/logger';
import { BulkJobIndex } from './aws/bulk-job-index.ts';
import { BulkJobStore } from './aws/bulk-job-store.ts';
import { dynamoDb, sqs } from './aws/clients.ts';
import { EndStore } from './aws/end-store.ts';
import { EventSources } from './aws/event-sources.ts';
import { FunctionRegistry } from './aws/function-registry.ts';
import { FunctionSettings } from './aws/function-settings.ts';
import { metricLog } from './aws/metric-log.ts';
import { PayloadStore } from './aws/payload-store.ts';
import { SweepIndex } from './aws/sweep-index.ts';
import { SweepRows } from './aws/sweep-rows.ts';
import { TaskQueue } from './aws/task-queue.ts';
import { TaskStore } from './aws/task-store.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { sweepMetric } from './domain/metrics.ts';
import { SWEEP_FINDINGS } from './domain/sweep-finding.ts';
import { type SweepReport, sweepTasks } from './tasks/sweep-tasks.ts';

const logger = new Logger();
const countMetrics = metricLog(requiredEnv(process.env, ENV.service));
const table = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.taskTableName) };
const functionTable = { client: dynamoDb, tableName: requiredEnv(process.env, ENV.functionTableName) };
const dependencies = {
  registry: new FunctionRegistry(functionTable),
  index: new SweepIndex(table),
  rows: new SweepRows(table),
  storeFor: (shardCount: number) => new TaskStore({ ...table, shardCount, countMetrics }),
  queue: new TaskQueue({ client: sqs }),
  ends: new EndStore(table),
  payloads: new PayloadStore({ bucketName: requiredEnv(process.env, ENV.payloadBucketName) }),
  eventSources: new EventSources(),
  settings: new FunctionSettings(functionTable),
  jobs: new BulkJobStore(table),
  jobIndex: new BulkJobIndex(table),
  bulkJobQueueUrl: requiredEnv(process.env, ENV.bulkJobQueueUrl),
  followUpQueueUrl: requiredEnv(process.env, ENV.followUpQueueUrl),
  followUpDeadLetterQueueUrl: requiredEnv(process.env, ENV.followUpDeadLetterQueueUrl),
  countMetrics,
  clock: Date.now,
  random: Math.random,
  log: {
    droppedMessages: (queueUrl: string, reasons: Readonly<Record<string, number>>) => {
      logger.warn('dropped dead letters that are not ours', { queueUrl, reasons });
      const dropped = Object.values(reasons).reduce((sum, count) => sum + count, 0);
      countMetrics(undefined, { DroppedMessageCount: dropped });
    },
  },
  lookedTo: new Map<string, string>(),
};

/** Runs every minute, whatever the event. Returns how many of each kind of finding it handled. */
export async function handler(): Promise<SweepReport['counts']> {
  const report = await sweepTasks(dependencies);
  logReport(report);
  countFindings(report);
  return report.counts;
}

/** Emits that it ran and what it found; a kind of which there was none costs no metric. */
function countFindings({ counts, failureCount }: SweepReport): void {
  const found = SWEEP_FINDINGS.filter((finding) => counts[finding] > 0);
  countMetrics(undefined, {
    SweepRunCount: 1,
    SweepFailureCount: failureCount,
    ...Object.fromEntries(found.map((finding) => [sweepMetric(finding), counts[finding]])),
  });
}

/** One line per run that found something, and none at INFO for the others. */
function logReport({ counts, failures, failureCount, isComplete }: SweepReport): void {
  const details = { ...counts, isComplete };
  if (failureCount > 0) {
    const told = failures.map(({ part, error }) => ({ part, error: causeOf(error) }));
    logger.error('sweep failed in part: the next one tries again', {
      ...details,
      failureCount,
      failures: told,
    });
  } else if (!isComplete || Object.values(counts).some((count) => count > 0)) {
    logger.info('swept', details);
  } else {
    logger.debug('swept, and found nothing', details);
  }
}

function causeOf(error: unknown): string {
  return String(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
