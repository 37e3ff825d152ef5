import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, vi } from 'vitest';
import { s3Client } from '../../lambdas/aws/clients.ts';
import { startQueueEngine } from '../../local/engines/queue-engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { SecretStore } from '../../local/secrets/secret-store.ts';
import { serveSecretsManagerApi } from '../../local/secrets/secrets-manager-api.ts';

const ACCESS = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };

export const TASK_TABLE = 'tasks';
export const FUNCTION_TABLE = 'functions';
export const NONCE_TABLE = 'nonces';
export const SUBMIT_COUNT_TABLE = 'submit-counts';
export const BUCKET = 'payloads';

/** The engines of the local runtime, for the tests of one file. */
export async function startEngines() {
  const folder = await mkdtemp(join(tmpdir(), 'task-mode-engines-'));
  const tables = await startTableEngine(join(folder, 'tables'));
  const queues = await startQueueEngine(join(folder, 'queues'), ACCESS.region);
  const secrets = SecretStore.open(join(folder, 'secrets.json'));
  const secretsApi = await serveSecretsManagerApi(secrets);
  const endpoints = { dynamodb: tables.endpoint, sqs: queues.endpoint };
  Object.assign(process.env, {
    AWS_REGION: ACCESS.region,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_S3: endpoints.sqs,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsApi.endpoint,
  });
  const dynamoDb = new DynamoDBClient({ ...ACCESS, endpoint: endpoints.dynamodb });
  const sqs = new SQSClient({ ...ACCESS, endpoint: endpoints.sqs });
  await createTables(dynamoDb);
  await (await s3Client()).send(new CreateBucketCommand({ Bucket: BUCKET }));
  await sqs.send(new CreateQueueCommand({ QueueName: 'echo' }));
  afterAll(async () => {
    dynamoDb.destroy();
    sqs.destroy();
    (await s3Client()).destroy();
    secretsApi.close();
    await Promise.all([queues.stop(), tables.stop()]);
    await rm(folder, { recursive: true, force: true });
  });
  return { dynamoDb, sqs, queueUrl: `${endpoints.sqs}/000000000000/echo`, endpoints, secrets };
}

const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' as const });
const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' as const });

async function createTables(client: DynamoDBClient): Promise<void> {
  await createTaskTable(client, TASK_TABLE);
  await client.send(
    new CreateTableCommand({
      TableName: FUNCTION_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [hash('functionName')],
      AttributeDefinitions: [text('functionName')],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: NONCE_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [hash('nonceId')],
      AttributeDefinitions: [text('nonceId')],
    }),
  );
  await client.send(
    new CreateTableCommand({
      TableName: SUBMIT_COUNT_TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [hash('key')],
      AttributeDefinitions: [text('key')],
    }),
  );
}

export async function createTaskTable(client: DynamoDBClient, tableName: string): Promise<void> {
  const range = { AttributeName: 'sortKey', KeyType: 'RANGE' as const };
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [hash('pk')],
      AttributeDefinitions: [
        ...['pk', 'timeShard', 'stateShard', 'sortKey'].map(text),
        { AttributeName: 'wakeTime', AttributeType: 'N' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byTime',
          KeySchema: [hash('timeShard'), range],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
        {
          IndexName: 'byState',
          KeySchema: [hash('stateShard'), range],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['status', 'lookFrom', 'wakeTime'] },
        },
        {
          IndexName: 'byWakeTime',
          KeySchema: [hash('timeShard'), { AttributeName: 'wakeTime', KeyType: 'RANGE' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
}

/** Has S3 deny access to every object, until it is restored: a policy, an endpoint, or a role that is not known everywhere yet. */
export async function denyingObjects() {
  const client = await s3Client();
  const send = client.send.bind(client) as (command: object) => Promise<unknown>;
  return vi.spyOn(client, 'send').mockImplementation((command: object) =>
    command instanceof GetObjectCommand
      ? Promise.reject(
          Object.assign(new Error('Access Denied'), {
            name: 'AccessDenied',
            $metadata: { httpStatusCode: 403 },
          }),
        )
      : send(command),
  );
}

/** Loses the response to the next call of each named command, after it took effect: what a broken connection does. */
export function losingResponses(client: DynamoDBClient, ...commands: string[]): void {
  const toLose = [...commands];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const output = await next(args);
      const place = toLose.indexOf(String(context.commandName));
      if (place < 0) return output;
      toLose.splice(place, 1);
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
    },
    // Behind the SDK's own retry, so that the SDK sends the write again.
    { step: 'finalizeRequest', name: 'loseResponse', priority: 'low' },
  );
}
