import { parseSyncEvent, toSyncAnswer } from '../../lambdas/aws/sync-event.ts';
import type { InvokableFunctions } from '../../local/functions/lambda-api.ts';
import { startEventSource } from '../aws/event-source-engine.ts';

/** A worker whose function returns its payload. */
const WORKER: InvokableFunctions = {
  has: () => true,
  isThrottled: () => false,
  countThrottle: () => undefined,
  invokeEvent: () => undefined,
  invokeJson: async (_, event) => ({
    payload: toSyncAnswer({
      outcome: { kind: 'succeeded', resultText: parseSyncEvent(JSON.parse(event))?.payloadText ?? '' },
      durationMs: 1,
    }),
  }),
};

/** Lambda with one worker and its event source. */
export async function startLambda(): Promise<{ readonly endpoint: string }> {
  const lambda = await startEventSource(WORKER);
  lambda.put({ isEnabled: true, maximumConcurrency: 100 });
  return lambda;
}
