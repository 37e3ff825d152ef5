import { Logger } from '@aws-lambda-powertools/logger';
import { dynamoDb } from './aws/clients.ts';
import { metricLog } from './aws/metric-log.ts';
import { SubmitCounter } from './aws/submit-counter.ts';
import { ENV, requiredEnv } from './domain/env.ts';
import { SUBMIT_COUNT_DEADLINE_MS } from './domain/limits.ts';
import type { Allowance } from './domain/submit-rate.ts';
import { callerIdentity } from './http/caller-identity.ts';
import { limitSubmits } from './tasks/limit-submits.ts';

const logger = new Logger();
const tableName = requiredEnv(process.env, ENV.submitCountTableName);
const rate = {
  perSecond: Number(requiredEnv(process.env, ENV.submitRate)),
  burst: Number(requiredEnv(process.env, ENV.submitBurst)),
};
const countMetrics = metricLog(requiredEnv(process.env, ENV.service));
const allowances = new Map<string, Allowance>();

/**
 * Lets a submit through that is within its caller's rate, or a batch of so many.
 * @throws TaskModeError `Throttling.User`
 */
export async function limitSubmit(
  caller: string | undefined,
  requestSignal: AbortSignal,
  submits = 1,
): Promise<void> {
  const newCounter = () => {
    // What is counted late is no better than what is not counted, and the submit itself needs the time.
    const signal = AbortSignal.any([requestSignal, AbortSignal.timeout(SUBMIT_COUNT_DEADLINE_MS)]);
    return new SubmitCounter({ client: dynamoDb, tableName, signal });
  };
  const dependencies = { rate, allowances, newCounter, clock: Date.now, logFault };
  try {
    await limitSubmits(dependencies, callerIdentity(caller), submits);
  } catch (error) {
    // Not by function: the name is not known to be one's yet, and every name would be a metric.
    countMetrics(undefined, { RateLimitedCount: 1 });
    throw error;
  }
}

function logFault(error: unknown): void {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  logger.error('submits were not counted: each instance limits callers by itself', { error: String(cause) });
}
