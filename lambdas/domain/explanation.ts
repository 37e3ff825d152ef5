import { tasksAtOnceOf } from './concurrency.ts';
import { failureText } from './failure.ts';
import { allows } from './lifecycle.ts';
import { DEAD_AFTER_LEASE_MS, EARLY_START_MS, ORPHAN_AFTER_MS } from './limits.ts';
import { type EndedTask, handBackDetailOf } from './task.ts';
import type { TaskFunctionRecord } from './task-function.ts';
import type { TaskInGroup } from './task-group.ts';

/** Why a task is not running, or how it runs or ended. */
export type Reason =
  | 'FunctionRemoved'
  | 'Delayed'
  | 'BackingOff'
  | 'HandedBack'
  | 'Overdue'
  | 'Paused'
  | 'ConcurrencyFull'
  | 'Queued'
  | 'Throttled'
  | 'MessageLost'
  | 'Starting'
  | 'Running'
  | 'RunLost'
  | 'Stopping'
  | 'Ended';

/** A number that was counted as far as one looked. */
export interface Count {
  readonly count: number;
  readonly isAtLeast: boolean;
}

/** What there is around a task that waits. */
export interface Surroundings {
  /** How many of its function's tasks run. */
  readonly running: Count;
  /** How many of its function's tasks wait that were submitted before it. */
  readonly ahead: Count;
  /** What its queue holds; undefined while a deployment replaces it. */
  readonly queue: { readonly visible: number; readonly inFlight: number } | undefined;
}

export interface Explanation {
  readonly reason: Reason;
  /** A sentence for people. */
  readonly message: string;
  /** The instant at which that changes, where it is known. */
  readonly until?: number;
}

type WaitingTask = TaskInGroup<'waiting'>;

/** Says why a task that waits does not run yet: the first that holds of what keeps tasks from it. */
export function explainWaiting(
  task: WaitingTask,
  record: TaskFunctionRecord,
  around: Surroundings,
  now: number,
): Explanation {
  return (
    explainTime(task, record, now) ??
    explainConcurrency(task, record, around) ??
    explainQueue(task, around, now)
  );
}

function explainTime(task: WaitingTask, record: TaskFunctionRecord, now: number): Explanation | undefined {
  const { notBefore, startDeadline, status, attempt, config } = task;
  if (record.isDeleted) {
    return { reason: 'FunctionRemoved', message: 'its function was removed: the sweep makes it Invalid.' };
  }
  if (notBefore - now > EARLY_START_MS) {
    const until = notBefore;
    const handBack = handBackDetailOf(task.events.at(-1));
    if (handBack) {
      const times = handBack.handBacks === 1 ? 'once' : `${handBack.handBacks} times in a row`;
      const message = `it could not be run, ${times}: ${handBack.cause}. It is tried again, and no attempt was counted.`;
      return { reason: 'HandedBack', message, until };
    }
    if (status === 'Retrying') {
      const attempts = config.maxAsyncRetryAttempts + 1;
      const why = task.error ? `: ${failureText(task.error).split('\n')[0]}` : '';
      const message = `attempt ${attempt} of ${attempts} failed${why}. The next one comes after a back-off.`;
      return { reason: 'BackingOff', message, until };
    }
    return { reason: 'Delayed', message: 'it was submitted with a delay, and is not due yet.', until };
  }
  if (allows(status, 'expire') && now > startDeadline) {
    return {
      reason: 'Overdue',
      message: 'it was not started in time: whoever looks at it next makes it Expired.',
    };
  }
  return undefined;
}

function explainConcurrency(
  task: WaitingTask,
  record: TaskFunctionRecord,
  { running }: Surroundings,
): Explanation | undefined {
  const tasksAtOnce = tasksAtOnceOf(record);
  if (tasksAtOnce === 0) {
    const message = 'its function is paused: its concurrency was put to 0 (PutConcurrencyConfig).';
    return task.status === 'Retrying'
      ? { reason: 'Paused', message }
      : {
          reason: 'Paused',
          message: `${message} It expires unless that changes before.`,
          until: task.startDeadline,
        };
  }
  if (running.count < tasksAtOnce) return undefined;
  const message = `as many tasks of its function run as may run at once: ${textOf(running)} of ${tasksAtOnce}.`;
  return { reason: 'ConcurrencyFull', message };
}

function explainQueue(task: WaitingTask, around: Surroundings, now: number): Explanation {
  const { running, ahead, queue } = around;
  if (queue && queue.visible > 0) {
    const message = `about ${queue.visible} messages wait in its queue; ${textOf(ahead)} waiting tasks were submitted before it.`;
    return { reason: 'Queued', message };
  }
  if (queue && queue.inFlight > running.count) {
    const message = `${queue.inFlight} messages are on their way to instances, and ${textOf(running)} tasks run: instances are starting, or Lambda throttles.`;
    return { reason: 'Throttled', message };
  }
  const sinceMs = now - Math.max(task.notBefore, task.submitTime, task.resentTime ?? 0);
  return sinceMs > ORPHAN_AFTER_MS
    ? {
        reason: 'MessageLost',
        message: 'its queue is empty, so its message is lost: the sweep sends it again within minutes.',
      }
    : { reason: 'Starting', message: 'its message is on its way: it should run in a moment.' };
}

/** Says how a task runs. */
export function explainRunning(task: TaskInGroup<'running'>, now: number): Explanation {
  const { leaseUntil, attempt, startTime, config } = task;
  if (now > leaseUntil + DEAD_AFTER_LEASE_MS) {
    return {
      reason: 'RunLost',
      message: 'nothing is heard of its instance any more: the sweep, or its message, ends this attempt.',
    };
  }
  if (task.status === 'Stopping') {
    const message = 'it was asked to stop: its code is told, and killed after the grace period.';
    return { reason: 'Stopping', message, until: leaseUntil };
  }
  const seconds = Math.round(Math.max(now - startTime, 0) / 1000);
  const message = `attempt ${attempt} of ${config.maxAsyncRetryAttempts + 1} runs for ${seconds} s. Its lease is renewed while its instance lives.`;
  return { reason: 'Running', message, until: leaseUntil };
}

/** Says how a task ended. */
export function explainEnd(task: EndedTask): Explanation {
  return { reason: 'Ended', message: END_SENTENCES[task.status](task) };
}

const END_SENTENCES: Record<EndedTask['status'], (task: EndedTask) => string> = {
  Succeeded: ({ attempt, durationMs = 0 }) => `its attempt ${attempt} succeeded, after ${durationMs} ms.`,
  Failed: (task) => {
    const why = task.status === 'Failed' ? ` with ${failureText(task.error).split('\n')[0]}` : '';
    return `its attempt ${task.attempt} failed${why}, and no other follows. It can be redriven.`;
  },
  Stopped: ({ attempt }) =>
    attempt === 0
      ? 'it was stopped before it ran. It can be redriven.'
      : `it was stopped in its attempt ${attempt}, or after. It can be redriven.`,
  Expired: () => 'it was not started within its event age. It can be redriven.',
  Invalid: () => 'its function was removed before it ran. Where that is deployed again, it can be redriven.',
};

function textOf({ count, isAtLeast }: Count): string {
  return isAtLeast ? `at least ${count}` : String(count);
}
