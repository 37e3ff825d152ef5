import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterAll } from 'vitest';
import type { JsonObject } from '../../local/json.ts';
import { serveCloudWatchApi } from '../../local/monitoring/cloudwatch-api.ts';
import { parseQueries } from '../../local/monitoring/metric-query.ts';
import { Monitoring } from '../../local/monitoring/monitoring.ts';

const NO_ACTIONS = { OK: [], ALARM: [], INSUFFICIENT_DATA: [] };

/** CloudWatch of the local runtime, whose queues all have seven waiting messages. */
export async function startCloudWatch(now: () => number) {
  const monitoring = new Monitoring({
    region: 'us-east-1',
    accountId: '000000000000',
    log: () => undefined,
    now,
    figuresOf: async () => ({ visible: 7, notVisible: 2, delayed: 1, ageOfOldestSeconds: 30 }),
    publish: async () => undefined,
  });
  const api = await serveCloudWatchApi(monitoring);
  const client = new CloudWatchClient({
    region: 'us-east-1',
    endpoint: api.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  afterAll(() => {
    client.destroy();
    api.close();
  });
  /** An alarm on a queue's backlog, that is looked at when a test says so. */
  const addAlarm = (name: string, threshold: number) => {
    const properties: JsonObject = { AlarmName: name };
    monitoring.addAlarm({
      kind: 'metric',
      name,
      arn: `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
      areActionsEnabled: true,
      actions: NO_ACTIONS,
      properties,
      deployedTime: now(),
      queries: parseQueries([
        {
          Id: 'm',
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: 'ApproximateNumberOfMessagesVisible',
              Dimensions: [{ Name: 'QueueName', Value: 'echo' }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        },
      ]),
      judgedId: 'm',
      periodMs: 60_000,
      rule: {
        comparison: 'GreaterThanOrEqualToThreshold',
        threshold,
        evaluationPeriods: 1,
        datapointsToAlarm: 1,
        missingData: 'notBreaching',
      },
    });
  };
  return { monitoring, client, endpoint: api.endpoint, addAlarm };
}
