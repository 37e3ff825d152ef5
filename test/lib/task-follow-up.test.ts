import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { deployed, ECHO, findingsOf, templateOf } from './synthesized.ts';

/** A stack whose function `told` has a queue for each end, the second encrypted with a key of the user's. */
function withDestinations() {
  const { app, stack, taskMode, outdir } = deployed({ functions: {} });
  const onSuccess = new Queue(stack, 'Success', {
    enforceSSL: true,
    deadLetterQueue: dead(new Queue(stack, 'Dead', { enforceSSL: true })),
  });
  const encryptionMasterKey = new Key(stack, 'Key', { enableKeyRotation: true });
  const onFailure = new Queue(stack, 'Failure', {
    enforceSSL: true,
    encryption: QueueEncryption.KMS,
    encryptionMasterKey,
    deadLetterQueue: dead(onSuccess),
  });
  taskMode.addFunction('told', { entry: ECHO, onSuccess, onFailure });
  taskMode.addFunction('half', { entry: ECHO, onSuccess });
  return { app, stack, outdir };
}

const dead = (queue: Queue) => ({ queue, maxReceiveCount: 10 });

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(logicalId), 'Arn'] });

describe('follow-ups', () => {
  const template = templateOf();

  test('have a queue of their own, whose messages are tried five times and then left to the sweep', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: arnOf('FollowUpDeadLetterQueue'), maxReceiveCount: 5 },
    });
  });

  test('are delivered in batches, of which only what was not delivered comes again', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: arnOf('FollowUpQueue'),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('are over well before their messages come again', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'Task Mode: tells destinations how tasks ended',
      Timeout: 30,
    });
  });

  test.each(['Task function echo', 'Task Mode: the sweep of every minute'])(
    '%s can hand them over',
    (Description) => {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Description,
        Environment: {
          Variables: Match.objectLike({
            TASK_FOLLOW_UP_QUEUE_URL: { Ref: Match.stringLikeRegexp('FollowUpQueue') },
          }),
        },
      });
    },
  );
});

describe('destinations', () => {
  const template = Template.fromStack(withDestinations().stack);

  /** What the function's row is set to, with references in short. */
  const registered = (name: string) => {
    const rows = Object.entries(template.findResources('Custom::AWS'));
    const [, row] = rows.find(([id]) => id.startsWith(`TaskMode${name}Registration`)) ?? [];
    const parts: unknown[] = row?.Properties.Update['Fn::Join'][1];
    // A reference as the construct that it names.
    const text = parts.map((part) =>
      typeof part === 'string' ? part : /Success|Failure/.exec(JSON.stringify(part)),
    );
    return JSON.parse(text.join('')).parameters.ExpressionAttributeValues[':defaults'].M.destinations;
  };

  test('are in the row of their function, as ARNs', () => {
    expect(registered('told')).toEqual({
      M: { onSuccess: { S: 'Success' }, onFailure: { S: 'Failure' } },
    });
    expect(Object.keys(registered('half').M)).toEqual(['onSuccess']);
  });

  test('can be told by the follow-up function, and by no role that runs user code', () => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    const holders = (queue: string) =>
      policies
        .filter(([, { Properties }]) => JSON.stringify(Properties.PolicyDocument).includes(`"${queue}`))
        .map(([id]) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(holders('Success')).toEqual(['TaskModeFollowUpFunctionRoleDefaultPolicy']);
    expect(holders('Failure')).toEqual(['TaskModeFollowUpFunctionRoleDefaultPolicy']);
    expect(holders('Key')).toEqual(['TaskModeFollowUpFunctionRoleDefaultPolicy']);
  });

  test("encrypted with a key of one's own can be told", () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: arnOf('Key') }),
        ]),
      },
    });
  });

  test("have no finding of cdk-nag's AwsSolutions pack", () => {
    expect(findingsOf(withDestinations())).toEqual([]);
  });

  test.each(['onSuccess', 'onFailure'])('that are FIFO queues are refused as %s', (property) => {
    const { stack, taskMode } = deployed({ functions: {} });
    const queue = new Queue(stack, 'Fifo', { fifo: true });
    expect(() => taskMode.addFunction('f', { entry: ECHO, [property]: queue })).toThrow(
      `${property} of task function "f" must be a standard queue, got a FIFO queue`,
    );
  });
});
