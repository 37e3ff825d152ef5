import { randomUUID } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseSyncEvent, type SyncAnswer, toSyncAnswer } from '../aws/sync-event.ts';
import { parseWakeUp } from '../aws/task-queue.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { StopEnd } from '../domain/stop-detail.ts';
import type { SyncInvocation } from '../domain/sync-invocation.ts';
import type { RunningTask } from '../domain/task.ts';
import type { AttemptOutcome, WakeUpOutcome } from '../tasks/end-run.ts';
import { runTask } from '../tasks/run-task.ts';
import { type AttemptInfo, type Execute, runAttempt } from './attempt.ts';
import { CooperativeSupervisor } from './cooperative-supervisor.ts';
import { logNoWakeUp, logSupervisorExit, logSyncFailure, logWakeUpFault, runLog } from './run-log.ts';
import { Supervisor } from './supervisor.ts';
import type { ExpectedRun, RunSupervisor } from './supervisor-protocol.ts';
import { runSync } from './sync-run.ts';
import {
  countMetrics,
  endDependencies,
  functionName,
  leaseMs,
  timeoutSeconds,
} from './worker-environment.ts';

const graceMs = Number(requiredEnv(process.env, ENV.stopGraceSeconds)) * 1000;
const supervisor: RunSupervisor =
  requiredEnv(process.env, ENV.stop) === 'kill'
    ? new Supervisor(graceMs, logSupervisorExit)
    : new CooperativeSupervisor(runLog);

const instanceId = process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? `pid-${process.pid}`;

export interface TaskWorkerOptions {
  readonly execute: Execute;
  /** How a run that heeds its stop has ended. */
  readonly stopEnd: StopEnd;
}

/** Makes the handler of a worker: it acts on the messages of its queue, and runs its function at once for the API. */
export function taskWorker(options: TaskWorkerOptions) {
  let isCold = true;
  return async (event: unknown, context: Context): Promise<SQSBatchResponse | SyncAnswer> => {
    if (isCold) countMetrics(functionName, { ColdStartDuration: Math.round(performance.now()) });
    isCold = false;
    const invocation = parseSyncEvent(event);
    if (invocation) return invokeNow(invocation, context, options);
    if (isQueueEvent(event)) return actOnAll(event, context, options);
    throw new Error("want a batch of the queue's messages or a synchronous invocation of the API");
  };
}

function isQueueEvent(event: unknown): event is SQSEvent {
  const records = (event as Partial<SQSEvent> | null)?.Records;
  return Array.isArray(records) && records.every(({ eventSource }) => eventSource === 'aws:sqs');
}

async function invokeNow(
  invocation: SyncInvocation,
  lambdaContext: Context,
  { execute }: TaskWorkerOptions,
): Promise<SyncAnswer> {
  const run = await runSync({ execute, timeoutSeconds, lambdaContext, instanceId }, invocation);
  if (run.outcome.kind === 'failed') logSyncFailure(functionName, invocation.requestId, run.outcome.failure);
  return toSyncAnswer(run);
}

/** Runs the tasks of one batch side by side, and keeps the messages that must come again. */
async function actOnAll(
  { Records }: SQSEvent,
  context: Context,
  options: TaskWorkerOptions,
): Promise<SQSBatchResponse> {
  const { queue, queueUrl } = endDependencies;
  let unfinished = Records.length;
  const outcomes = await Promise.all(
    Records.map(async (record) => {
      const outcome = await actOn(record, context, options);
      unfinished -= 1;
      // The event source deletes when the whole batch is done: a short task need not wait for a long neighbour.
      if (outcome === 'done' && unfinished > 0) {
        await queue.delete(queueUrl, record.receiptHandle).catch(() => undefined);
      }
      return outcome;
    }),
  );
  const kept = Records.filter((_, index) => outcomes[index] === 'keep');
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function actOn(
  record: SQSRecord,
  context: Context,
  { execute, stopEnd }: TaskWorkerOptions,
): Promise<WakeUpOutcome> {
  const key = parseWakeUp(record.body);
  if (key?.functionName !== functionName) {
    logNoWakeUp(record.messageId);
    return 'done';
  }
  const invocationEndTime = Date.now() + context.getRemainingTimeInMillis();
  const runId = randomUUID();
  const expected = supervisor.expect({
    key,
    receiptHandle: record.receiptHandle,
    invocationEndTime,
    runId,
  });
  try {
    const attempt = (task: RunningTask, payloadText: string) =>
      supervisedAttempt({ expected, context, execute }, task, payloadText);
    const dependencies = { ...endDependencies, instanceId, leaseMs, attempt, stopEnd, log: runLog };
    return await runTask(dependencies, expected);
  } catch (error) {
    logWakeUpFault(record.messageId, error);
    return 'keep';
  } finally {
    supervisor.release(expected);
  }
}

interface SupervisedAttempt {
  readonly expected: ExpectedRun;
  readonly context: Context;
  readonly execute: Execute;
}

/** One attempt of a task's work under the supervisor's eyes. */
async function supervisedAttempt(
  { expected, context, execute }: SupervisedAttempt,
  task: RunningTask,
  payloadText: string,
): Promise<AttemptOutcome> {
  // One for each attempt: an abort that comes late reaches no other task on this warm instance.
  const stopping = new AbortController();
  const { startTime } = task;
  const killTime = startTime + timeoutSeconds * 1000 + graceMs;
  supervisor.watch({ ...expected, startTime, killTime }, () => {
    stopping.abort(new DOMException('the task was asked to stop', 'AbortError'));
  });
  const options = { execute, timeoutSeconds, lambdaContext: context, stopping };
  const outcome = await runAttempt(options, infoOf(task), payloadText);
  // Where the supervisor was faster, it writes how this run ended, and kills the process.
  return supervisor.tryFinish(expected) ? outcome : new Promise(() => undefined);
}

function infoOf({ taskId, functionName, attempt, series, requestId, submitTime }: RunningTask): AttemptInfo {
  return { requestId, attempt, task: { taskId, functionName, attempt, series, requestId, submitTime } };
}
