import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { AlarmChange, CompositeAlarm, MetricAlarm } from './alarm.ts';

/** How CloudWatch names regions to people. */
const REGION_NAMES: Readonly<Record<string, string>> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-1': 'US West (N. California)',
  'us-west-2': 'US West (Oregon)',
  'ca-central-1': 'Canada (Central)',
  'eu-central-1': 'EU (Frankfurt)',
  'eu-west-1': 'EU (Ireland)',
  'eu-west-2': 'EU (London)',
  'eu-west-3': 'EU (Paris)',
  'eu-north-1': 'EU (Stockholm)',
  'ap-northeast-1': 'Asia Pacific (Tokyo)',
  'ap-northeast-2': 'Asia Pacific (Seoul)',
  'ap-south-1': 'Asia Pacific (Mumbai)',
  'ap-southeast-1': 'Asia Pacific (Singapore)',
  'ap-southeast-2': 'Asia Pacific (Sydney)',
  'sa-east-1': 'South America (Sao Paulo)',
};

export interface AlarmPlace {
  readonly region: string;
  readonly accountId: string;
}

/** What CloudWatch publishes to an SNS topic when an alarm changes its state: a subject, and JSON text. */
export function alarmMessage(change: AlarmChange, place: AlarmPlace): { subject: string; message: string } {
  const { alarm, from, to } = change;
  const region = REGION_NAMES[place.region] ?? place.region;
  return {
    // SNS takes 100 characters of a subject.
    subject: `${to.state}: "${alarm.name}" in ${region}`.slice(0, 100),
    message: JSON.stringify({
      AlarmName: alarm.name,
      AlarmDescription: alarm.properties.AlarmDescription ?? null,
      AWSAccountId: place.accountId,
      AlarmConfigurationUpdatedTimestamp: instant(alarm.deployedTime),
      NewStateValue: to.state,
      NewStateReason: to.reason,
      StateChangeTime: instant(to.since),
      Region: region,
      AlarmArn: alarm.arn,
      OldStateValue: from.state,
      OKActions: alarm.actions.OK,
      AlarmActions: alarm.actions.ALARM,
      InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
      ...(alarm.kind === 'metric' ? { Trigger: triggerOf(alarm) } : compositePart(alarm, change)),
    }),
  };
}

function triggerOf({ properties, rule, periodMs }: MetricAlarm): object {
  const common = {
    Period: periodMs / 1000,
    EvaluationPeriods: rule.evaluationPeriods,
    DatapointsToAlarm: rule.datapointsToAlarm,
    ComparisonOperator: rule.comparison,
    Threshold: rule.threshold,
    TreatMissingData: rule.missingData,
    EvaluateLowSampleCountPercentile: properties.EvaluateLowSampleCountPercentile ?? '',
  };
  if (Array.isArray(properties.Metrics)) {
    return { ...common, Metrics: properties.Metrics.map((query: Json) => withSmallNames(query)) };
  }
  const { MetricName, Namespace, Statistic, ExtendedStatistic } = properties;
  return {
    MetricName,
    Namespace,
    ...(ExtendedStatistic === undefined
      ? { StatisticType: 'Statistic', Statistic: statisticWord(String(Statistic)) }
      : { StatisticType: 'ExtendedStatistic', ExtendedStatistic }),
    Unit: properties.Unit ?? null,
    Dimensions: smallDimensions(properties.Dimensions),
    ...common,
  };
}

/** In messages CloudWatch writes SAMPLE_COUNT, AVERAGE. */
function statisticWord(statistic: string): string {
  return statistic.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
}

function withSmallNames(query: Json): Json {
  if (!isJsonObject(query) || !isJsonObject(query.MetricStat)) return query;
  const { Metric } = query.MetricStat;
  const { Dimensions, ...metric } = isJsonObject(Metric) ? Metric : ({} as JsonObject);
  return {
    ...query,
    MetricStat: { ...query.MetricStat, Metric: { ...metric, Dimensions: smallDimensions(Dimensions) } },
  };
}

/** And the keys of dimensions with small letters. */
function smallDimensions(dimensions: Json | undefined): Json[] {
  const list = Array.isArray(dimensions) ? dimensions : [];
  return list.flatMap((dimension: Json) =>
    isJsonObject(dimension) ? [{ value: dimension.Value ?? '', name: dimension.Name ?? '' }] : [],
  );
}

function compositePart({ properties }: CompositeAlarm, { to }: AlarmChange): object {
  return {
    AlarmRule: properties.AlarmRule,
    TriggeringChildren: (to.triggering ?? []).map(({ arn, since }) => ({
      Arn: arn,
      State: { Value: 'ALARM', Timestamp: instant(since) },
    })),
  };
}

/** `2026-11-24T14:00:00.123+0000` */
function instant(time: number): string {
  return new Date(time).toISOString().replace('Z', '+0000');
}
