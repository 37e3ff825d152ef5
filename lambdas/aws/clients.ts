import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';

/**
 * One attempt may take 2 s; DynamoDB and SQS answer in some 10 ms, and what takes longer is repeated on another
 * connection. Requests of the API are cut at their own deadline as well (REQUEST_DEADLINE_MS).
 */
export const CALL = {
  maxAttempts: 3,
  // A sixth less CPU a request (measured); no middleware is added behind a client's first request.
  cacheMiddleware: true,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
};

export const dynamoDb = new DynamoDBClient(CALL);

/** Its requests go to the region's endpoint, or to AWS_ENDPOINT_URL_SQS, whatever host a queue's URL names. */
export const sqs = new SQSClient({ ...CALL, useQueueUrlAsEndpoint: false });

let s3: Promise<S3Client> | undefined;

/** Loads the S3 client when the first large text needs it: it is a third of a bundle, and most tasks are small. */
export function s3Client(): Promise<S3Client> {
  s3 ??= import('./s3-commands.ts').then(({ S3Client }) => new S3Client(CALL));
  return s3;
}

let secretsManager: Promise<SecretsManagerClient> | undefined;

/** Loads the Secrets Manager client where secrets are used: access keys in their mode, and those of webhooks. */
export function secretsManagerClient(): Promise<SecretsManagerClient> {
  secretsManager ??= import('@aws-sdk/client-secrets-manager').then(
    ({ SecretsManagerClient }) => new SecretsManagerClient(CALL),
  );
  return secretsManager;
}
