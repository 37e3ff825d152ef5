import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll } from 'vitest';
import { snsClient } from '../../lambdas/aws/destination-clients.ts';
import { EventBusDestination } from '../../lambdas/aws/event-bus-destination.ts';
import { FunctionDestination } from '../../lambdas/aws/function-destination.ts';
import { QueueDestination } from '../../lambdas/aws/queue-destination.ts';
import { TopicDestination } from '../../lambdas/aws/topic-destination.ts';
import { WebhookDestination } from '../../lambdas/aws/webhook-destination.ts';
import { WebhookSecrets } from '../../lambdas/aws/webhook-secrets.ts';
import { serveAwsJsonApi } from '../../local/aws-json-api.ts';
import type { startEngines } from './engines.ts';

export const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:hook-abcdef';
export const SECRETS = {
  first: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  second: `whsec_${Buffer.alloc(32, 2).toString('base64')}`,
};

const ARN = {
  topic: 'arn:aws:sns:us-east-1:000000000000:told-topic',
  function: 'arn:aws:lambda:us-east-1:000000000000:function:told',
  eventBus: 'arn:aws:events:us-east-1:000000000000:event-bus/told',
};

/** The queue that is subscribed to the topic. */
export const TOPIC_QUEUE = 'told-by-topic';

/** An HTTP server on this machine, for the tests of one file. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes the whole body of a request. */
export async function bodyOf(request: AsyncIterable<unknown>): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

export interface Hook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks that verifies them as its author would who has the second secret only once it was told so. */
export async function startHooks() {
  const hooks: Hook[] = [];
  const state = { status: 204, headers: {} as Record<string, string>, secret: SECRETS.first };
  const url = await serve(async (request, response) => {
    const hook = { headers: request.headers, body: await bodyOf(request) };
    try {
      new Webhook(state.secret).verify(hook.body, hook.headers as Record<string, string>);
      hooks.push(hook);
      response.writeHead(state.status, state.headers).end('{"much": "more than is read"}');
    } catch {
      response.writeHead(401).end();
    }
  });
  return { url: `${url}/hook`, hooks, state };
}

type Engines = Pick<Awaited<ReturnType<typeof startEngines>>, 'sqs' | 'secrets' | 'endpoints'>;

/** Who is told of the ends of tasks, one of each kind but queues, and the adapters by which they are told. */
export async function startReceivers({ sqs, secrets, endpoints }: Engines) {
  const events: Record<string, unknown>[] = [];
  const state = { isBusFull: false };
  const invoked: string[] = [];
  const functionUrl = await serve(async (request, response) => {
    const isEvent = request.headers['x-amz-invocation-type'] === 'Event';
    invoked.push(await bodyOf(request));
    response.writeHead(isEvent ? 202 : 400).end();
  });
  const bus = await serveAwsJsonApi({
    service: 'AWSEvents',
    version: '1.1',
    maxRequestBytes: 2_000_000,
    calls: {
      PutEvents: ({ Entries }) => {
        if (state.isBusFull) return { FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] };
        events.push(...(Entries as unknown as Record<string, unknown>[]));
        return { FailedEntryCount: 0, Entries: [{ EventId: 'event-1' }] };
      },
    },
  });
  secrets.deploy({ name: 'hook', arn: SECRET_ARN, source: 'test' }, () => SECRETS.first);
  afterAll(() => bus.close());
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SNS: endpoints.sqs,
    AWS_ENDPOINT_URL_LAMBDA: functionUrl,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.endpoint,
  });
  await subscribeQueue(sqs);
  const { url, hooks, state: hookState } = await startHooks();
  return {
    destinations: { ...ARN, webhook: url },
    adapters: {
      queue: new QueueDestination({ client: sqs }),
      topic: new TopicDestination(),
      function: new FunctionDestination(),
      eventBus: new EventBusDestination(),
      webhook: webhookDestination(new WebhookSecrets()),
    },
    invoked,
    events,
    state,
    hooks,
    hookState,
  };
}

/** By the machine's clock, which the receiver goes by. */
export function webhookDestination(secrets: WebhookSecrets): WebhookDestination {
  return new WebhookDestination({ secrets, clock: Date.now, isLoopbackAllowed: true });
}

async function subscribeQueue(sqs: SQSClient): Promise<void> {
  await sqs.send(new CreateQueueCommand({ QueueName: TOPIC_QUEUE }));
  const sns = await snsClient();
  afterAll(() => sns.destroy());
  await sns.send(new CreateTopicCommand({ Name: 'told-topic' }));
  await sns.send(
    new SubscribeCommand({
      TopicArn: ARN.topic,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:us-east-1:000000000000:${TOPIC_QUEUE}`,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  );
}
