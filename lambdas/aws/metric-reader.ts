import {
  type CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import type { MetricPoints, MetricQuery, MetricWindow } from '../domain/async-metrics.ts';
import { callAws } from './faults.ts';

export interface MetricReaderOptions {
  readonly client: CloudWatchClient;
  readonly signal?: AbortSignal;
}

/** How an alarm stands. */
export interface AlarmStanding {
  readonly alarmName: string;
  readonly state: string;
  readonly reason: string;
  readonly sinceMs: number;
}

/** What CloudWatch knows of functions: their metrics and their alarms. */
export class MetricReader {
  readonly #client: CloudWatchClient;
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ client, signal }: MetricReaderOptions) {
    this.#client = client;
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /** Reads statistics period by period, in the order in which they are asked for. Up to 500 at once. */
  async read(
    queries: readonly MetricQuery[],
    { startMs, endMs, periodMs }: MetricWindow,
  ): Promise<MetricPoints[]> {
    const points = queries.map(() => new Map<number, number>());
    let nextToken: string | undefined;
    do {
      const command = new GetMetricDataCommand({
        MetricDataQueries: queries.map((query, index) => toQuery(query, index, periodMs)),
        StartTime: new Date(startMs),
        EndTime: new Date(endMs),
        NextToken: nextToken,
      });
      const page = await callAws('CloudWatch', () => this.#client.send(command, this.#call));
      for (const { Id = '', Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
        const of = points[Number(Id.slice(1))];
        for (const [index, time] of Timestamps.entries()) {
          // A period is where its beginning is, from wherever CloudWatch counts.
          of?.set(Math.floor(time.getTime() / periodMs) * periodMs, Values[index] ?? 0);
        }
      }
      nextToken = page.NextToken;
    } while (nextToken !== undefined);
    return points;
  }

  /** Tells how alarms stand, without those that there are none of. At most 100. */
  async alarms(alarmNames: readonly string[]): Promise<AlarmStanding[]> {
    const command = new DescribeAlarmsCommand({
      AlarmNames: [...alarmNames],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: 100,
    });
    const { MetricAlarms = [], CompositeAlarms = [] } = await callAws('CloudWatch', () =>
      this.#client.send(command, this.#call),
    );
    return [...MetricAlarms, ...CompositeAlarms].map(
      ({ AlarmName = '', StateValue = '', StateReason = '', ...alarm }) => ({
        alarmName: AlarmName,
        state: StateValue,
        reason: StateReason,
        sinceMs: (alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp)?.getTime() ?? 0,
      }),
    );
  }
}

/** Its id is its place: CloudWatch wants ids that begin with a small letter. */
function toQuery(
  { namespace, metricName, dimensions, statistic }: MetricQuery,
  index: number,
  periodMs: number,
): MetricDataQuery {
  return {
    Id: `q${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodMs / 1000,
      Stat: statistic,
    },
  };
}
