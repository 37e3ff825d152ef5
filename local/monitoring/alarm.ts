import type { JsonObject } from '../json.ts';
import type { AlarmRule, AlarmState } from './alarm-evaluation.ts';
import type { CompositeRule } from './composite-rule.ts';
import type { MetricQuery } from './metric-query.ts';

interface AlarmCommon {
  readonly name: string;
  readonly arn: string;
  readonly areActionsEnabled: boolean;
  /** ARNs of who is told when the alarm goes into a state. */
  readonly actions: Readonly<Record<AlarmState, readonly string[]>>;
  /** As the template has them, and DescribeAlarms and messages tell them. */
  readonly properties: JsonObject;
  readonly deployedTime: number;
}

export interface MetricAlarm extends AlarmCommon {
  readonly kind: 'metric';
  readonly rule: AlarmRule;
  readonly queries: readonly MetricQuery[];
  /** Of the query whose values are judged. */
  readonly judgedId: string;
  readonly periodMs: number;
}

export interface CompositeAlarm extends AlarmCommon {
  readonly kind: 'composite';
  readonly rule: CompositeRule;
}

export type Alarm = MetricAlarm | CompositeAlarm;

/** How an alarm stands, and since when. */
export interface AlarmStanding {
  readonly state: AlarmState;
  readonly reason: string;
  readonly since: number;
  /** The value that decided last. */
  readonly value?: number | undefined;
  /** Of a composite alarm: the alarms in its rule that are in ALARM. */
  readonly triggering?: readonly { readonly arn: string; readonly since: number }[];
}

export interface AlarmChange {
  readonly alarm: Alarm;
  readonly from: AlarmStanding;
  readonly to: AlarmStanding;
}

export const INITIAL_REASON = 'Unchecked: Initial alarm creation';
