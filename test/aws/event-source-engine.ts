import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll } from 'vitest';
import { EventSource, type EventSourceState } from '../../local/event-sources/event-source.ts';
import { type InvokableFunctions, serveLambdaApi } from '../../local/functions/lambda-api.ts';

export const EVENT_SOURCE_ID = 'event-source-1';

/** Lambda's own API of the local runtime with one event source, whose queue nobody polls, and with functions where a test has some. */
export async function startEventSource(functions?: InvokableFunctions) {
  const eventSources = new Map<string, EventSource>();
  const put = (state: EventSourceState, isProvisioned = false) =>
    eventSources.set(
      EVENT_SOURCE_ID,
      new EventSource({
        id: EVENT_SOURCE_ID,
        queueArn: 'arn:aws:sqs:us-east-1:000000000000:echo',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
        batchSize: 1,
        isProvisioned,
        defaultConcurrency: 10,
        poller: { setConcurrency: () => undefined },
        state,
        keep: async () => undefined,
      }),
    );
  const api = await serveLambdaApi(() => {
    if (functions) return functions;
    throw new Error('no function is served here');
  }, eventSources);
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: api.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  afterAll(() => {
    client.destroy();
    api.close();
  });
  return {
    client,
    endpoint: api.endpoint,
    /** Deploys it anew. */
    put,
    remove: () => eventSources.delete(EVENT_SOURCE_ID),
    state: () => eventSources.get(EVENT_SOURCE_ID)?.state,
  };
}
