import { Duration, TimeZone } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { EventBus, EventField } from 'aws-cdk-lib/aws-events';
import { ContextAttribute, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { describe, expect, test } from 'vitest';
import { TaskMode, type TaskTriggerProps } from '../../lib/index.ts';
import { deployed, ECHO, findingsOf } from './synthesized.ts';

type Props = TaskTriggerProps extends infer P ? (P extends unknown ? Omit<P, 'taskFunction'> : never) : never;

/** A stack with a function and the triggers that are given, by id. */
function withTriggers(triggers: Readonly<Record<string, Props>>) {
  const deployment = deployed({ functions: {} });
  const taskFunction = deployment.taskMode.addFunction('echo', { entry: ECHO });
  const added = Object.entries(triggers).map(([id, props]) =>
    deployment.taskMode.addTrigger(id, { taskFunction, ...props } as TaskTriggerProps),
  );
  return { ...deployment, taskFunction, added };
}

const withTrigger = (props: Props, id = 'Trigger') => withTriggers({ [id]: props });
const templateOf = (props: Props, id?: string) => Template.fromStack(withTrigger(props, id).stack);

const UPLOADS = {
  eventPattern: { source: ['aws.s3'], detailType: ['Object Created'] },
} satisfies Props;
const NIGHTLY = {
  schedule: ScheduleExpression.cron({ minute: '0', hour: '3', timeZone: TimeZone.EUROPE_BERLIN }),
} satisfies Props;

const arnOf = (id: string) => ({ 'Fn::GetAtt': [Match.stringLikeRegexp(`^TaskModeTriggers${id}`), 'Arn'] });

/** The only resource of a type that is a trigger's. */
function only(template: Template, type: string) {
  const found = Object.entries(template.findResources(type))
    .filter(([id]) => id.startsWith('TaskModeTriggers'))
    .map(([, resource]) => resource);
  expect(found).toHaveLength(1);
  return found[0]?.Properties;
}

describe('a trigger of events', () => {
  test('has its rule send the event with its id to a queue, and what cannot be sent to the dead-letter queue', () => {
    templateOf(UPLOADS).hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['aws.s3'], 'detail-type': ['Object Created'] },
      State: 'ENABLED',
      Targets: [
        {
          Arn: arnOf('Queue'),
          DeadLetterConfig: { Arn: arnOf('DeadLetterQueue') },
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          InputTransformer: {
            InputPathsMap: { id: '$.id', f2: '$' },
            InputTemplate:
              '{"trigger":"Trigger","occurrence":<id>,"functionName":"echo","delaySeconds":0,"payload":<f2>}',
          },
        },
      ],
    });
  });

  test('makes the payload of parts of the event', () => {
    const payload = { key: EventField.fromPath('$.detail.object.key'), size: 128 };
    const [target] = only(
      templateOf({ ...UPLOADS, payload, delay: Duration.minutes(2) }),
      'AWS::Events::Rule',
    ).Targets;
    expect(target.InputTransformer.InputPathsMap).toEqual({
      id: '$.id',
      'detail-object-key': '$.detail.object.key',
    });
    expect(target.InputTransformer.InputTemplate).toContain(
      '"delaySeconds":120,"payload":{"key":<detail-object-key>,"size":128}}',
    );
  });

  test('listens on a bus of yours, and can be disabled', () => {
    const { stack, taskMode, taskFunction } = withTriggers({});
    const eventBus = new EventBus(stack, 'Bus');
    taskMode.addTrigger('Orders', {
      taskFunction,
      eventBus,
      eventPattern: { source: ['shop'] },
      enabled: false,
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^Bus') },
      EventPattern: { source: ['shop'] },
      State: 'DISABLED',
    });
  });
});

describe('a trigger of a schedule', () => {
  test('sends the time that was scheduled, as the id of what is submitted and in the payload', () => {
    const { Target, ...schedule } = only(templateOf(NIGHTLY), 'AWS::Scheduler::Schedule');
    expect(schedule).toMatchObject({
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
    });
    const time = '<aws.scheduler.scheduled-time>';
    expect(JSON.parse(Target.Input)).toEqual({
      trigger: 'Trigger',
      occurrence: time,
      functionName: 'echo',
      delaySeconds: 0,
      payload: { scheduledTime: time },
    });
    // For a day, which is the most that it tries.
    expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
    expect(JSON.stringify(Target.DeadLetterConfig)).toContain('TaskModeTriggersDeadLetterQueue');
  });

  test('has a payload, a start, an end and a delay', () => {
    const { Target, StartDate, EndDate } = only(
      templateOf({
        schedule: ScheduleExpression.rate(Duration.hours(1)),
        start: new Date('2027-01-01T00:00:00Z'),
        end: new Date('2028-01-01T00:00:00Z'),
        payload: { report: 'daily', of: ContextAttribute.scheduledTime },
        delay: Duration.days(1),
      }),
      'AWS::Scheduler::Schedule',
    );
    expect({ StartDate, EndDate }).toEqual({
      StartDate: '2027-01-01T00:00:00.000Z',
      EndDate: '2028-01-01T00:00:00.000Z',
    });
    expect(JSON.parse(Target.Input)).toMatchObject({
      delaySeconds: 86_400,
      payload: { report: 'daily', of: '<aws.scheduler.scheduled-time>' },
    });
  });

  test.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'at(2027-01-31T09:30:00)',
    'cron(0 10 * * ? *)',
    'cron(0/5 8-17 ? * MON-FRI *)',
    'cron(0/30 20-2 ? * MON-FRI *)',
    'cron(15 10 ? * 6L 2027-2028)',
    'cron(0 9 ? * 3#2 *)',
    'cron(0 9 3W * ? *)',
    'cron(0 9 LW JAN,jul ? */2)',
  ])('may be %s', (expression) => {
    const { schedule } = { schedule: ScheduleExpression.expression(expression) };
    expect(only(templateOf({ schedule }), 'AWS::Scheduler::Schedule').ScheduleExpression).toBe(expression);
  });
});

describe('what triggers share', () => {
  const template = Template.fromStack(
    withTriggers({ Uploads: UPLOADS, Orders: UPLOADS, Nightly: NIGHTLY, Hourly: NIGHTLY }).stack,
  );

  test('is a queue that keeps trying for an hour, and then a dead-letter queue, both for 14 days', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 60,
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: arnOf('DeadLetterQueue'), maxReceiveCount: 60 },
    });
    expect(
      Object.keys(template.findResources('AWS::SQS::Queue')).filter((id) => id.includes('Triggers')),
    ).toHaveLength(2);
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: arnOf('Queue'),
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test.each(['Queue', 'DeadLetterQueue'])('%s takes messages of these rules only, over TLS', (queue) => {
    const policies = template.findResources('AWS::SQS::QueuePolicy', {
      Properties: { Queues: [{ Ref: Match.stringLikeRegexp(`^TaskModeTriggers${queue}`) }] },
    });
    const [policy] = Object.values(policies);
    const statements = policy?.Properties.PolicyDocument.Statement;
    expect(statements).toHaveLength(2);
    expect(statements[0]).toMatchObject({
      Effect: 'Deny',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    expect(statements[1]).toMatchObject({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: {
        ArnEquals: {
          'aws:SourceArn': ['Uploads', 'Orders'].map((id) => ({
            'Fn::GetAtt': [expect.stringContaining(`TaskModeTriggers${id}Rule`), 'Arn'],
          })),
        },
      },
    });
  });

  test('is a role that schedules of this account may take, to send to these queues', () => {
    const roles = template.findResources('AWS::IAM::Role', {
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: [{ Principal: { Service: 'scheduler.amazonaws.com' } }],
        },
      },
    });
    const [[roleId, role] = []] = Object.entries(roles);
    expect(Object.keys(roles)).toHaveLength(1);
    expect(role?.Properties.AssumeRolePolicyDocument.Statement[0].Condition).toMatchObject({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: roleId }],
      PolicyDocument: {
        Statement: [
          {
            Action: 'sqs:SendMessage',
            Effect: 'Allow',
            Resource: [arnOf('Queue'), arnOf('DeadLetterQueue')],
          },
        ],
      },
    });
  });

  test('is told of by an alarm when it holds a dead letter', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'Stack-trigger-dead-letters-high',
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Period: 60,
      Dimensions: [
        {
          Name: 'QueueName',
          Value: { 'Fn::GetAtt': [arnOf('DeadLetterQueue')['Fn::GetAtt'][0], 'QueueName'] },
        },
      ],
      Threshold: 1,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^TaskModeAlarmsTopic') }],
    });
  });

  test.each([
    ['no alarm of it', { triggers: { triggerDeadLetters: false } } as const],
    ['no alarms at all', false as const],
  ])('may have %s', (_, alarms) => {
    const { stack, taskMode } = deployed({ functions: {}, taskMode: { alarms } });
    const taskFunction = taskMode.addFunction('echo', { entry: ECHO });
    taskMode.addTrigger('Nightly', { taskFunction, ...NIGHTLY });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('trigger-dead-letters');
  });

  test('is not deployed without a trigger', () => {
    const { stack, taskMode } = withTriggers({});
    expect(taskMode.triggers.isDeployed).toBe(false);
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('TaskModeTriggers');
  });

  test("has no finding of cdk-nag's AwsSolutions pack", () => {
    expect(findingsOf(withTriggers({ Uploads: UPLOADS, Nightly: NIGHTLY }))).toEqual([]);
  });
});

const cron = (text: string): Props => ({ schedule: ScheduleExpression.expression(`cron(${text})`) });
const expression = (text: string, zone?: string): Props => ({
  schedule: ScheduleExpression.expression(text, zone === undefined ? undefined : TimeZone.of(zone)),
});
const AT = ScheduleExpression.at(new Date('2027-01-01T00:00:00Z'));

describe('what is wrong is refused at synth, with the value and what is wanted', () => {
  test.each<[string, Props, string]>([
    [
      'a pattern of nothing',
      { eventPattern: {} },
      'eventPattern of trigger "Trigger" must be a pattern with at least one field, got {}',
    ],
    [
      'an empty list',
      { eventPattern: { source: [] } },
      'eventPattern.source of trigger "Trigger" must be a list with at least one value',
    ],
    [
      'a delay of 8 days',
      { ...UPLOADS, delay: Duration.days(8) },
      'delay of trigger "Trigger" must be whole seconds from 0 to 604800, got 691200 s',
    ],
    [
      'both',
      { ...UPLOADS, ...NIGHTLY } as Props,
      'eventPattern of trigger "Trigger" must be absent beside a schedule, got both',
    ],
    [
      'no expression',
      expression('daily'),
      'schedule of trigger "Trigger" must be rate(…), cron(…) or at(…), got "daily"',
    ],
    [
      'a rate of seconds',
      expression('rate(30 seconds)'),
      'a rate of a whole number of minutes, hours or days',
    ],
    ['a rate of nothing', expression('rate(0 minutes)'), 'got "rate(0 minutes)"'],
    ['a day that is not', expression('at(2027-02-30T00:00:00)'), 'a date and time such as'],
    ['an instant with a zone', expression('at(2027-02-01T00:00:00Z)'), 'a date and time such as'],
    [
      'a time zone that is not',
      expression('rate(1 hour)', 'Europe/Atlantis'),
      'in a time zone such as "Europe/Berlin", got "Europe/Atlantis"',
    ],
    ['an offset for a time zone', expression('rate(1 hour)', '+01:00'), 'got "+01:00"'],
    ['five fields', cron('0 3 * * ?'), 'a cron expression of six fields'],
    ['a minute 60', cron('60 3 * * ? *'), 'whose minutes has values of 0-59, not "60"'],
    ['an hour of a name', cron('0 MON * * ? *'), 'whose hours has values of 0-23, not "MON"'],
    ['a weekday 0', cron('0 3 ? * 0 *'), 'whose day-of-week has values of 1-7 or SUN-SAT, not "0"'],
    ['two occurrences of a weekday', cron('0 3 ? * 3#1,6#3 *'), 'not "3#1,6#3"'],
    ['a step of nothing', cron('0/0 3 * * ? *'), 'not "0/0"'],
    ['both kinds of days', cron('0 3 1 * MON *'), 'with ? in either day-of-month or day-of-week'],
    ['no kind of days', cron('0 3 ? * ? *'), 'with ? in either day-of-month or day-of-week'],
    [
      'a start of what comes once',
      { schedule: AT, start: new Date(0) },
      'start of trigger "Trigger" must be absent for a schedule that comes once, got 1970-01-01T00:00:00.000Z',
    ],
    [
      'an end before its start',
      { ...NIGHTLY, start: new Date(1), end: new Date(0) },
      'end of trigger "Trigger" must be after its start',
    ],
  ])('%s', (_, props, message) => {
    expect(() => withTrigger(props)).toThrow(message);
  });

  test('an id that no task id can begin with', () => {
    expect(() => withTrigger(NIGHTLY, 'every night')).toThrow('got "every night"');
  });

  test('a function of another TaskMode', () => {
    const { stack, taskFunction } = withTriggers({});
    const other = new TaskMode(stack, 'Other');
    expect(() => other.addTrigger('Nightly', { taskFunction, ...NIGHTLY })).toThrow(
      'taskFunction of trigger "Nightly" must be one of Stack/Other, got Stack/TaskMode/echo',
    );
  });
});
