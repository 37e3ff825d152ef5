import type { JsonObject } from '../json.ts';
import type { Alarm, AlarmStanding } from './alarm.ts';
import type { Monitoring } from './monitoring.ts';

/** CloudWatch's own default and limit. */
const PAGE = { default: 50, max: 100 } as const;

/** Answers CloudWatch's DescribeAlarms: by names, prefix, state and type, a page at a time. */
export function describeAlarms({ alarms }: Monitoring, input: JsonObject): object {
  const types = Array.isArray(input.AlarmTypes) ? input.AlarmTypes : ['MetricAlarm'];
  const wanted = alarms.alarms
    .filter((alarm) => types.includes(typeOf(alarm)) && isNamed(alarm, input))
    .filter((alarm) => input.StateValue === undefined || alarms.standingOf(alarm).state === input.StateValue)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = Number(input.NextToken ?? 0);
  const count = Math.min(Number(input.MaxRecords ?? PAGE.default), PAGE.max);
  const page = wanted.slice(first, first + count);
  const described = (type: string) =>
    page
      .filter((alarm) => typeOf(alarm) === type)
      .map((alarm) => description(alarm, alarms.standingOf(alarm)));
  return {
    MetricAlarms: described('MetricAlarm'),
    CompositeAlarms: described('CompositeAlarm'),
    ...(first + count < wanted.length && { NextToken: String(first + count) }),
  };
}

function typeOf({ kind }: Alarm): string {
  return kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm';
}

function isNamed({ name }: Alarm, { AlarmNames, AlarmNamePrefix }: JsonObject): boolean {
  if (Array.isArray(AlarmNames) && AlarmNames.length > 0) return AlarmNames.includes(name);
  return AlarmNamePrefix === undefined || name.startsWith(String(AlarmNamePrefix));
}

function description(alarm: Alarm, { state, reason, since }: AlarmStanding): object {
  const { Tags: _, ...properties } = alarm.properties;
  return {
    ...properties,
    ...(alarm.kind === 'metric' && {
      Period: alarm.queries.length === 1 ? alarm.periodMs / 1000 : undefined,
      EvaluationPeriods: alarm.rule.evaluationPeriods,
      DatapointsToAlarm: alarm.rule.datapointsToAlarm,
      Threshold: alarm.rule.threshold,
      TreatMissingData: alarm.rule.missingData,
    }),
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.areActionsEnabled,
    OKActions: alarm.actions.OK,
    AlarmActions: alarm.actions.ALARM,
    InsufficientDataActions: alarm.actions.INSUFFICIENT_DATA,
    AlarmConfigurationUpdatedTimestamp: alarm.deployedTime / 1000,
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: since / 1000,
    StateTransitionedTimestamp: since / 1000,
  };
}
