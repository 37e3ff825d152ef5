import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { TaskDestination, TaskMode } from '../../lib/index.ts';
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
  const success = TaskDestination.queue(onSuccess);
  taskMode.addFunction('told', {
    entry: ECHO,
    onSuccess: success,
    onFailure: TaskDestination.queue(onFailure),
  });
  taskMode.addFunction('half', { entry: ECHO, onSuccess: success });
  return { app, stack, outdir };
}

const dead = (queue: Queue) => ({ queue, maxReceiveCount: 10 });

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(logicalId), 'Arn'] });

describe('follow-ups', () => {
  const template = templateOf();

  test('have a queue of their own, which gives up only messages whose five tries could not be noted', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: arnOf('FollowUpDeadLetterQueue'), maxReceiveCount: 10 },
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

  test('have a queue for webhooks, each told by itself', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: arnOf('FollowUpDeadLetterQueue'), maxReceiveCount: 10 },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: arnOf('FollowUpWebhookQueue'),
      FunctionName: { Ref: Match.stringLikeRegexp('FollowUpWebhookFunction') },
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 50 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test.each([
    'Task Mode: answers workflows and tells destinations how tasks ended',
    'Task Mode: tells webhooks how tasks ended',
  ])('are over well before their messages come again: %s', (Description) => {
    template.hasResourceProperties('AWS::Lambda::Function', { Description, Timeout: 45 });
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

  test.each([
    ['queue', (stack: Stack) => TaskDestination.queue(new Queue(stack, 'Fifo', { fifo: true }))],
    ['topic', (stack: Stack) => TaskDestination.topic(new Topic(stack, 'Fifo', { fifo: true }))],
  ])('that are FIFO are refused: %s', (kind, make) => {
    const { stack } = deployed({ functions: {} });
    expect(() => make(stack)).toThrow(`must be a standard ${kind}, got a FIFO ${kind}`);
  });
});

/** A stack that allows one destination of each kind, and some of them a second time. */
function withAllowed() {
  const { app, stack, taskMode, outdir } = deployed({ functions: {} });
  const key = new Key(stack, 'Key', { enableKeyRotation: true });
  const queue = new Queue(stack, 'Success', {
    enforceSSL: true,
    deadLetterQueue: dead(new Queue(stack, 'Dead', { enforceSSL: true })),
  });
  const target = LambdaFunction.fromFunctionArn(stack, 'Target', TARGET_ARN);
  const secret = Secret.fromSecretCompleteArn(stack, 'Secret', `${SECRET_ARN}-a1b2c3`);
  const webhook = TaskDestination.webhook('https://example.com', { secret });
  const byName = Secret.fromSecretNameV2(stack, 'ByName', 'hooks');
  taskMode.addFunction('told', { entry: ECHO, onSuccess: TaskDestination.queue(queue), onFailure: webhook });
  for (const destination of [
    TaskDestination.queue(queue),
    TaskDestination.topic(new Topic(stack, 'Topic', { masterKey: key, enforceSSL: true })),
    TaskDestination.function(target),
    TaskDestination.eventBus(new EventBus(stack, 'Bus')),
    webhook,
    TaskDestination.webhook('https://example.com/2', { secret: byName }),
  ]) {
    taskMode.allowDestination(destination);
  }
  return { app, stack, outdir };
}

const TARGET_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:target';
const SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:hook';

/** The call that writes the list of destinations, with references in short. */
function allowedRow(template: Template) {
  const rows = Object.entries(template.findResources('Custom::AWS'));
  const [, row] = rows.find(([id]) => id.startsWith('TaskModeFollowUpDestinations')) ?? [];
  const { Update } = row?.Properties ?? {};
  const parts: unknown[] = typeof Update === 'string' ? [Update] : Update['Fn::Join'][1];
  const text = parts.map((part) =>
    typeof part === 'string' ? part : (/Success|Failure|Topic|Bus/.exec(JSON.stringify(part)) ?? 'x'),
  );
  return JSON.parse(text.join(''));
}

/** The functions that each destination of a stack is allowed for; undefined is all of them. */
function allowedFunctions(stack: Stack): Record<string, string[] | undefined> {
  const { parameters } = allowedRow(Template.fromStack(stack));
  const entries: { M: { destination: { S: string }; functions?: { L: { S: string }[] } } }[] =
    parameters.ExpressionAttributeValues[':allowed'].L;
  return Object.fromEntries(
    entries.map(({ M: { destination, functions } }) => [destination.S, functions?.L.map(({ S }) => S)]),
  );
}

describe('destinations by function', () => {
  /** A stack in which a test allows a queue. */
  const allowing = (allow: (taskMode: TaskMode, success: TaskDestination) => void) => {
    const { stack, taskMode } = deployed({ functions: {} });
    allow(taskMode, TaskDestination.queue(new Queue(stack, 'Success')));
    return allowedFunctions(stack);
  };

  test('onSuccess and onFailure allow a destination for their own function only', () => {
    expect(allowedFunctions(withDestinations().stack)).toEqual({
      Success: ['half', 'told'],
      Failure: ['told'],
    });
  });

  test('a deployment takes a destination from a function that is deployed without it', () => {
    const deploy = (...names: string[]) =>
      allowing((taskMode, onSuccess) => {
        taskMode.addFunction('first', { entry: ECHO, onSuccess });
        taskMode.addFunction('second', { entry: ECHO, ...(names.includes('second') && { onSuccess }) });
      });
    expect(deploy('second')).toEqual({ Success: ['first', 'second'] });
    expect(deploy()).toEqual({ Success: ['first'] });
  });

  test('allowDestination adds the functions that it names to those that were deployed with the destination', () => {
    const functions = allowing((taskMode, success) => {
      taskMode.allowDestination(success, { functions: ['removed', 'b'] });
      taskMode.allowDestination(success, { functions: ['a', 'b'] });
      taskMode.addFunction('told', { entry: ECHO, onFailure: success });
    });
    expect(functions).toEqual({ Success: ['a', 'b', 'removed', 'told'] });
  });

  test.each(['before', 'after'])(
    'allowDestination without names allows all functions, also %s calls with names',
    (place) => {
      const functions = allowing((taskMode, success) => {
        if (place === 'before') taskMode.allowDestination(success);
        taskMode.allowDestination(success, { functions: ['a'] });
        taskMode.addFunction('told', { entry: ECHO, onSuccess: success });
        if (place === 'after') taskMode.allowDestination(success);
      });
      expect(functions).toEqual({ Success: undefined });
    },
  );

  test.each([
    [[], 'functions of allowDestination must name at least one function, or be absent for all, got []'],
    [['told', 'a b'], 'functions of allowDestination must be names of functions, got "a b"'],
    [['told*'], 'functions of allowDestination must be names of functions, got "told*"'],
  ])('allowDestination refuses the functions %j at synth', (functions, wanted) => {
    expect(() => allowing((taskMode, success) => taskMode.allowDestination(success, { functions }))).toThrow(
      wanted,
    );
  });
});

describe('what a deployment allows', () => {
  const template = Template.fromStack(withAllowed().stack);

  test('is in one row that is no function, each destination once and webhooks with their secret', () => {
    const { parameters } = allowedRow(template);
    expect(parameters.Key).toEqual({ functionName: { S: '#destinations' } });
    expect(parameters.UpdateExpression).toBe('SET allowed = :allowed');
    const entry = (destination: string) => ({ M: { destination: { S: destination } } });
    const webhook = (destination: string, secretArn: string) => ({
      M: { destination: { S: destination }, secretArn: { S: secretArn } },
    });
    expect(parameters.ExpressionAttributeValues[':allowed'].L).toEqual([
      entry('Success'),
      webhook('https://example.com/', `${SECRET_ARN}-a1b2c3`),
      entry('Topic'),
      entry(TARGET_ARN),
      entry('Bus'),
      webhook('https://example.com/2', 'arn:x:secretsmanager:x:x:secret:hooks'),
    ]);
  });

  /** The rights to destinations that a function has. */
  const rightsOf = (role: string) => {
    const policies = Object.entries(template.findResources('AWS::IAM::Policy'));
    const [, policy] = policies.find(([id]) => id.startsWith(role)) ?? [];
    const statements: { Action: string | string[]; Resource: unknown }[] =
      policy?.Properties.PolicyDocument.Statement ?? [];
    const rights = statements.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => {
        const resource = /Success|Topic|Bus|Key|:function:target|:secret:[\w?-]+/.exec(
          JSON.stringify(Resource),
        );
        const isOwn = /FollowUp(Webhook)?Queue/.test(JSON.stringify(Resource));
        const isOther = /^(dynamodb|logs|s3|xray)/.test(action);
        return isOwn || isOther ? [] : [`${action} on ${resource}`];
      }),
    );
    return rights.sort();
  };

  test('is what the follow-up function has the rights for, and no other and no secret', () => {
    expect(rightsOf('TaskModeFollowUpFunctionRole')).toEqual([
      'events:PutEvents on Bus',
      'kms:Decrypt on Key',
      'kms:GenerateDataKey on Key',
      'lambda:InvokeFunction on :function:target',
      'sns:Publish on Topic',
      'sqs:SendMessage on Success',
    ]);
  });

  test('has its secrets read by the function that tells webhooks, which can tell nothing within AWS', () => {
    expect(rightsOf('TaskModeFollowUpWebhookFunctionRole')).toEqual([
      'secretsmanager:GetSecretValue on :secret:hook-a1b2c3',
      'secretsmanager:GetSecretValue on :secret:hooks-??????',
    ]);
  });

  test("has no finding of cdk-nag's AwsSolutions pack", () => {
    expect(findingsOf(withAllowed())).toEqual([]);
  });

  test('reaches the machine itself only by a context that says so, and then also without TLS', () => {
    const url = 'http://127.0.0.1:8080/hook';
    const environmentOf = (context: object) => {
      const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
      const stack = new Stack(app, 'Stack');
      const taskMode = new TaskMode(stack, 'TaskMode');
      const secret = Secret.fromSecretNameV2(stack, 'Secret', 'hooks');
      taskMode.allowDestination(TaskDestination.webhook(url, { secret }));
      const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');
      const [, told] =
        Object.entries(functions).find(([id]) => id.startsWith('TaskModeFollowUpWebhookFunction')) ?? [];
      return told?.Properties.Environment.Variables;
    };
    const key = 'task-mode:allow-local-webhooks';
    expect(environmentOf({ [key]: true })).toMatchObject({ TASK_ALLOWS_LOCAL_WEBHOOKS: 'true' });
    expect(environmentOf({ [key]: 'true' })).toMatchObject({ TASK_ALLOWS_LOCAL_WEBHOOKS: 'true' });
    for (const context of [{}, { [key]: false }, { [key]: 'false' }]) {
      expect(() => environmentOf(context)).toThrow(`webhook url must be an https:// URL, got "${url}"`);
    }
    expect(JSON.stringify(template.toJSON())).not.toContain('TASK_ALLOWS_LOCAL_WEBHOOKS');
  });

  test('is refused with a second secret', () => {
    const { stack, taskMode } = deployed({ functions: {} });
    const webhook = (name: string) =>
      TaskDestination.webhook('https://example.com/?token=4f1e9c', {
        secret: Secret.fromSecretNameV2(stack, name, name),
      });
    taskMode.allowDestination(webhook('one'));
    expect(() => taskMode.allowDestination(webhook('two'))).toThrow(
      'webhook https://example.com/?token=… must have one secret, got two',
    );
  });

  test('is refused in another region', () => {
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    const stack = new Stack(app, 'Stack', { env: { account: '123456789012', region: 'eu-west-1' } });
    const taskMode = new TaskMode(stack, 'TaskMode');
    const far = LambdaFunction.fromFunctionArn(stack, 'Target', TARGET_ARN);
    expect(() => taskMode.allowDestination(TaskDestination.function(far))).toThrow(
      'must be in the region of the stack (eu-west-1), got one in us-east-1',
    );
  });

  test.each([
    ['http://example.com/', 'an https:// URL'],
    ['https://user@example.com/', 'a URL without user'],
    ['hooks.example.com', 'https:// URL'],
    [TARGET_ARN, 'must be an https:// URL'],
  ])('is refused as a webhook: %s', (url, wanted) => {
    const { stack } = deployed({ functions: {} });
    const secret = Secret.fromSecretNameV2(stack, 'Secret', 'hooks');
    expect(() => TaskDestination.webhook(url, { secret })).toThrow(wanted);
  });
});
