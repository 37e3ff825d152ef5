import { randomUUID } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseMessage } from '../aws/message.ts';
import { parseSyncEvent, type SyncAnswer, toSyncAnswer } from '../aws/sync-event.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { Invocation } from '../domain/invocation.ts';
import { TIMEOUT_MARGIN_SECONDS } from '../domain/limits.ts';
import type { SyncInvocation } from '../domain/sync-invocation.ts';
import type { MessageHops, RunningTask, TaskKey } from '../domain/task.ts';
import type { InvocationDelivery, InvocationRun } from '../tasks/end-invocation.ts';
import type { AttemptOutcome, Delivery } from '../tasks/end-run.ts';
import { type RunInvocationDependencies, runInvocation } from '../tasks/run-invocation.ts';
import { type RunDependencies, runTask } from '../tasks/run-task.ts';
import { type AttemptInfo, type Execute, runAttempt } from './attempt.ts';
import { CooperativeSupervisor } from './cooperative-supervisor.ts';
import {
  logBrokenModule,
  logDroppedMessage,
  logMessageFault,
  logSupervisorExit,
  logSyncFailure,
  runLog,
} from './run-log.ts';
import { signLines, withSignedLines } from './signed-lines.ts';
import { steadyTime } from './steady-time.ts';
import { Supervisor } from './supervisor.ts';
import type { ExpectedRun, RunSupervisor } from './supervisor-protocol.ts';
import { runSync } from './sync-run.ts';
import {
  countMetrics,
  endDependencies,
  functionName,
  isExistingFunction,
  leaseMs,
  timeoutSeconds,
} from './worker-environment.ts';

signLines(process.env);

const graceMs = Number(requiredEnv(process.env, ENV.stopGraceSeconds)) * 1000;
const supervisor: RunSupervisor =
  requiredEnv(process.env, ENV.stop) === 'kill'
    ? new Supervisor(graceMs, logSupervisorExit)
    : new CooperativeSupervisor(runLog);

/** The end of an attempt takes this long at most: the supervisor writes it and kills the process (KILL_WITHIN_MS). */
const END_MS = TIMEOUT_MARGIN_SECONDS * 1000;

/**
 * The grace period, and this, may be lost between the start of an invocation and that of the code: the code is killed so
 * much earlier then. Without any, a machine that is slow to start would run no task at all.
 */
const START_SLACK_MS = Math.min(1500, timeoutSeconds * 500);

const dependencies: Omit<RunDependencies & RunInvocationDependencies, 'attempt'> = {
  ...endDependencies,
  leaseMs,
  attemptNeedsMs: timeoutSeconds * 1000 + END_MS - START_SLACK_MS,
  stopEnd: isExistingFunction ? 'fenced' : 'cooperative',
  log: runLog,
};

export interface TaskWorkerOptions {
  readonly execute: Execute;
  /** Whether the user's module could not be loaded: Node keeps that for as long as the process lives. */
  readonly isBroken?: () => boolean;
}

/**
 * Makes the handler of a worker: it handles the messages of its queue, and runs its function synchronously for the API. An
 * instance whose module could not be loaded records the attempts that fail by that, and ends.
 */
export function taskWorker(options: TaskWorkerOptions) {
  const { isBroken = () => false } = options;
  const initMs = Math.round(performance.now());
  let isCold = true;
  return async (event: unknown, context: Context): Promise<SQSBatchResponse | SyncAnswer> => {
    if (isCold) countMetrics(functionName, { ColdStartDuration: initMs });
    // A synchronous call was answered with the error of the module before: the next invocation loads it afresh.
    else if (isBroken()) endInstance();
    isCold = false;
    const invocation = parseSyncEvent(event);
    if (invocation) return invokeNow(invocation, context, options);
    if (!isQueueEvent(event))
      throw new Error("want a batch of the queue's messages or a synchronous invocation of the API");
    const outcomes = await handleAll(event, context, options);
    if (isBroken()) {
      await deleteAll(outcomes.filter(({ isHandled }) => isHandled));
      endInstance();
    }
    const failed = outcomes.filter(({ isHandled }) => !isHandled);
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

function endInstance(): never {
  logBrokenModule(functionName);
  process.exit(1);
}

async function deleteAll(messages: readonly HandledMessage[]): Promise<void> {
  const { queue, queueUrl } = endDependencies;
  await Promise.all(
    messages.map(({ receiptHandle }) => queue.delete(queueUrl, receiptHandle).catch(() => undefined)),
  );
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

type HandledMessage = Pick<SQSRecord, 'messageId' | 'receiptHandle'> & { readonly isHandled: boolean };

/** Handles the messages of one batch side by side; those that could not be handled come again. */
async function handleAll(
  { Records }: SQSEvent,
  context: Context,
  options: TaskWorkerOptions,
): Promise<HandledMessage[]> {
  let unfinished = Records.length;
  return Promise.all(
    Records.map(async (record) => {
      const { messageId, receiptHandle } = record;
      const outcome = { messageId, receiptHandle, isHandled: await handle(record, context, options) };
      unfinished -= 1;
      // The event source deletes when the whole batch is done: a short task need not wait for a long neighbour.
      if (outcome.isHandled && unfinished > 0) await deleteAll([outcome]);
      return outcome;
    }),
  );
}

/** Returns whether a message was handled, whatever it led to. */
async function handle(record: SQSRecord, context: Context, options: TaskWorkerOptions): Promise<boolean> {
  const { messageId, receiptHandle, attributes } = record;
  const message = parseMessage(record.body);
  const arrival: Arrival = {
    ...options,
    context,
    ...hopsOf(record),
    receiptHandle,
    runId: randomUUID(),
    invocationEndTime: Date.now() + context.getRemainingTimeInMillis(),
  };
  try {
    if (message?.kind === 'wakeUp' && message.key.functionName === functionName) {
      await handleWakeUp(message.key, attributes.MessageGroupId ?? functionName, arrival);
    } else if (message?.kind === 'invocation' && message.invocation.functionName === functionName) {
      await handleInvocation(message.invocation, Number(attributes.ApproximateReceiveCount) > 1, arrival);
    } else {
      logDroppedMessage(functionName, messageId, message ? 'it is for another function' : 'it is malformed');
      countMetrics(undefined, { DroppedMessageCount: 1 });
    }
    return true;
  } catch (error) {
    logMessageFault(messageId, error);
    return false;
  }
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
  readonly runId: string;
  readonly hops?: MessageHops;
  readonly invocationEndTime: number;
}

async function handleWakeUp(key: TaskKey, tenant: string, arrival: Arrival): Promise<void> {
  const { receiptHandle, runId, hops, invocationEndTime } = arrival;
  const delivery: Delivery = { key, tenant, receiptHandle, invocationEndTime, runId, ...(hops && { hops }) };
  const run = supervisor.expect(delivery);
  const attempt = (task: RunningTask, payloadText: string) =>
    supervisedAttempt({ ...run, startTime: task.startTime }, arrival, infoOf(task), payloadText);
  try {
    await runTask({ ...dependencies, attempt }, run);
  } finally {
    supervisor.release(run);
  }
}

async function handleInvocation(
  invocation: Invocation,
  isRepeated: boolean,
  arrival: Arrival,
): Promise<void> {
  const { receiptHandle, runId, invocationEndTime } = arrival;
  const delivery: InvocationDelivery = { invocation, receiptHandle, runId, invocationEndTime, isRepeated };
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
    await runInvocation({ ...dependencies, attempt }, delivery);
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
  const now = steadyTime();
  const endTime = now + context.getRemainingTimeInMillis();
  // Also where the start was late, the process must be ended before Lambda does that.
  const killTime = Math.min(now + timeoutSeconds * 1000 + graceMs, endTime - END_MS);
  supervisor.watch({ ...run, killTime, endTime }, () => {
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
