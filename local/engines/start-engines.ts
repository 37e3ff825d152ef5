import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { QueueFigures } from '../monitoring/queue-sampler.ts';
import { ACCOUNT_ID, CREDENTIALS } from './engine.ts';
import { type QueueEngine, startQueueEngine } from './queue-engine.ts';
import { startTableEngine } from './table-engine.ts';

/** Longer than a long poll of 20 s; a call that takes longer is lost. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Each event source holds one long poll open, and deletes go beside it. */
const MAX_SOCKETS = 500;

export interface EngineOptions {
  readonly dataDir: { readonly queues: string; readonly tables: string };
  readonly region: string;
  readonly dynamodbEndpoint?: string;
  readonly sqsEndpoint?: string;
}

export interface Engines {
  readonly endpoints: {
    readonly dynamodb: string;
    readonly sqs: string;
    readonly sns: string;
    readonly s3: string;
  };
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly dynamodb: DynamoDBClient;
  /** Tells how a queue of this account stands, by its name. */
  readonly queueFigures: (queueName: string) => Promise<QueueFigures | undefined>;
  readonly queueEngine: QueueEngine;
}

/** Starts the embedded engines, but for those in whose place an endpoint is given, with clients to them. */
export async function startEngines(options: EngineOptions, cleanup: AsyncDisposableStack): Promise<Engines> {
  const { dataDir, region } = options;
  const [queueEngine, tableEndpoint] = await Promise.all([
    startQueueEngine(dataDir.queues, region).then((engine) => {
      cleanup.defer(engine.stop);
      return engine;
    }),
    options.dynamodbEndpoint ??
      startTableEngine(dataDir.tables).then((engine) => {
        cleanup.defer(engine.stop);
        return engine.endpoint;
      }),
  ]);
  const endpoints = {
    dynamodb: tableEndpoint,
    sqs: options.sqsEndpoint ?? queueEngine.endpoint,
    // It tells queues of its own only.
    sns: queueEngine.endpoint,
    s3: queueEngine.endpoint,
  };
  const common = {
    region,
    credentials: CREDENTIALS,
    requestHandler: { requestTimeout: REQUEST_TIMEOUT_MS, httpAgent: { maxSockets: MAX_SOCKETS } },
  };
  const sqs = new SQSClient({ ...common, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false });
  const sns = new SNSClient({ ...common, endpoint: queueEngine.endpoint });
  const dynamodb = new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb });
  cleanup.defer(() => {
    sqs.destroy();
    sns.destroy();
    dynamodb.destroy();
  });
  const queueFigures =
    options.sqsEndpoint === undefined
      ? async (queueName: string) => queueEngine.queueFigures(queueName)
      : (queueName: string) => askedFigures(sqs, endpoints.sqs, queueName);
  return { endpoints, sqs, sns, dynamodb, queueFigures, queueEngine };
}

/** Asks another engine than the embedded one. SQS's API does not tell how old the oldest message is. */
async function askedFigures(
  sqs: SQSClient,
  endpoint: string,
  queueName: string,
): Promise<QueueFigures | undefined> {
  const QueueUrl = new URL(`/${ACCOUNT_ID}/${queueName}`, endpoint).href;
  const command = new GetQueueAttributesCommand({
    QueueUrl,
    AttributeNames: [
      'ApproximateNumberOfMessages',
      'ApproximateNumberOfMessagesNotVisible',
      'ApproximateNumberOfMessagesDelayed',
    ],
  });
  const answer = await sqs.send(command).catch(() => undefined);
  return (
    answer && {
      visible: Number(answer.Attributes?.ApproximateNumberOfMessages ?? 0),
      notVisible: Number(answer.Attributes?.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(answer.Attributes?.ApproximateNumberOfMessagesDelayed ?? 0),
      ageOfOldestSeconds: undefined,
    }
  );
}
