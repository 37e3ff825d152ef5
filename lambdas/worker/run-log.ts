import { Logger } from '@aws-lambda-powertools/logger';
import type { TaskFailure } from '../domain/failure.ts';
import type { InvocationLog } from '../tasks/end-invocation.ts';
import type { RunLog } from '../tasks/run-task.ts';
import { aboutInvocation, aboutTask } from './log-fields.ts';

const logger = new Logger();

/** Structured log lines about what did not go as it should. What did leaves no line. */
export const runLog: RunLog & InvocationLog = {
  attemptFailed: (task, failure) => logger.warn('attempt failed', { ...aboutTask(task), failure }),
  stopped: (task, detail) => logger.info('task stopped', { ...aboutTask(task), detail }),
  superseded: (task, current) =>
    logger.warn('run superseded: what it did does not count', {
      ...aboutTask(task),
      status: current?.status,
    }),
  handedBack: (task, cause) =>
    logger.warn('task handed back: it runs again, the attempt is not counted', {
      ...aboutTask(task),
      cause: String(cause),
    }),
  rowMissing: (key) => logger.warn('message dropped: its task does not exist', { ...key }),
  invocationFailed: ({ invocation, attempt }, failure) =>
    logger.warn('attempt failed', { ...aboutInvocation(invocation), attempt, failure }),
  invocationExpired: (invocation) =>
    logger.warn('invocation dropped: it was not started in time', aboutInvocation(invocation)),
  invocationHandedBack: ({ invocation }, cause) =>
    logger.warn('invocation handed back: it runs again, the attempt is not counted', {
      ...aboutInvocation(invocation),
      cause: String(cause),
    }),
};

/** A synchronous invocation failed, which its caller is told as well. */
export function logSyncFailure(functionName: string, requestId: string, failure: TaskFailure): void {
  logger.warn('invocation failed', { functionName, requestId, failure });
}

/** The supervisor's thread ended by itself; a new one has taken its place. */
export function logSupervisorExit(code: number): void {
  logger.error('supervisor thread ended: started anew', { code });
}

export function logStrayMessage(messageId: string): void {
  logger.error('message dropped: it is none of this function', { messageId });
}

export function logMessageFault(messageId: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  logger.error('message could not be acted on: it comes again', {
    messageId,
    error: cause instanceof Error ? cause : new Error(String(cause)),
  });
}
