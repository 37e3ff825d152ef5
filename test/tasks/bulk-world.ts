import { randomUUID } from 'node:crypto';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { BulkJobIndex } from '../../lambdas/aws/bulk-job-index.ts';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { parseBulkJobMessage } from '../../lambdas/aws/message.ts';
import type { BulkJob } from '../../lambdas/domain/bulk-job.ts';
import { countBulkTasks } from '../../lambdas/tasks/count-bulk-tasks.ts';
import { mapAtOnce } from '../../lambdas/tasks/map-at-once.ts';
import { type RunBulkJobDependencies, runBulkJob } from '../../lambdas/tasks/run-bulk-job.ts';
import { type StartBulkJobRequest, startBulkJob } from '../../lambdas/tasks/start-bulk-job.ts';
import { stopBulkJob } from '../../lambdas/tasks/stop-bulk-job.ts';
import { TASK_TABLE } from '../aws/engines.ts';
import { startWorld } from './world.ts';

/** A world with functions of the test's own, and bulk jobs over their tasks. */
export async function startBulkWorld() {
  const world = await startWorld();
  const table = { client: world.dynamoDb, tableName: TASK_TABLE };
  const bulkJobQueueUrl = world.queueUrl.replace('/echo', '/bulk-jobs');
  await world.sqs.send(new CreateQueueCommand({ QueueName: 'bulk-jobs' }));
  const jobs = new BulkJobStore(table);
  const jobIndex = new BulkJobIndex(table);
  const faults: unknown[] = [];
  const dependencies: RunBulkJobDependencies = {
    ...{ jobs, index: world.index, storeFor: world.storeFor, registry: world.registry },
    ...{ payloads: world.payloads, queue: world.queue, clock: world.clock },
    ...{ ends: world.ends, followUpQueueUrl: world.followUpQueueUrl },
    pause: async (milliseconds) => {
      world.time.now += milliseconds;
    },
    logFault: (_, error) => faults.push(error),
  };
  const common = {
    ...dependencies,
    jobIndex,
    bulkJobQueueUrl,
    logFault: (error: unknown) => faults.push(error),
  };

  let functions = 0;
  /** A function that no other test has tasks of. */
  const newFunction = async (overrides?: Record<string, unknown>) => {
    functions += 1;
    const functionName = `bulk-${functions}`;
    await world.register(functionName, overrides);
    return functionName;
  };

  const start = (request: Partial<StartBulkJobRequest> & Pick<StartBulkJobRequest, 'functionName'>) =>
    startBulkJob(common, { action: 'Stop', filter: {}, maxTasks: 10_000, ...request });

  const run = (
    { functionName, bulkJobId }: Pick<BulkJob, 'functionName' | 'bulkJobId'>,
    overrides: Partial<RunBulkJobDependencies> = {},
    workMs = 3_600_000,
  ) =>
    runBulkJob(
      { ...dependencies, ...overrides },
      { key: { functionName, bulkJobId }, runId: randomUUID(), workUntil: world.time.now + workMs },
    );

  const readJob = async (key: Pick<BulkJob, 'functionName' | 'bulkJobId'>) => {
    const job = await jobs.get(key, world.time.now);
    if (!job) throw new Error(`there is no job ${key.bulkJobId}`);
    return job;
  };

  /** Starts a job and has it worked on to its end. */
  const done = async (request: Parameters<typeof start>[0]) => {
    const job = await start(request);
    await run(job);
    return readJob(job);
  };

  const submitMany = async (functionName: string, ids: readonly string[], request: object = {}) => {
    await mapAtOnce(ids, 20, (taskId) => world.submit({ functionName, taskId, ...request }));
  };

  const statusesOf = async (functionName: string, ids: readonly string[]) => {
    const rows = await Promise.all(ids.map((taskId) => world.read({ functionName, taskId })));
    return rows.map((row) => row?.status);
  };

  /** The jobs that messages are there for. */
  const wokenJobs = async () => {
    const command = new ReceiveMessageCommand({ QueueUrl: bulkJobQueueUrl, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await world.sqs.send(command);
    return Messages.map(({ Body = '' }) => parseBulkJobMessage(Body)?.bulkJobId);
  };

  return {
    ...world,
    ...{ jobs, jobIndex, common, dependencies, faults, bulkJobQueueUrl },
    ...{ newFunction, start, run, done, readJob, submitMany, statusesOf, wokenJobs },
    count: (functionName: string, request: Partial<StartBulkJobRequest> = {}) =>
      countBulkTasks(common, { action: 'Stop', filter: {}, ...request, functionName }),
    stop: (job: BulkJob, caller = 'somebody') => stopBulkJob(common, job, caller),
  };
}

export const idsOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, number) => `${prefix}${number}`);
