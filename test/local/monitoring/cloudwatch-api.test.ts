import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CREDENTIALS } from '../../../local/engines/engine.ts';
import { type LocalRuntime, startLocalRuntime } from '../../../local/runtime.ts';
import { apiResources, functionResource, temporaryFolder, writeAssembly } from '../fixtures/assembly.ts';

const MEASURED = `
export const handler = async (event) => {
  const metrics = [{ Name: 'Done', Unit: 'Count' }, { Name: 'Took' }];
  const CloudWatchMetrics = [{ Namespace: 'App', Dimensions: [['service']], Metrics: metrics }];
  console.log(JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics }, service: 's', Done: 1, Took: [5, 10] }));
  if (event.fails || event.queryStringParameters?.fails) throw new Error('no');
  return { statusCode: 404, body: JSON.stringify({ endpoint: process.env.AWS_ENDPOINT_URL_CLOUDWATCH }) };
};`;

const TOPIC = 'arn:aws:sns:us-east-1:000000000000:alarms';

/** As CDK writes them. */
const alarms = {
  Backlog: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: 'backlog',
      AlarmDescription: 'Too many wait.',
      AlarmActions: [TOPIC],
      OKActions: [TOPIC],
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Queue', 'QueueName'] } }],
      Statistic: 'Maximum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      Tags: [{ Key: 'severity', Value: 'medium' }],
    },
  },
  Share: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Metrics: [
        { Id: 'share', Expression: '100 * errors / runs', Label: 'failed %' },
        ...(['Errors', 'Invocations'] as const).map((MetricName, index) => ({
          Id: ['errors', 'runs'][index],
          MetricStat: {
            Metric: {
              Namespace: 'AWS/Lambda',
              MetricName,
              Dimensions: [{ Name: 'FunctionName', Value: { Ref: 'Fn' } }],
            },
            Period: 300,
            Stat: 'Sum',
          },
          ReturnData: false,
        })),
      ],
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
    },
  },
  Incident: {
    Type: 'AWS::CloudWatch::CompositeAlarm',
    Properties: {
      AlarmName: 'incident',
      AlarmRule: {
        'Fn::Join': [
          '',
          ['(ALARM("', { 'Fn::GetAtt': ['Backlog', 'Arn'] }, '") OR ALARM("', { Ref: 'Share' }, '"))'],
        ],
      },
    },
  },
};

let runtime: LocalRuntime;
let cloudWatch: CloudWatchClient;
let sns: SNSClient;
let sqs: SQSClient;
const lines: string[] = [];

beforeAll(async () => {
  const assemblyDir = await writeAssembly({
    handlers: { measured: MEASURED },
    resources: {
      Queue: { Type: 'AWS::SQS::Queue' },
      Told: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'told' } },
      Fn: functionResource('measured'),
      ...apiResources('Fn', { 'GET /': {} }),
      ...alarms,
    },
  });
  runtime = await startLocalRuntime({
    assemblyDir,
    port: 0,
    dataDir: await temporaryFolder(),
    log: (line) => lines.push(line),
  });
  const common = { region: 'us-east-1', credentials: CREDENTIALS };
  cloudWatch = new CloudWatchClient({ ...common, endpoint: runtime.endpoints.cloudWatch });
  sns = new SNSClient({ ...common, endpoint: runtime.endpoints.sqs });
  sqs = new SQSClient({ ...common, endpoint: runtime.endpoints.sqs, useQueueUrlAsEndpoint: false });
  await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
  const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:told';
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint }));
});

afterAll(() => runtime.stop());

const metricQuery = (
  Id: string,
  Namespace: string,
  MetricName: string,
  dimensions: Record<string, string>,
  Stat = 'Sum',
): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period: 60,
    Stat,
  },
});

/** All values of the last minutes, by query. */
async function valuesOf(...MetricDataQueries: MetricDataQuery[]): Promise<Record<string, number[]>> {
  const { MetricDataResults = [] } = await cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries,
      StartTime: new Date(Date.now() - 600_000),
      EndTime: new Date(Date.now() + 60_000),
      ScanBy: 'TimestampAscending',
    }),
  );
  return Object.fromEntries(MetricDataResults.map(({ Id, Values = [] }) => [Id, Values]));
}

const sum = (values: number[] | undefined) => (values ?? []).reduce((total, value) => total + value, 0);

describe('GetMetricData', () => {
  it("gives what functions' lines carry, and what is measured of functions, of the API and of queues", async () => {
    const functionName = runtime.ref('Fn') ?? '';
    const queueName = runtime.ref('Queue')?.split('/').at(-1) ?? '';
    await runtime.invoke(functionName, {});
    await runtime.invoke(functionName, { fails: true });
    const answer = await fetch(`${runtime.url}/`);
    expect(await answer.json()).toEqual({ endpoint: runtime.endpoints.cloudWatch });
    expect((await fetch(`${runtime.url}/?fails=1`)).status).toBe(500);
    await sqs.send(new SendMessageCommand({ QueueUrl: runtime.ref('Queue'), MessageBody: 'ready' }));
    const later = { QueueUrl: runtime.ref('Queue'), MessageBody: 'later', DelaySeconds: 60 };
    await sqs.send(new SendMessageCommand(later));
    const apiId = runtime.ref('Api') ?? '';
    const queue = (id: string, name: string) =>
      metricQuery(id, 'AWS/SQS', name, { QueueName: queueName }, 'Maximum');
    const app = (id: string, name: string, stat: string) =>
      metricQuery(id, 'App', name, { service: 's' }, stat);
    await vi.waitFor(async () => expect(sum((await valuesOf(app('d', 'Done', 'Sum'))).d)).toBe(4));
    const values = await valuesOf(
      app('took', 'Took', 'SampleCount'),
      app('p90', 'Took', 'p90'),
      metricQuery('runs', 'AWS/Lambda', 'Invocations', { FunctionName: functionName }),
      metricQuery('allRuns', 'AWS/Lambda', 'Invocations', {}),
      metricQuery('errors', 'AWS/Lambda', 'Errors', { FunctionName: functionName }),
      metricQuery('throttles', 'AWS/Lambda', 'Throttles', { FunctionName: functionName }),
      metricQuery('requests', 'AWS/ApiGateway', 'Count', { ApiId: apiId }),
      metricQuery('clientErrors', 'AWS/ApiGateway', '4xx', { ApiId: apiId }),
      metricQuery('serverErrors', 'AWS/ApiGateway', '5xx', { ApiId: apiId }),
      queue('visible', 'ApproximateNumberOfMessagesVisible'),
      queue('delayed', 'ApproximateNumberOfMessagesDelayed'),
      queue('hidden', 'ApproximateNumberOfMessagesNotVisible'),
      queue('age', 'ApproximateAgeOfOldestMessage'),
    );
    const sums = Object.fromEntries(Object.entries(values).map(([id, each]) => [id, sum(each)]));
    expect(sums).toMatchObject({
      took: 8,
      runs: 4,
      allRuns: 4,
      errors: 2,
      throttles: 0,
      requests: 2,
      clientErrors: 1,
      serverErrors: 1,
    });
    expect(values.p90?.at(-1)).toBe(10);
    expect([values.visible, values.delayed, values.hidden].map((each) => each?.at(-1))).toEqual([1, 1, 0]);
    expect(values.age?.at(-1)).toBeLessThan(30);
  });

  it('computes metric math, and leaves out what is not to be returned', async () => {
    const done = { ...metricQuery('done', 'App', 'Done', { service: 's' }), ReturnData: false };
    expect(await valuesOf({ Id: 'double', Expression: 'done * 2' }, done)).toEqual({
      double: (await valuesOf({ ...done, ReturnData: true })).done?.map((value) => value * 2),
    });
  });

  it.each([
    [
      { Expression: "SEARCH('App', 'Sum')" },
      'ValidationException',
      /SEARCH with 2 arguments is not served here/,
    ],
    [{ Expression: '1 +' }, 'ValidationException', /cannot be read here/],
    [{}, 'ValidationException', /query q has neither MetricStat nor Expression/],
  ])('refuses what it cannot do by name: %j', async (query, name, message) => {
    await expect(valuesOf({ Id: 'q', ...query })).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });

  it('refuses an end before the start', async () => {
    const refused = cloudWatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: [{ Id: 'q', Expression: '1' }],
        StartTime: new Date(2000),
        EndTime: new Date(1000),
      }),
    );
    await expect(refused).rejects.toThrow('StartTime is 2 and EndTime 1: want the start before the end');
  });
});

it('ListMetrics finds metrics by namespace, name and dimension', async () => {
  const list = async (filter: object) =>
    (await cloudWatch.send(new ListMetricsCommand(filter))).Metrics?.map(({ MetricName }) => MetricName);
  expect(await list({ Namespace: 'App' })).toEqual(['Done', 'Took']);
  expect(await list({ Namespace: 'App', MetricName: 'Took' })).toEqual(['Took']);
  expect(await list({ Dimensions: [{ Name: 'service', Value: 's' }] })).toEqual(['Done', 'Took']);
  expect(await list({ Dimensions: [{ Name: 'service', Value: 'other' }] })).toEqual([]);
});

it('any other call is refused by name', async () => {
  const refused = cloudWatch.send(
    new PutMetricDataCommand({ Namespace: 'App', MetricData: [{ MetricName: 'x' }] }),
  );
  await expect(refused).rejects.toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('PutMetricData is not served here: want one of GetMetricData'),
  });
});

describe('the alarms of a template', () => {
  const described = async (input: object) => {
    const answer = await cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], ...input }),
    );
    return [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])];
  };

  it('are described by name, prefix and page', async () => {
    expect((await described({})).map(({ AlarmName }) => AlarmName)).toEqual([
      'Test-Share',
      'backlog',
      'incident',
    ]);
    expect(await described({ AlarmNames: ['backlog'] })).toMatchObject([
      {
        AlarmName: 'backlog',
        AlarmDescription: 'Too many wait.',
        AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:backlog',
        Dimensions: [{ Name: 'QueueName', Value: 'Test-Queue' }],
        Period: 60,
        Threshold: 5,
        DatapointsToAlarm: 1,
        AlarmConfigurationUpdatedTimestamp: expect.any(Date),
      },
    ]);
    expect((await described({ AlarmNamePrefix: 'inc' })).map(({ AlarmName }) => AlarmName)).toEqual([
      'incident',
    ]);
    const { MetricAlarms = [], NextToken } = await cloudWatch.send(
      new DescribeAlarmsCommand({ MaxRecords: 1 }),
    );
    const rest = await cloudWatch.send(new DescribeAlarmsCommand({ MaxRecords: 1, NextToken }));
    expect([MetricAlarms[0]?.AlarmName, rest.MetricAlarms?.[0]?.AlarmName, rest.NextToken]).toEqual([
      'Test-Share',
      'backlog',
      undefined,
    ]);
  });

  it('a backlog of five raises its alarm within seconds, and the composite one, and tells the topic', async () => {
    const breachMs = performance.now();
    for (let message = 0; message < 5; message += 1) {
      await sqs.send(new SendMessageCommand({ QueueUrl: runtime.ref('Queue'), MessageBody: 'x' }));
    }
    const told: Record<string, unknown>[] = [];
    while (!told.some(({ NewStateValue }) => NewStateValue === 'ALARM')) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: runtime.ref('Told'), WaitTimeSeconds: 20 }),
      );
      told.push(...Messages.map(({ Body = '' }) => JSON.parse(JSON.parse(Body).Message)));
    }
    const seconds = (performance.now() - breachMs) / 1000;
    expect(seconds).toBeLessThan(8);
    expect(told.find(({ NewStateValue }) => NewStateValue === 'ALARM')).toMatchObject({
      AlarmName: 'backlog',
      AlarmDescription: 'Too many wait.',
      Trigger: { MetricName: 'ApproximateNumberOfMessagesVisible', Statistic: 'MAXIMUM' },
    });
    expect((await described({ StateValue: 'ALARM' })).map(({ AlarmName }) => AlarmName)).toEqual([
      'backlog',
      'incident',
    ]);
    expect(lines.join('\n')).toMatch(/task-mode \| alarm backlog: \w+ -> ALARM, [67] \(alarms when >= 5/);
    expect(lines.join('\n')).toMatch(/task-mode \| alarm incident: \w+ -> ALARM, for backlog/);
    await sqs.send(new PurgeQueueCommand({ QueueUrl: runtime.ref('Queue') }));
  });

  it('can be put into a state, to try who is told', async () => {
    const command = { AlarmName: 'Test-Share', StateValue: 'ALARM', StateReason: 'a drill' } as const;
    await cloudWatch.send(new SetAlarmStateCommand(command));
    expect(await described({ AlarmNames: ['Test-Share'] })).toMatchObject([
      { StateValue: 'ALARM', StateReason: 'a drill' },
    ]);
    await expect(
      cloudWatch.send(new SetAlarmStateCommand({ ...command, AlarmName: 'gone' })),
    ).rejects.toThrow('there is no alarm "gone"');
  });

  it.each([
    [
      { ComparisonOperator: 'LessThanLowerThreshold' },
      /Alarm.ComparisonOperator is "LessThanLowerThreshold": want one of/,
    ],
    [{ ThresholdMetricId: 'band' }, /Alarm.ThresholdMetricId is "band": want none/],
    [
      { Statistic: 'IQM' },
      /Alarm.MetricName is "m": want metrics that can be evaluated here \(statistic IQM/,
    ],
    [{ TreatMissingData: 'whatever' }, /Alarm.TreatMissingData is "whatever": want one of missing/],
  ])('that cannot be evaluated here is a start-up error: %j', async (properties, message) => {
    const { AlarmName: _, ...base } = alarms.Backlog.Properties;
    const Alarm = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: { ...base, MetricName: 'm', Dimensions: [], ...properties },
    };
    const assemblyDir = await writeAssembly({ resources: { Alarm } });
    const starting = startLocalRuntime({
      assemblyDir,
      port: 0,
      dataDir: await temporaryFolder(),
      log: () => {},
    });
    await expect(starting).rejects.toThrow(message);
  });
});
