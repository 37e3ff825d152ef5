import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { ApiAdapters } from './api-adapters.ts';
import { traceOfXRay } from './domain/trace.ts';
import { submitTriggered } from './tasks/submit-triggered.ts';
import { toTriggerRequest } from './trigger/trigger-request.ts';

const logger = new Logger();

/** Submits the tasks of events and schedules. What could not be submitted stays in its queue, and is tried again. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const adapters = new ApiAdapters(AbortSignal.timeout(context.getRemainingTimeInMillis()));
  const submitted = await Promise.all(Records.map((record) => isSubmitted(adapters, record)));
  const kept = Records.filter((_, index) => !submitted[index]);
  return { batchItemFailures: kept.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

async function isSubmitted(
  adapters: ApiAdapters,
  { messageId, body, attributes }: SQSRecord,
): Promise<boolean> {
  try {
    const trace = traceOfXRay(attributes.AWSTraceHeader);
    await submitTriggered(adapters, { ...toTriggerRequest(body), requestId: messageId, trace });
    return true;
  } catch (error) {
    logger.error('task of a trigger was not submitted: it is tried again', {
      messageId,
      error: String(error),
    });
    return false;
  }
}
