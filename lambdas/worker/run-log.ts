import { Logger } from '@aws-lambda-powertools/logger';
import type { TaskFailure } from '../domain/failure.ts';
import type { InvocationLog } from '../tasks/end-invocation.ts';
import type { RunLog } from '../tasks/run-task.ts';
import { aboutInvocation, aboutTask } from './log-fields.ts';

const logger = new Logger();

/** Log lines about abnormal endings. */
export const runLog: RunLog & InvocationLog = {
  attemptFailed: (task, failure) => logger.warn('attempt failed', { ...aboutTask(task), failure }),
  stopped: (task, detail) => logger.info('task stopped', { ...aboutTask(task), detail }),
  superseded: (task, current) =>
    logger.warn('run superseded: what it did does not count', {
      ...aboutTask(task),
      status: current?.status,
    }),
  handedBack: (task, reason) =>
    logger.warn('task handed back: it runs again, the attempt is not counted', {
      ...aboutTask(task),
      cause: String(reason),
    }),
  rowMissing: (key) => logger.warn('message dropped: its task does not exist', { ...key }),
  invocationFailed: ({ invocation, attempt }, failure) =>
    logger.warn('attempt failed', { ...aboutInvocation(invocation), attempt, failure }),
  invocationExpired: (invocation) =>
    logger.warn('invocation dropped: it was not started in time', aboutInvocation(invocation)),
  invocationHandedBack: ({ invocation }, reason) =>
    logger.warn('invocation handed back: it runs again, the attempt is not counted', {
      ...aboutInvocation(invocation),
      cause: String(reason),
    }),
};

/** Logs a failed synchronous invocation; its caller gets the same failure. */
export function logSyncFailure(functionName: string, requestId: string, failure: TaskFailure): void {
  logger.warn('invocation failed', { functionName, requestId, failure });
}

/** Logs that the supervisor's thread ended by itself; a new one takes its place. */
export function logSupervisorExit(code: number): void {
  logger.error('supervisor thread ended: it is started again', { code });
}

/** Logs a message that is malformed or for another function: it is dropped. */
export function logDroppedMessage(functionName: string, messageId: string, reason: string): void {
  logger.error('dropped a message', { queue: `tasks of ${functionName}`, messageId, reason });
}

/** Logs that the user's module could not be loaded: the process ends, so that the next one loads it afresh. */
export function logBrokenModule(functionName: string): void {
  logger.error('instance ends: the module of the function could not be loaded', { functionName });
}

export function logMessageFault(messageId: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  logger.error('message could not be handled: it comes again', {
    messageId,
    error: cause instanceof Error ? cause : new Error(String(cause)),
  });
}
