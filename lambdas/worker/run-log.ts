import { Logger } from '@aws-lambda-powertools/logger';
import type { TaskFailure } from '../domain/failure.ts';
import type { Task } from '../domain/task.ts';
import type { RunLog } from '../tasks/run-task.ts';

const logger = new Logger();

function about({ functionName, taskId, attempt, requestId }: Task) {
  return { functionName, taskId, attempt, requestId };
}

/** Structured log lines about tasks that did not go as they should. One that did leaves no line. */
export const runLog: RunLog = {
  attemptFailed: (task, failure) => logger.warn('attempt failed', { ...about(task), failure }),
  stopped: (task, detail) => logger.info('task stopped', { ...about(task), detail }),
  superseded: (task, current) =>
    logger.warn('run superseded: what it did does not count', { ...about(task), status: current?.status }),
  handedBack: (task, cause) =>
    logger.warn('task handed back: it runs again, the attempt is not counted', {
      ...about(task),
      cause: String(cause),
    }),
  rowMissing: (key) => logger.warn('message dropped: its task does not exist', { ...key }),
};

/** A synchronous invocation failed, which its caller is told as well. */
export function logSyncFailure(functionName: string, requestId: string, failure: TaskFailure): void {
  logger.warn('invocation failed', { functionName, requestId, failure });
}

/** The supervisor's thread ended by itself; a new one has taken its place. */
export function logSupervisorExit(code: number): void {
  logger.error('supervisor thread ended: started anew', { code });
}

export function logNoWakeUp(messageId: string): void {
  logger.error('message dropped: it is no wake-up of this function', { messageId });
}

export function logWakeUpFault(messageId: string, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  logger.error('wake-up failed: the message comes again', {
    messageId,
    error: cause instanceof Error ? cause : new Error(String(cause)),
  });
}
