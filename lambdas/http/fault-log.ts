import { Logger } from '@aws-lambda-powertools/logger';
import type { FaultLog } from './operation.ts';

const logger = new Logger();

/** Logs a fault of ours with its cause, which the caller is not told. */
export const logFault: FaultLog = (message, { requestId, error }) => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  logger.error(message, { requestId, error: cause instanceof Error ? cause : new Error(String(cause)) });
};
