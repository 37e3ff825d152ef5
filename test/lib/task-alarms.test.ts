import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../lambdas/domain/metric-catalog.ts';
import { FUNCTION_DIMENSION, METRIC_NAMESPACE, SERVICE_DIMENSION } from '../../lambdas/domain/metrics.ts';
import { FUNCTION_ALARMS, PART_ALARMS, SHARED_ALARMS, TRIGGER_ALARMS } from '../../lib/alarm-definitions.ts';
import { TaskMode, type TaskModeProps, type TaskQueueProps } from '../../lib/index.ts';
import { ECHO, templateOf } from './synthesized.ts';

interface Query {
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: AlarmMetric; readonly Stat: string };
}

interface AlarmMetric {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

type Alarm = AlarmMetric & {
  readonly AlarmName: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
  readonly OKActions?: readonly unknown[];
  readonly Metrics?: readonly Query[];
  readonly Threshold: number;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData: string;
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
};

function stackOf(alarms: TaskModeProps['alarms'], functions: Record<string, Partial<TaskQueueProps>> = {}) {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
  const taskMode = new TaskMode(stack, 'TaskMode', alarms === undefined ? {} : { alarms });
  for (const [name, props] of Object.entries(functions))
    taskMode.addFunction(name, { entry: ECHO, ...props });
  return stack;
}

function alarmsIn(template: Template): Alarm[] {
  return Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
}

const byDefault = templateOf({ functions: { echo: {} } });
const alarms = alarmsIn(byDefault);
const named = (name: string, among = alarms) => among.find(({ AlarmName }) => AlarmName === `Stack-${name}`);

describe('by default', () => {
  test('every function and what all share have their alarms, with their severities in name and tags', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(
      [
        'echo-age-of-oldest-high',
        'echo-backlog-medium',
        'echo-dead-letters-high',
        'echo-destination-errors-medium',
        'echo-destinations-given-up-high',
        'echo-expired-high',
        'echo-failure-rate-high',
        'echo-large-backlog-critical',
        'echo-near-timeout-medium',
        'echo-throttles-medium',
        'account-concurrency-medium',
        'api-errors-high',
        'bulk-job-dead-letters-medium',
        'dropped-messages-medium',
        'follow-up-dead-letters-high',
        'sweep-failures-medium',
        'sweep-not-running-critical',
      ]
        .map((name) => `Stack-${name}`)
        .toSorted(),
    );
    for (const { AlarmName, Tags } of alarms) {
      expect(Tags).toContainEqual({ Key: 'severity', Value: AlarmName.split('-').at(-1) });
    }
    expect(named('echo-backlog-medium')?.Tags).toContainEqual({ Key: 'taskFunction', Value: 'echo' });
  });

  test('a backlog of five is worth a look', () => {
    expect(named('echo-backlog-medium')).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 5,
      EvaluationPeriods: 1,
      Period: 60,
    });
  });

  test('no news is good news, but for the sweep', () => {
    const breaching = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching');
    expect(breaching.map(({ AlarmName }) => AlarmName)).toEqual(['Stack-sweep-not-running-critical']);
    expect(named('sweep-not-running-critical')).toMatchObject({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: 5,
    });
  });

  test('each alarm says what it means and where to read what to do', () => {
    expect(named('echo-expired-high')?.AlarmDescription).toBe(
      'Tasks were not started in time, and never will be. Runbook: docs/runbook.md of lambda-task-mode#expired',
    );
    const linked = alarmsIn(Template.fromStack(stackOf({ runbookUrl: 'https://wiki/book' })));
    expect(named('api-errors-high', linked)?.AlarmDescription).toMatch(
      /Runbook: https:\/\/wiki\/book#api-errors$/,
    );
  });

  test('an incident is one page: what is serious about a function is told of together', () => {
    byDefault.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
    const [incident] = Object.values(byDefault.findResources('AWS::CloudWatch::CompositeAlarm'));
    expect(incident?.Properties).toMatchObject({ AlarmName: 'Stack-echo-incident-critical' });
    expect(incident?.Properties.AlarmActions).toHaveLength(1);
    const rule = JSON.stringify(incident?.Properties.AlarmRule);
    for (const name of ['largeBacklog', 'ageOfOldest', 'failureRate', 'expired', 'deadLetters']) {
      expect(rule).toContain(`TaskModeechoAlarms${name}`);
    }
    expect(rule).not.toContain('Alarmsbacklog');
    const acting = alarms.filter(
      ({ AlarmActions = [], OKActions = [] }) => AlarmActions.length + OKActions.length > 0,
    );
    expect(acting.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(
      alarms
        .map(({ AlarmName }) => AlarmName)
        .filter((name) => !name.startsWith('Stack-echo') || name.endsWith('medium'))
        .toSorted(),
    );
  });

  test('the topic is encrypted with a key that CloudWatch of this account may use, and takes TLS only', () => {
    byDefault.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    byDefault.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
    byDefault.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
          Match.objectLike({ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
        ]),
      },
    });
  });
});

/** What AWS itself measures, as far as it is watched: names, and by what they are told apart. */
const AWS_METRICS: Record<
  string,
  { readonly names: readonly string[]; readonly dimensions: readonly string[][] }
> = {
  'AWS/SQS': {
    names: ['ApproximateNumberOfMessagesVisible'],
    dimensions: [['QueueName']],
  },
  'AWS/Lambda': { names: ['Throttles', 'ConcurrentExecutions'], dimensions: [['FunctionName'], []] },
  'AWS/ApiGateway': { names: ['5xx'], dimensions: [['ApiId']] },
};

test('every alarm watches a metric that is emitted, by name and dimensions', () => {
  const metrics = alarms.flatMap((alarm): AlarmMetric[] =>
    alarm.Metrics ? alarm.Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []) : [alarm],
  );
  expect(metrics.length).toBe(18);
  for (const { Namespace, MetricName, Dimensions = [] } of metrics) {
    const names = Dimensions.map(({ Name }) => Name).toSorted();
    if (Namespace === METRIC_NAMESPACE) {
      expect(METRICS).toHaveProperty(MetricName);
      const isShared = /^(Sweep|Dropped)/.test(MetricName);
      expect(names, MetricName).toEqual(
        (isShared ? [SERVICE_DIMENSION] : [FUNCTION_DIMENSION, SERVICE_DIMENSION]).toSorted(),
      );
      expect(Dimensions).toContainEqual({ Name: SERVICE_DIMENSION, Value: 'Stack' });
    } else {
      expect(AWS_METRICS[Namespace]?.names).toContain(MetricName);
      expect(AWS_METRICS[Namespace]?.dimensions).toContainEqual(names);
    }
  }
  // And the functions say the same of themselves.
  byDefault.allResourcesProperties('AWS::Lambda::Function', {});
  const services = Object.values(byDefault.findResources('AWS::Lambda::Function'))
    .map(({ Properties }) => Properties.Environment?.Variables?.TASK_MODE_SERVICE)
    .filter((service) => service !== undefined);
  expect(new Set(services)).toEqual(new Set(['Stack']));
});

test('the age of the oldest waiting task is measured by the sweep, in milliseconds: SQS knows only its messages', () => {
  expect(named('echo-age-of-oldest-high', alarms)).toMatchObject({
    Namespace: METRIC_NAMESPACE,
    MetricName: 'BacklogAge',
    Statistic: 'Maximum',
    Threshold: 15 * 60_000,
    EvaluationPeriods: 3,
    TreatMissingData: 'notBreaching',
  });
});

describe('settings', () => {
  test('change a threshold, its periods or a severity, of one function or of all', () => {
    const found = alarmsIn(
      Template.fromStack(
        stackOf(
          {
            functions: { backlog: { threshold: 50 }, expired: { severity: 'medium' } },
            shared: { sweepNotRunning: { evaluationPeriods: 10 } },
          },
          {
            own: { alarms: { backlog: { threshold: 7, evaluationPeriods: 3, datapointsToAlarm: 2 } } },
            all: {},
          },
        ),
      ),
    );
    expect(named('all-backlog-medium', found)).toMatchObject({ Threshold: 50, EvaluationPeriods: 1 });
    expect(named('own-backlog-medium', found)).toMatchObject({
      Threshold: 7,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    });
    expect(named('all-expired-medium', found)?.AlarmActions).toHaveLength(1);
    expect(named('sweep-not-running-critical', found)).toMatchObject({
      EvaluationPeriods: 10,
      DatapointsToAlarm: 10,
      Threshold: 1,
    });
  });

  test('the alarm on attempts near their time-out follows the function', () => {
    const found = alarmsIn(Template.fromStack(stackOf({}, { once: { maxAsyncRetryAttempts: 0 }, echo: {} })));
    expect(named('echo-near-timeout-medium', found)?.Threshold).toBe(54_000);
  });

  test('switch alarms off: one, those of a function, or all with all that goes with them', () => {
    const none = Object.fromEntries(Object.keys(FUNCTION_ALARMS).map((name) => [name, false]));
    const found = Template.fromStack(
      stackOf(
        { shared: { apiErrors: false } },
        { some: { alarms: { backlog: false } }, off: { alarms: false }, none: { alarms: none } },
      ),
    );
    const names = alarmsIn(found).map(({ AlarmName }) => AlarmName);
    expect(names.filter((name) => /-(off|none|api)-/.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith('Stack-some'))).toHaveLength(
      Object.keys(FUNCTION_ALARMS).length - 1,
    );
    found.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1);
    const without = Template.fromStack(stackOf(false, { echo: {} }));
    for (const type of ['CloudWatch::Alarm', 'CloudWatch::CompositeAlarm', 'SNS::Topic', 'KMS::Key']) {
      without.resourceCountIs(`AWS::${type}`, 0);
    }
  });

  test('a topic of your own takes the place of ours', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
    new TaskMode(stack, 'TaskMode', { alarms: { topic: new Topic(stack, 'Mine') } });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test.each([
    [{ functions: { backlogg: {} } }, 'every alarm of alarms.functions must be one of backlog, '],
    [
      { functions: { backlog: { threshold: -1 } } },
      'backlog.threshold of alarms.functions must be a number from 0 on, got -1',
    ],
    [
      { shared: { apiErrors: { evaluationPeriods: 0 } } },
      'apiErrors.evaluationPeriods of alarms.shared must be a whole number from 1 to 1440, got 0',
    ],
    [
      { shared: { apiErrors: { evaluationPeriods: 2, datapointsToAlarm: 3 } } },
      'apiErrors.datapointsToAlarm of alarms.shared must be a whole number from 1 to 2, got 3',
    ],
    [
      { shared: { apiErrors: { severity: 'low' } } },
      'apiErrors.severity of alarms.shared must be one of medium, high, critical, got "low"',
    ],
    [{ emails: ['nobody'] }, 'alarms.emails must be mail addresses, got "nobody"'],
    [
      { phoneNumbers: ['0151 23'] },
      'alarms.phoneNumbers must be numbers such as +4915112345678, got "0151 23"',
    ],
    [
      { webhooks: [{ url: 'http://example.com' }] },
      'webhook url must be an https:// URL, got "http://example.com"',
    ],
    [
      { webhooks: [{ url: 'https://example.com', template: 'teams' }] },
      'template of alarms.webhooks must be one of generic, dingtalk, slack, got "teams"',
    ],
  ])('%j is refused by name', (props, message) => {
    expect(() => stackOf(props as TaskModeProps['alarms'])).toThrow(message);
  });

  test('of one function are refused with its name', () => {
    const alarms = { expired: { threshold: Number.NaN } };
    expect(() => stackOf({}, { echo: { alarms } })).toThrow(
      'expired.threshold of alarms of task function "echo" must be a number from 0 on, got NaN',
    );
  });
});

describe('channels', () => {
  const template = Template.fromStack(
    stackOf({
      emails: ['oncall@example.com'],
      phoneNumbers: ['+4915112345678'],
      slackChannels: [{ workspaceId: 'T012', channelId: 'C012' }],
      webhooks: [
        { url: 'https://example.com/hook' },
        { url: 'https://oapi.dingtalk.com/robot/send?access_token=x', template: 'dingtalk' },
      ],
    }),
  );

  test('are subscriptions of the topic: by mail, short message, and one queue for each webhook', () => {
    const subscriptions = Object.values(template.findResources('AWS::SNS::Subscription'));
    expect(subscriptions.map(({ Properties }) => Properties.Protocol).toSorted()).toEqual([
      'email',
      'sms',
      'sqs',
      'sqs',
    ]);
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'oncall@example.com',
    });
    template.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('of Slack may look, whatever their members may', () => {
    template.hasResourceProperties('AWS::Chatbot::SlackChannelConfiguration', {
      SlackWorkspaceId: 'T012',
      SlackChannelId: 'C012',
      GuardrailPolicies: [
        Match.objectLike({
          'Fn::Join': ['', Match.arrayWith([':iam::aws:policy/CloudWatchReadOnlyAccess'])],
        }),
      ],
      SnsTopicArns: [{ Ref: Match.stringLikeRegexp('AlarmsTopic') }],
    });
  });

  test('of webhooks are signed with a secret that is made for them', () => {
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: { ExcludePunctuation: true, PasswordLength: 44 },
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { TASK_ALARM_WEBHOOKS: Match.anyValue() } },
    });
  });

  test('of webhooks can be told by a function that can do nothing else', () => {
    const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.includes('ChannelsWebhooksRole'),
    );
    const statements: { Action: string | string[]; Resource: unknown }[] =
      policy?.[1].Properties.PolicyDocument.Statement;
    expect(new Set(statements.flatMap(({ Action }) => Action))).toEqual(
      new Set([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'secretsmanager:GetSecretValue',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ]),
    );
    const ofOthers = statements.filter(({ Action }) => ![Action].flat().includes('xray:PutTraceSegments'));
    for (const { Resource } of ofOthers) expect([Resource].flat()).not.toContain('*');
  });

  test('without any there is nobody who tells them', () => {
    expect(
      Object.keys(byDefault.findResources('AWS::Lambda::Function')).filter((id) => id.includes('Webhooks')),
    ).toEqual([]);
    byDefault.resourceCountIs('AWS::SNS::Subscription', 0);
  });
});

test('the definitions of all kinds have names of their own', () => {
  const names = [FUNCTION_ALARMS, SHARED_ALARMS, TRIGGER_ALARMS, PART_ALARMS].flatMap(Object.keys);
  expect(new Set(names).size).toBe(names.length);
});
