import { RemovalPolicy } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { API_URL_DESCRIPTION } from '../../lambdas/domain/stack-output.ts';
import { deployed, templateOf } from './synthesized.ts';

type Resource = { readonly Properties: Record<string, unknown>; readonly DeletionPolicy?: string };

function resourcesOf(template: Template, type: string): Resource[] {
  return Object.values(template.findResources(type)) as Resource[];
}

test('one output is the address, by whose description the command line finds it', () => {
  const outputs = Object.values(templateOf().findOutputs('*'));
  expect(outputs.filter(({ Description }) => Description === API_URL_DESCRIPTION)).toHaveLength(1);
});

describe('the data', () => {
  const template = templateOf();

  test('the task table has TTL, point-in-time recovery and on-demand capacity', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      Replicas: [
        Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
      ],
    });
  });

  test('the task table has the indexes by time and by wake time, lean, and the index by state', () => {
    const keys = (hash: string) => [
      { AttributeName: hash, KeyType: 'HASH' },
      { AttributeName: 'sortKey', KeyType: 'RANGE' },
    ];
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      GlobalSecondaryIndexes: [
        { IndexName: 'byTime', KeySchema: keys('timeShard'), Projection: { ProjectionType: 'KEYS_ONLY' } },
        {
          IndexName: 'byState',
          KeySchema: keys('stateShard'),
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['status', 'lookFrom', 'wakeTime'] },
        },
        {
          IndexName: 'byWakeTime',
          KeySchema: [
            { AttributeName: 'timeShard', KeyType: 'HASH' },
            { AttributeName: 'wakeTime', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    });
  });

  test('every table is encrypted, and recoverable to any second', () => {
    const tables = resourcesOf(template, 'AWS::DynamoDB::GlobalTable');
    expect(tables).toHaveLength(2);
    for (const { Properties } of tables) {
      expect(Properties).toMatchObject({ SSESpecification: { SSEEnabled: false } });
      expect(Properties.Replicas).toEqual([
        expect.objectContaining({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
      ]);
    }
  });

  test('the bucket is encrypted, private, TLS only, and forgets payloads after 23 days and results after 8', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [
          Match.objectLike({ Prefix: 'payloads/', ExpirationInDays: 23, Status: 'Enabled' }),
          Match.objectLike({ Prefix: 'results/', ExpirationInDays: 8, Status: 'Enabled' }),
        ],
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: [tlsOnly('s3:*')] },
    });
  });

  test('tables, queues and bucket are kept when the stack is removed', () => {
    for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::SQS::Queue']) {
      for (const resource of resourcesOf(template, type)) expect(resource.DeletionPolicy).toBe('Retain');
    }
  });

  test('with DESTROY everything goes, the objects in the bucket too', () => {
    const destroyed = templateOf({ taskMode: { removalPolicy: RemovalPolicy.DESTROY } });
    for (const type of ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket', 'AWS::SQS::Queue']) {
      for (const resource of resourcesOf(destroyed, type)) expect(resource.DeletionPolicy).toBe('Delete');
    }
    destroyed.resourceCountIs('Custom::S3AutoDeleteObjects', 1);
  });
});

function tlsOnly(Action: string) {
  return Match.objectLike({
    Action,
    Effect: 'Deny',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  });
}

/** One function each. */
const ROUTES = [
  'GET /2023-03-30/functions',
  'POST /2023-03-30/functions/{functionName}/async-tasks',
  'GET /2023-03-30/functions/{functionName}/async-tasks/{taskId}/explain',
  'GET /2023-03-30/functions/{functionName}/async-tasks/{taskId}/logs',
  'POST /2023-03-30/functions/{functionName}/invocations',
  'GET /2023-03-30/functions/{functionName}/async-tasks/{taskId}',
  'GET /2023-03-30/functions/{functionName}/async-tasks',
  'PUT /2023-03-30/functions/{functionName}/async-tasks/{taskId}/stop',
  'POST /2023-03-30/functions/{functionName}/async-tasks/{taskId}/redrive',
  'POST /2023-03-30/functions/{functionName}/bulk-jobs',
  'GET /2023-03-30/functions/{functionName}/bulk-jobs/{bulkJobId}',
  'GET /2023-03-30/functions/{functionName}/bulk-jobs',
  'PUT /2023-03-30/functions/{functionName}/bulk-jobs/{bulkJobId}/stop',
  'PUT /2023-03-30/functions/{functionName}/async-invoke-config',
  'GET /2023-03-30/functions/{functionName}/async-invoke-config',
  'DELETE /2023-03-30/functions/{functionName}/async-invoke-config',
  'GET /2023-03-30/async-invoke-configs',
  'PUT /2023-03-30/functions/{functionName}/concurrency',
  'GET /2023-03-30/functions/{functionName}/concurrency',
  'DELETE /2023-03-30/functions/{functionName}/concurrency',
  'GET /2023-03-30/concurrency-configs',
  'GET /openapi.json',
  'GET /2023-03-30/functions/{functionName}/async-metrics',
  '$default',
];

describe('the API', () => {
  const template = templateOf();

  test.each(ROUTES)('%s asks for IAM authorization', (RouteKey) => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey, AuthorizationType: 'AWS_IAM' });
  });

  test('there is no other route', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Route', ROUTES.length);
  });

  test('is served at the root, and logs every access as JSON', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      AccessLogSettings: {
        DestinationArn: Match.anyValue(),
        Format: Match.stringLikeRegexp('"requestId":"\\$context.requestId"'),
      },
    });
  });

  test('the stage takes 1,000 requests a second and 500 at once by default', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 500 },
    });
  });

  test.each([
    [
      { perSecond: 20, burst: 7 },
      { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 7 },
    ],
    [{ perSecond: 8000 }, { ThrottlingRateLimit: 8000, ThrottlingBurstLimit: 500 }],
    [{ burst: 100_000 }, { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 100_000 }],
  ])('the stage takes what requestRate %o says', (requestRate, DefaultRouteSettings) => {
    templateOf({ taskMode: { requestRate } }).hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings,
    });
  });

  test.each([
    [{ perSecond: 0 }, 'requestRate.perSecond of TaskMode must be a whole number from 1 to 100000, got 0'],
    [
      { perSecond: 0.5 },
      'requestRate.perSecond of TaskMode must be a whole number from 1 to 100000, got 0.5',
    ],
    [{ burst: 100_001 }, 'requestRate.burst of TaskMode must be a whole number from 1 to 100000, got 100001'],
    [{ burst: Number.NaN }, 'requestRate.burst of TaskMode must be a whole number from 1 to 100000, got NaN'],
  ])('synth refuses requestRate %o', (requestRate, message) => {
    expect(() => deployed({ taskMode: { requestRate } })).toThrow(message);
  });

  test('integrations speak payload format 2.0', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::ApiGatewayV2::Integration')) {
      expect(Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    }
  });
});

describe('the sweep', () => {
  const template = templateOf();

  test('comes every minute, and a minute that failed is not repeated', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [Match.objectLike({ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } })],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });

  test('the sweep has a minute, of which it works 45 s, and a whole vCPU', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Task Mode: the sweep of every minute',
      Timeout: 60,
      MemorySize: 1769,
    });
  });
});

describe('every function', () => {
  const template = templateOf();
  const ours = resourcesOf(template, 'AWS::Lambda::Function').filter(({ Properties }) =>
    /^Task (Mode|function)/.test(String(Properties.Description)),
  );

  test('runs on Node 24 and arm64, and logs JSON without a line per invocation', () => {
    // The worker, the sweep, the two functions of follow-ups and the one of bulk jobs, beside the routes'.
    expect(ours).toHaveLength(ROUTES.length + 5);
    for (const { Properties } of ours) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' },
      });
    }
  });

  test('writes to one log group with all others of the API, and the rest each to its own', () => {
    const groups = Map.groupBy(ours, ({ Properties }) => JSON.stringify(Properties.LoggingConfig));
    const sizes = [...groups.values()].map((group) => group.length).sort((a, b) => b - a);
    expect(sizes).toEqual([ROUTES.length, 1, 1, 1, 1, 1]);
  });

  test('has a log group that keeps its lines for a month', () => {
    for (const { Properties } of resourcesOf(template, 'AWS::Logs::LogGroup')) {
      expect(Properties).toMatchObject({ RetentionInDays: 30 });
    }
  });
});
