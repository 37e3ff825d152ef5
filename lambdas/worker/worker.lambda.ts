import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { parseWakeUp } from '../aws/task-queue.ts';
import { ENV, requiredEnv } from '../domain/env.ts';
import type { RunningTask } from '../domain/task.ts';
import type { AttemptOutcome, WakeUp, WakeUpOutcome } from '../tasks/end-run.ts';
import { runTask } from '../tasks/run-task.ts';
import { runAttempt } from './attempt.ts';
import { CooperativeSupervisor } from './cooperative-supervisor.ts';
import { logNoWakeUp, logSupervisorExit, logWakeUpFault, runLog } from './run-log.ts';
import type { RunSlot } from './run-slots.ts';
import { Supervisor } from './supervisor.ts';
import { endDependencies, functionName, leaseMs, timeoutSeconds } from './worker-environment.ts';

// Loaded by import(), so that a module that cannot load is a failed attempt and not a crash loop of the instance.
const userModule = import('@task-mode/user-handler');
userModule.catch(() => undefined);

const graceMs = Number(requiredEnv(process.env, ENV.stopGraceSeconds)) * 1000;
const supervisor =
  requiredEnv(process.env, ENV.stop) === 'kill'
    ? new Supervisor(graceMs, logSupervisorExit)
    : new CooperativeSupervisor(runLog);

const instanceId = process.env.AWS_LAMBDA_LOG_STREAM_NAME ?? `pid-${process.pid}`;

/** Runs the tasks of one batch side by side. A message whose task must come again is reported as failed. */
export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const { queue, queueUrl } = endDependencies;
  let unfinished = event.Records.length;
  const outcomes = await Promise.all(
    event.Records.map(async (record) => {
      const outcome = await actOn(record, context);
      unfinished -= 1;
      // The event source deletes when the whole batch is done: a short task need not wait for a long neighbour.
      if (outcome === 'done' && unfinished > 0) {
        await queue.delete(queueUrl, record.receiptHandle).catch(() => undefined);
      }
      return outcome;
    }),
  );
  const kept = event.Records.filter((_, index) => outcomes[index] === 'keep');
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function actOn(record: SQSRecord, context: Context): Promise<WakeUpOutcome> {
  const key = parseWakeUp(record.body);
  if (key?.functionName !== functionName) {
    logNoWakeUp(record.messageId);
    return 'done';
  }
  const invocationEndTime = Date.now() + context.getRemainingTimeInMillis();
  const wakeUp: WakeUp = { key, receiptHandle: record.receiptHandle, invocationEndTime };
  const supervised = new SupervisedAttempt(wakeUp, context);
  try {
    const attempt = supervised.run.bind(supervised);
    return await runTask({ ...endDependencies, instanceId, leaseMs, attempt, log: runLog }, wakeUp);
  } catch (error) {
    logWakeUpFault(record.messageId, error);
    return 'keep';
  } finally {
    supervised.release();
  }
}

/** One attempt of the user's code under the supervisor's eyes, until its end is written. */
class SupervisedAttempt {
  readonly #wakeUp: WakeUp;
  readonly #context: Context;
  #slot: RunSlot | undefined;

  constructor(wakeUp: WakeUp, context: Context) {
    this.#wakeUp = wakeUp;
    this.#context = context;
  }

  async run(task: RunningTask, payloadText: string): Promise<AttemptOutcome> {
    // One for each attempt: an abort that comes late reaches no other task on this warm instance.
    const stopping = new AbortController();
    const { runId, startTime } = task;
    const killTime = startTime + timeoutSeconds * 1000 + graceMs;
    const slot = supervisor.watch({ ...this.#wakeUp, runId, startTime, killTime }, () => {
      stopping.abort(new DOMException('the task was asked to stop', 'AbortError'));
    });
    this.#slot = slot;
    const options = { userModule, timeoutSeconds, lambdaContext: this.#context, stopping };
    const outcome = await runAttempt(options, task, payloadText);
    // Where the supervisor was faster, it writes how this run ended, and kills the process.
    return supervisor.tryFinish(slot) ? outcome : new Promise(() => undefined);
  }

  release(): void {
    if (this.#slot) supervisor.release(this.#slot);
  }
}
