import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import { deployed, templateOf } from './synthesized.ts';

describe('a task function', () => {
  const template = templateOf({
    functions: {
      encode: {
        timeout: Duration.seconds(100),
        instanceConcurrency: 5,
        environment: { LEVEL: '9' },
        memorySize: 1024,
      },
    },
  });

  test('has a queue whose messages stay hidden for longer than Lambda can run', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 170,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: Match.anyValue(), maxReceiveCount: 1000 },
    });
  });

  test('has a dead-letter queue that keeps messages for 14 days', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: Match.absent(),
    });
    // Two of its own, three for follow-ups, and two for bulk jobs.
    template.resourceCountIs('AWS::SQS::Queue', 7);
  });

  test('its queues, and those that all functions share, speak TLS only', () => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy'));
    expect(policies).toHaveLength(7);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toEqual([
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]);
    }
  });

  test('has a worker with 10 s beyond the time-out, and the variables of both', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 110,
      MemorySize: 1024,
      Environment: {
        Variables: Match.objectLike({
          LEVEL: '9',
          TASK_FUNCTION_NAME: 'encode',
          TASK_TIMEOUT_SECONDS: '100',
          TASK_SHARD_COUNT: '8',
          TASK_QUEUE_URL: Match.anyValue(),
          TASK_TABLE_NAME: Match.anyValue(),
          PAYLOAD_BUCKET_NAME: Match.anyValue(),
        }),
      },
    });
  });

  test('has no heartbeats where Lambda ends a run as soon, or where user code can block them', () => {
    const long = Duration.seconds(81);
    const of = (props: object) => {
      const workers = templateOf({ functions: { f: props } }).findResources('AWS::Lambda::Function', {
        Properties: { Environment: { Variables: { TASK_FUNCTION_NAME: 'f' } } },
      });
      return Object.values(workers).map(
        (worker) => worker.Properties.Environment.Variables.TASK_HAS_HEARTBEATS,
      );
    };
    // Lambda's time-out is the function's, 5 s of grace and 5 s for the last write: 90 s, and 91 s.
    expect(of({ timeout: Duration.seconds(80) })).toEqual(['false']);
    expect(of({ timeout: long })).toEqual(['true']);
    expect(of({ lease: Duration.seconds(3) })).toEqual(['true']);
    expect(of({ timeout: long, stop: 'cooperative' })).toEqual(['false']);
  });

  test('has an event source with partial batch responses, its batch size and a maximum concurrency', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 100 },
      ProvisionedPollerConfig: Match.absent(),
    });
  });

  test('has, as every event source has, partial batch responses: a kill would slow the polling down without', () => {
    const pollers = { min: 2, max: 20 };
    const template = templateOf({
      functions: { plain: {}, pollers: { pollers }, polite: { stop: 'cooperative' } },
    });
    const sources = Object.values(template.findResources('AWS::Lambda::EventSourceMapping'));
    expect(sources.length).toBeGreaterThan(3);
    for (const { Properties } of sources) {
      expect(Properties).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
    }
  });

  test('has provisioned pollers in place of a maximum concurrency when it asks for them', () => {
    templateOf({ functions: { fast: { pollers: { min: 2, max: 20 } } } }).hasResourceProperties(
      'AWS::Lambda::EventSourceMapping',
      { ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 20 }, ScalingConfig: Match.absent() },
    );
  });
});

describe('the registration', () => {
  const rows = Object.entries(templateOf().findResources('Custom::AWS'));
  const { Properties } = rows.find(([id]) => id.startsWith('TaskModeechoRegistration'))?.[1] ?? {};
  const call = (name: 'Create' | 'Update' | 'Delete') => {
    const text = Properties[name]['Fn::Join'][1].map((part: unknown) =>
      typeof part === 'string' ? part : 'X',
    );
    return JSON.parse(text.join(''));
  };

  test('sets the deployed fields only, so that what is configured at run time stays', () => {
    const { action, parameters } = call('Update');
    expect(action).toBe('UpdateItem');
    expect(parameters.UpdateExpression).toBe(
      'SET #functionArn = :functionArn, #queueUrl = :queueUrl, #deadLetterQueueUrl = :deadLetterQueueUrl, #eventSourceId = :eventSourceId, #logGroupName = :logGroupName, #shardCount = :shardCount, #defaults = :defaults, #scaling = :scaling, #instanceConcurrency = :instanceConcurrency, #deployedBy = :deployedBy REMOVE isDeleted, deletedTime ADD shardCounts :counts',
    );
    expect(parameters.ExpressionAttributeValues[':defaults']).toEqual({
      M: {
        asyncTask: { BOOL: true },
        maxAsyncRetryAttempts: { N: '3' },
        maxAsyncEventAgeInSeconds: { N: '86400' },
      },
    });
  });

  test('tells how its event source was deployed, in a field that is always set', () => {
    const { ':scaling': scaling, ':instanceConcurrency': tasks } =
      call('Update').parameters.ExpressionAttributeValues;
    expect(scaling).toEqual({ M: { maxConcurrency: { N: '100' } } });
    expect(tasks).toEqual({ N: '1' });
  });

  test('creates as it updates', () => {
    expect(call('Create')).toEqual(call('Update'));
  });

  test('leaves a tombstone, unless another construct has deployed the function since', () => {
    const { parameters, ignoreErrorCodesMatching } = call('Delete');
    expect(parameters).toMatchObject({
      UpdateExpression: 'SET isDeleted = :true',
      ConditionExpression: 'deployedBy = :deployedBy',
    });
    expect(ignoreErrorCodesMatching).toBe('ConditionalCheckFailed.*');
  });

  test('installs nothing at deployment', () => {
    expect(Properties.InstallLatestAwsSdk).toBe(false);
  });
});

describe('what is wrong is refused at synth, with the value and what is wanted', () => {
  test.each([
    [
      { timeout: Duration.seconds(891) },
      'timeout of task function "f" must be a whole number of seconds from 1 to 890, got 891',
    ],
    [
      { memorySize: 64 },
      'memorySize of task function "f" must be a whole number of MB from 256 to 10240, got 64',
    ],
    [
      { memorySize: 64, stop: 'cooperative' as const },
      'memorySize of task function "f" must be a whole number of MB from 128 to 10240, got 64',
    ],
    [
      { stopGracePeriod: Duration.seconds(61) },
      'stopGracePeriod of task function "f" must be a whole number of seconds from 0 to 60, got 61',
    ],
    [
      { timeout: Duration.seconds(840), stopGracePeriod: Duration.seconds(60) },
      'timeout of task function "f" must be a whole number of seconds from 1 to 835, got 840',
    ],
    [
      { lease: Duration.seconds(30), stop: 'cooperative' as const },
      'lease of task function "f" must be absent with stop: \'cooperative\', where a run is believed alive until its invocation ends, got 30 seconds',
    ],
    [
      { instanceConcurrency: 11 },
      'instanceConcurrency of task function "f" must be a whole number from 1 to 10, got 11',
    ],
    [
      { maxConcurrency: 1 },
      'maxConcurrency of task function "f" must be a whole number from 2 to 1000, got 1',
    ],
    [
      { pollers: { min: 1, max: 5 } },
      'pollers.min of task function "f" must be a whole number from 2 to 200, got 1',
    ],
    [
      { pollers: { min: 9, max: 5 } },
      'pollers.min of task function "f" must be at most pollers.max (5), got 9',
    ],
    [
      { pollers: { min: 2, max: 5 }, maxConcurrency: 10 },
      'maxConcurrency of task function "f" must be absent where pollers are given: AWS makes the two exclusive, got 10',
    ],
    [{ shards: 0 }, 'shards of task function "f" must be a whole number from 1 to 64, got 0'],
    [
      { maxAsyncRetryAttempts: 9 },
      'maxAsyncRetryAttempts of task function "f" must be a whole number from 0 to 8, got 9',
    ],
    [
      { maxAsyncEventAge: Duration.days(8) },
      'maxAsyncEventAge of task function "f" must be a whole number of seconds from 1 to 604800, got 691200',
    ],
    [
      { environment: { TASK_TABLE_NAME: 'x' } },
      'environment of task function "f" must be without our own variables',
    ],
    [
      { entry: 'examples/none.ts' },
      'entry of task function "f" must be the path of a module that exists, got "',
    ],
  ])('%o', (props, message) => {
    expect(() => deployed({ functions: { f: props } })).toThrow(message);
  });

  test.each(['1st', 'a b', 'a#b', '', 'x'.repeat(65)])('function name "%s"', (name) => {
    expect(() => deployed({ functions: { [name]: {} } })).toThrow(
      'function name must have 1 to 64 characters',
    );
  });
});

describe('Lambda Insights', () => {
  test.each([
    [{}, 'arm64', 'LambdaInsightsExtension-Arm64'],
    [{ architecture: Architecture.X86_64 }, 'x86x64', 'LambdaInsightsExtension'],
  ])('measures the instances of a function that wants it, on %o, and no others', (props, suffix, layer) => {
    const template = templateOf({ functions: { echo: { insights: true, ...props }, other: {} } });
    const layered = Object.entries(template.findResources('AWS::Lambda::Function')).filter(
      ([, { Properties }]) => Properties.Layers,
    );
    expect(layered.map(([id]) => id)).toEqual([expect.stringContaining('echoWorker')]);
    const [layerArn] = layered.map(([, { Properties }]) => Properties.Layers[0]);
    const [map, , key] = layerArn['Fn::FindInMap'];
    expect(key).toMatch(new RegExp(`x${suffix}$`));
    expect(template.toJSON().Mappings[map]['us-east-1'][key]).toContain(`:layer:${layer}:`);
    const roles = Object.values(template.findResources('AWS::IAM::Role')).filter(
      ({ Properties }) => Properties.ManagedPolicyArns,
    );
    expect(roles).toHaveLength(1);
  });
});

test('all functions are traced by X-Ray unless somebody says otherwise', () => {
  const modes = (tracing?: boolean) =>
    new Set(
      Object.values(
        templateOf({ taskMode: tracing === undefined ? {} : { tracing } }).findResources(
          'AWS::Lambda::Function',
        ),
      )
        .filter(({ Properties }) => Properties.Description?.startsWith('Task'))
        .map(({ Properties }) => Properties.TracingConfig?.Mode),
    );
  expect(modes()).toEqual(new Set(['Active']));
  expect(modes(false)).toEqual(new Set([undefined]));
});
