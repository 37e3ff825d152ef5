import { randomUUID } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseMessage } from '../aws/message.ts';
import { parseSyncEvent, type SyncAnswer, toSyncAnswer } from '../aws/sync-event.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { Invocation } from '../domain/invocation.ts';
import type { StopEnd } from '../domain/stop-detail.ts';
import type { SyncInvocation } from '../domain/sync-invocation.ts';
import type { MessageHops, RunningTask, TaskKey } from '../domain/task.ts';
import type { InvocationRun } from '../tasks/end-invocation.ts';
import type { AttemptOutcome, WakeUpOutcome } from '../tasks/end-run.ts';
import { runInvocation } from '../tasks/run-invocation.ts';
import { runTask } from '../tasks/run-task.ts';
import { type AttemptInfo, type Execute, runAttempt } from './attempt.ts';
import { CooperativeSupervisor } from './cooperative-supervisor.ts';
import { logMessageFault, logStrayMessage, logSupervisorExit, logSyncFailure, runLog } from './run-log.ts';
import { signLines, withSignedLines } from './signed-lines.ts';
import { steadyTime } from './steady-time.ts';
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

signLines(process.env);

const graceMs = Number(requiredEnv(process.env, ENV.stopGraceSeconds)) * 1000;
const supervisor: RunSupervisor =
  requiredEnv(process.env, ENV.stop) === 'kill'
    ? new Supervisor(graceMs, logSupervisorExit)
    : new CooperativeSupervisor(runLog);

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
  const run = await runSync(
    { execute, timeoutSeconds, lambdaContext, instanceId: endDependencies.instanceId },
    invocation,
  );
  if (run.outcome.kind === 'failed') logSyncFailure(functionName, invocation.requestId, run.outcome.failure);
  return toSyncAnswer(run);
}

/** Acts on the messages of one batch side by side, and keeps those that must come again. */
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
  options: TaskWorkerOptions,
): Promise<WakeUpOutcome> {
  const message = parseMessage(record.body);
  const arrival: Arrival = {
    ...options,
    context,
    ...hopsOf(record),
    receiptHandle: record.receiptHandle,
    invocationEndTime: Date.now() + context.getRemainingTimeInMillis(),
  };
  try {
    if (message?.kind === 'wakeUp' && message.key.functionName === functionName) {
      return await actOnTask(message.key, arrival);
    }
    if (message?.kind === 'invocation' && message.invocation.functionName === functionName) {
      const isRepeated = Number(record.attributes.ApproximateReceiveCount) > 1;
      return await actOnInvocation(message.invocation, isRepeated, arrival);
    }
  } catch (error) {
    logMessageFault(record.messageId, error);
    return 'keep';
  }
  logStrayMessage(record.messageId);
  return 'done';
}

/** Of a message that comes again, SQS tells when it came the first time: that is no part of this way. */
function hopsOf({ attributes }: SQSRecord): { readonly hops?: MessageHops } {
  const { ApproximateReceiveCount, SentTimestamp, ApproximateFirstReceiveTimestamp } = attributes;
  const hops = {
    sentTime: Number(SentTimestamp),
    receivedTime: Number(ApproximateFirstReceiveTimestamp),
  };
  const isKnown = Number.isFinite(hops.sentTime) && Number.isFinite(hops.receivedTime);
  return ApproximateReceiveCount === '1' && isKnown ? { hops } : {};
}

/** A message as it came. */
interface Arrival extends TaskWorkerOptions {
  readonly context: Context;
  readonly receiptHandle: string;
  readonly hops?: MessageHops;
  readonly invocationEndTime: number;
}

async function actOnTask(key: TaskKey, arrival: Arrival): Promise<WakeUpOutcome> {
  const { receiptHandle, hops, invocationEndTime, stopEnd } = arrival;
  const run = supervisor.expect({
    key,
    receiptHandle,
    invocationEndTime,
    runId: randomUUID(),
    ...(hops && { hops }),
  });
  const attempt = (task: RunningTask, payloadText: string) =>
    supervisedAttempt({ ...run, startTime: task.startTime }, arrival, infoOf(task), payloadText);
  try {
    return await runTask({ ...endDependencies, leaseMs, attempt, stopEnd, log: runLog }, run);
  } finally {
    supervisor.release(run);
  }
}

async function actOnInvocation(
  invocation: Invocation,
  isRepeated: boolean,
  arrival: Arrival,
): Promise<WakeUpOutcome> {
  const { receiptHandle, invocationEndTime } = arrival;
  const delivery = { invocation, receiptHandle, invocationEndTime, isRepeated };
  const slot = supervisor.expect({
    ...delivery,
    attempt: invocation.attempt + 1,
    startTime: Date.now(),
  });
  const attempt = (run: InvocationRun, payloadText: string) =>
    supervisedAttempt(
      { ...slot, ...run },
      arrival,
      { requestId: invocation.requestId, attempt: run.attempt, ...invocation.trace },
      payloadText,
    );
  try {
    return await runInvocation({ ...endDependencies, attempt, log: runLog }, delivery);
  } finally {
    supervisor.release(slot);
  }
}

/** One attempt of a task's work under the supervisor's eyes. */
async function supervisedAttempt(
  run: ExpectedRun & { readonly startTime: number },
  { execute, context }: Arrival,
  about: AttemptInfo,
  payloadText: string,
): Promise<AttemptOutcome> {
  // One for each attempt: an abort that comes late reaches no other on this warm instance.
  const stopping = new AbortController();
  const killTime = steadyTime() + timeoutSeconds * 1000 + graceMs;
  supervisor.watch({ ...run, killTime }, () => {
    stopping.abort(new DOMException('the task was asked to stop', 'AbortError'));
  });
  const options = { execute, timeoutSeconds, lambdaContext: context, stopping };
  const outcome = await signed(about, context, () => runAttempt(options, about, payloadText));
  // Where the supervisor was faster, it says how this run ended, and kills the process.
  return supervisor.tryFinish(run) ? outcome : new Promise(() => undefined);
}

/** Without a record there is nobody who could ask for its lines. */
function signed<T>({ task }: AttemptInfo, { awsRequestId }: Context, act: () => T): T {
  if (!task) return act();
  return withSignedLines({ taskId: task.taskId, attempt: task.attempt, requestId: awsRequestId }, act);
}

function infoOf(task: RunningTask): AttemptInfo {
  const { taskId, functionName, attempt, series, requestId, submitTime, trace, waiter } = task;
  const callback = waiter?.waitFor === 'callback' ? { callbackToken: waiter.token } : {};
  return {
    requestId,
    attempt,
    ...trace,
    task: { taskId, functionName, attempt, series, requestId, submitTime, ...callback },
  };
}
