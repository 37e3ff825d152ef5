import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, expect, test } from 'vitest';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { type Resources, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const runtimes: LocalRuntime[] = [];
afterAll(() => Promise.all(runtimes.map((runtime) => runtime.stop())));

async function start(resources: Resources): Promise<LocalRuntime> {
  const runtime = await startLocalRuntime({
    assemblyDir: await writeAssembly({ resources }),
    port: 0,
    dataDir: await temporaryFolder(),
    log: () => undefined,
  });
  runtimes.push(runtime);
  return runtime;
}

const bucket = (BucketName: string, NotificationConfiguration?: object) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName, ...(NotificationConfiguration && { NotificationConfiguration }) },
});

const custom = (NotificationConfiguration: object) => ({
  Type: 'Custom::S3BucketNotifications',
  Properties: { ServiceToken: 'arn:token', BucketName: { Ref: 'Custom' }, NotificationConfiguration },
});

test('an event says of each object that is put into a bucket what S3 says, once', async () => {
  const runtime = await start({
    Told: bucket('told', { EventBridgeConfiguration: { EventBridgeEnabled: true } }),
    Custom: bucket('custom'),
    Notifications: custom({ EventBridgeConfiguration: {} }),
    Silent: bucket('silent'),
    Queue: { Type: 'AWS::SQS::Queue' },
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        EventPattern: { source: ['aws.s3'] },
        Targets: [{ Id: 'Target0', Arn: { 'Fn::GetAtt': ['Queue', 'Arn'] } }],
      },
    },
  });
  const common = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const s3 = new S3Client({ ...common, endpoint: runtime.endpoints.s3, forcePathStyle: true });
  const sqs = new SQSClient({ ...common, endpoint: runtime.endpoints.sqs });

  await s3.send(new PutObjectCommand({ Bucket: 'told', Key: 'a b/ü.txt', Body: 'hello' }));
  await s3.send(new PutObjectCommand({ Bucket: 'silent', Key: 'c', Body: 'hello' }));
  await s3.send(new CopyObjectCommand({ Bucket: 'custom', Key: 'copy', CopySource: 'silent/c' }));
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: 'told', Key: 'parts' }));
  const part = { Bucket: 'told', Key: 'parts', UploadId };
  const { ETag } = await s3.send(new UploadPartCommand({ ...part, PartNumber: 1, Body: 'one' }));
  await s3.send(
    new CompleteMultipartUploadCommand({ ...part, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }),
  );

  const command = new ReceiveMessageCommand({ QueueUrl: runtime.ref('Queue'), MaxNumberOfMessages: 10 });
  const told: unknown[] = [];
  await expect
    .poll(async () =>
      told.push(...((await sqs.send(command)).Messages ?? []).map(({ Body = '' }) => JSON.parse(Body))),
    )
    .toBe(3);
  expect(told).toMatchObject([
    {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      resources: ['arn:aws:s3:::told'],
      detail: {
        bucket: { name: 'told' },
        object: { key: 'a b/ü.txt', size: 5, etag: '5d41402abc4b2a76b9719d911017c592' },
        reason: 'PutObject',
      },
    },
    { detail: { bucket: { name: 'custom' }, object: { key: 'copy' } } },
    {
      detail: {
        bucket: { name: 'told' },
        object: { key: 'parts', size: 3, etag: expect.stringMatching(/^[0-9a-f]{32}-1$/) },
        reason: 'CompleteMultipartUpload',
      },
    },
  ]);
  s3.destroy();
  sqs.destroy();
});

test.each<[string, Resources, string]>([
  [
    'a function',
    { Bad: bucket('bad', { LambdaConfigurations: [] }) },
    'Bad.NotificationConfiguration.LambdaConfigurations is',
  ],
  [
    'a queue',
    { Custom: bucket('custom'), Bad: custom({ QueueConfigurations: [{}] }) },
    'want none: EventBridge alone is told here',
  ],
])('a bucket that tells %s is refused', async (_, resources, message) => {
  await expect(start(resources)).rejects.toThrow(message);
});
