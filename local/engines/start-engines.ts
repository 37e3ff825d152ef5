import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { CREDENTIALS } from './engine.ts';
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
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string; readonly s3: string };
  readonly sqs: SQSClient;
  readonly dynamodb: DynamoDBClient;
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
    s3: queueEngine.endpoint,
  };
  const common = {
    region,
    credentials: CREDENTIALS,
    requestHandler: { requestTimeout: REQUEST_TIMEOUT_MS, httpAgent: { maxSockets: MAX_SOCKETS } },
  };
  const sqs = new SQSClient({ ...common, endpoint: endpoints.sqs, useQueueUrlAsEndpoint: false });
  const dynamodb = new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb });
  cleanup.defer(() => {
    sqs.destroy();
    dynamodb.destroy();
  });
  return { endpoints, sqs, dynamodb, queueEngine };
}
