import { AwsApiError, type AwsJsonApi, serveAwsJsonApi } from '../aws-json-api.ts';
import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import type { AlarmState } from './alarm-evaluation.ts';
import { describeAlarms } from './describe-alarms.ts';
import { type MetricQuery, parseQueries, periodOf, runQueries } from './metric-query.ts';
import { AHEAD_MS, KEPT_MS, MINUTE_MS } from './metric-store.ts';
import type { Monitoring } from './monitoring.ts';

/** CloudWatch's limit of the queries of one request, and of the values of one answer. */
const MAX_QUERIES = 500;
const MAX_VALUES = 100_800;

const STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];

/** Serves the part of CloudWatch's API that reads metrics and alarms; any other call answers an error that names it. */
export function serveCloudWatchApi(monitoring: Monitoring): Promise<AwsJsonApi> {
  return serveAwsJsonApi({
    service: 'GraniteServiceVersion20100801',
    version: '1.0',
    maxRequestBytes: 1024 * 1024,
    calls: {
      GetMetricData: (input) => getMetricData(monitoring, input),
      ListMetrics: (input) => listMetrics(monitoring, input),
      DescribeAlarms: (input) => describeAlarms(monitoring, input),
      SetAlarmState: (input) => setAlarmState(monitoring, input),
    },
  });
}

async function getMetricData(monitoring: Monitoring, input: JsonObject): Promise<object> {
  const { MetricDataQueries: list, ScanBy = 'TimestampDescending' } = input;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_QUERIES) {
    refuse(`MetricDataQueries must be a list of 1 to ${MAX_QUERIES} queries`);
  }
  const queries = parseQueries(list);
  const window = windowOf(input, queries, monitoring.now());
  await askQueues(monitoring, queries);
  const points = runQueries(monitoring.store, queries, window);
  const isAscending = ScanBy === 'TimestampAscending';
  const results = queries
    .filter(({ isReturned }) => isReturned)
    .map(({ id, label }) => {
      const sorted = [...(points.get(id) ?? [])].sort(([a], [b]) => (isAscending ? a - b : b - a));
      return {
        Id: id,
        Label: label,
        Timestamps: sorted.map(([time]) => time / 1000),
        Values: sorted.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    });
  const count = results.reduce((sum, { Values }) => sum + Values.length, 0);
  const { MaxDatapoints = MAX_VALUES } = input;
  if (count > Number(MaxDatapoints)) {
    refuse(
      `MaxDatapoints is ${shown(MaxDatapoints)}: this answer has ${count} values, and is not divided here`,
    );
  }
  return { MetricDataResults: results, Messages: [] };
}

/** Of what is asked for, the time of which anything can be known. */
function windowOf({ StartTime, EndTime }: JsonObject, queries: readonly MetricQuery[], now: number) {
  const start = Math.max(Number(StartTime) * 1000, now - KEPT_MS);
  const end = Math.min(Number(EndTime) * 1000, now + AHEAD_MS);
  if (!(Number(StartTime) < Number(EndTime))) {
    refuse(`StartTime is ${shown(StartTime)} and EndTime ${shown(EndTime)}: want the start before the end`);
  }
  const periodMs = periodOf(queries);
  const startMs = Math.floor(start / periodMs) * periodMs;
  return { startMs, endMs: Math.ceil(end / MINUTE_MS) * MINUTE_MS, periodMs };
}

/** What is asked of a queue is measured now, and from now on. */
async function askQueues({ queues }: Monitoring, queries: readonly MetricQuery[]): Promise<void> {
  const names = queries.flatMap(({ source }) =>
    source.kind === 'metric' && source.metric.namespace === 'AWS/SQS'
      ? (source.metric.dimensions.QueueName ?? [])
      : [],
  );
  await Promise.all([...new Set(names)].map((name) => queues.ask(name)));
}

function listMetrics({ store }: Monitoring, input: JsonObject): object {
  const { Namespace, MetricName, Dimensions = [] } = input;
  const wanted = Array.isArray(Dimensions) ? Dimensions : [];
  const metrics = store
    .metrics()
    .filter(
      ({ namespace, name, dimensions }) =>
        (Namespace === undefined || namespace === Namespace) &&
        (MetricName === undefined || name === MetricName) &&
        wanted.every((filter: Json) => hasDimension(dimensions, filter)),
    );
  return {
    Metrics: metrics.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    })),
  };
}

function hasDimension(dimensions: Readonly<Record<string, string>>, filter: Json): boolean {
  if (!isJsonObject(filter)) return false;
  const value = dimensions[String(filter.Name)];
  return value !== undefined && (filter.Value === undefined || value === filter.Value);
}

function setAlarmState({ alarms }: Monitoring, input: JsonObject): object {
  const { AlarmName, StateValue, StateReason } = input;
  const alarm = alarms.find(String(AlarmName));
  if (alarm === undefined) throw new AwsApiError('ResourceNotFound', `there is no alarm ${shown(AlarmName)}`);
  const state = STATES.find((known) => known === StateValue);
  if (state === undefined) refuse(`StateValue is ${shown(StateValue)}: want one of ${STATES.join(', ')}`);
  alarms.setState(alarm, state, String(StateReason));
  return {};
}

function refuse(message: string): never {
  throw new AwsApiError('InvalidParameterValue', message);
}
