import { StartupError } from '../startup-error.ts';
import {
  type Alarm,
  type AlarmChange,
  type AlarmStanding,
  type CompositeAlarm,
  INITIAL_REASON,
  type MetricAlarm,
} from './alarm.ts';
import {
  type AlarmPeriod,
  type AlarmRule,
  type AlarmState,
  EXTRA_PERIODS,
  isBreaching,
  judge,
} from './alarm-evaluation.ts';
import { reasonOf } from './alarm-reason.ts';
import { alarmsOf, isRuleTrue } from './composite-rule.ts';
import { runQueries } from './metric-query.ts';
import { type MetricStore, MINUTE_MS } from './metric-store.ts';

/** A minute counts as over this long after its end: a line that was printed in it has been read by then. */
const SETTLE_MS = 3000;

/** A look that comes this long after the one before: the machine slept, and what is missing is no sign of anything. */
const SLEPT_MS = 60_000;

export interface AlarmWatchOptions {
  readonly store: MetricStore;
  readonly now: () => number;
  readonly onChange: (change: AlarmChange) => void;
}

/**
 * Evaluates the template's alarms as CloudWatch does, but looks every few seconds, and takes the running minute for a
 * period as soon as it breaches for certain: what it adds to can only make it more. So a breach shows within seconds.
 */
export class AlarmWatch {
  readonly #options: AlarmWatchOptions;
  readonly #alarms = new Map<string, Alarm>();
  readonly #standings = new Map<Alarm, AlarmStanding>();
  /** After `check`: each after those that it is made of. */
  readonly #composites: CompositeAlarm[] = [];
  #awakeSince: number;
  #lastLook: number;

  constructor(options: AlarmWatchOptions) {
    this.#options = options;
    this.#awakeSince = options.now();
    this.#lastLook = this.#awakeSince;
  }

  add(alarm: Alarm): void {
    this.#alarms.set(alarm.name, alarm);
    this.#standings.set(alarm, {
      state: 'INSUFFICIENT_DATA',
      reason: INITIAL_REASON,
      since: this.#options.now(),
    });
  }

  /** @throws StartupError when a composite alarm names one that is not deployed, or is made of itself. */
  check(): void {
    const visit = (alarm: Alarm, above: readonly Alarm[]): void => {
      if (above.includes(alarm)) throw new StartupError(`the rule of alarm ${alarm.name} leads back to it`);
      if (alarm.kind === 'metric' || this.#composites.includes(alarm)) return;
      for (const name of alarmsOf(alarm.rule)) {
        const child = this.find(name);
        if (child === undefined) {
          throw new StartupError(
            `the rule of alarm ${alarm.name} names ${name}: want alarms of this template`,
          );
        }
        visit(child, [...above, alarm]);
      }
      this.#composites.push(alarm);
    };
    for (const alarm of this.alarms) visit(alarm, []);
  }

  get alarms(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** Finds an alarm by its name or ARN. */
  find(nameOrArn: string): Alarm | undefined {
    return this.#alarms.get(nameOrArn) ?? this.alarms.find(({ arn }) => arn === nameOrArn);
  }

  standingOf(alarm: Alarm): AlarmStanding {
    return this.#standings.get(alarm) as AlarmStanding;
  }

  /** Puts an alarm into a state until it is looked at next. */
  setState(alarm: Alarm, state: AlarmState, reason: string): void {
    this.#move(alarm, state, { reason });
  }

  /** Looks at every alarm: at those of metrics, then at those made of others. */
  look(): void {
    const now = this.#options.now();
    if (now - this.#lastLook > SLEPT_MS) this.#awakeSince = now;
    this.#lastLook = now;
    for (const alarm of this.alarms) {
      if (alarm.kind === 'metric') this.#lookAt(alarm, now);
    }
    for (const alarm of this.#composites) this.#lookAtComposite(alarm);
  }

  #lookAt(alarm: MetricAlarm, now: number): void {
    const periods = this.#periodsOf(alarm, now);
    const rule = this.#ruleNow(alarm, periods);
    const verdict = judge(rule, periods);
    if (verdict.state === undefined) return;
    const { state: before } = this.standingOf(alarm);
    const reason = reasonOf(rule, verdict, before);
    this.#move(alarm, verdict.state, { reason, value: verdict.decisive[0]?.value });
  }

  /** Nothing was measured before the runtime started: that says nothing. */
  #ruleNow({ rule }: MetricAlarm, periods: readonly AlarmPeriod[]): AlarmRule {
    const oldest = periods[rule.evaluationPeriods - 1];
    const isInView = oldest !== undefined && oldest.startMs >= this.#awakeSince;
    return rule.missingData === 'breaching' && !isInView ? { ...rule, missingData: 'ignore' } : rule;
  }

  /** The latest periods, newest first: those that are over, and before them the running one if it is sure to breach. */
  #periodsOf(alarm: MetricAlarm, now: number): AlarmPeriod[] {
    const settledEnd = Math.floor((now - SETTLE_MS) / MINUTE_MS) * MINUTE_MS;
    const runningEnd = Math.floor(now / MINUTE_MS + 1) * MINUTE_MS;
    for (let end = runningEnd; end > settledEnd; end -= MINUTE_MS) {
      const periods = this.#periodsUntil(alarm, end);
      const [newest] = periods;
      if (newest !== undefined && onlyRises(alarm) && isBreaching(alarm.rule, newest)) return periods;
    }
    return this.#periodsUntil(alarm, settledEnd);
  }

  #periodsUntil({ queries, judgedId, periodMs, rule }: MetricAlarm, endMs: number): AlarmPeriod[] {
    const count = rule.evaluationPeriods + EXTRA_PERIODS;
    const window = { startMs: endMs - count * periodMs, endMs, periodMs };
    const points = runQueries(this.#options.store, queries, window).get(judgedId);
    return Array.from({ length: count }, (_, index) => {
      const startMs = endMs - (index + 1) * periodMs;
      return { startMs, value: points?.get(startMs) };
    });
  }

  #lookAtComposite(alarm: CompositeAlarm): void {
    const standing = (nameOrArn: string) => this.standingOf(this.find(nameOrArn) as Alarm);
    const state = isRuleTrue(alarm.rule, (name) => standing(name).state) ? 'ALARM' : 'OK';
    const triggering = [...new Set(alarmsOf(alarm.rule))]
      .map((name) => ({ ...standing(name), arn: this.find(name)?.arn ?? name }))
      .filter((child) => child.state === 'ALARM');
    const [cause] = triggering;
    const reason =
      cause === undefined
        ? `${alarm.arn} was updated and its alarm rule evaluates to ${state}`
        : `${cause.arn} transitioned to ALARM at ${new Date(cause.since).toUTCString()}`;
    this.#move(alarm, state, { reason, triggering });
  }

  #move(alarm: Alarm, state: AlarmState, why: Omit<AlarmStanding, 'state' | 'since'>): void {
    const from = this.standingOf(alarm);
    if (from.state === state) return;
    const to = { ...why, state, since: this.#options.now() };
    this.#standings.set(alarm, to);
    this.#options.onChange({ alarm, from, to });
  }
}

/** Whether what comes in the rest of a period can only raise the value that is judged, and raising it is what alarms. */
function onlyRises({ queries, judgedId, rule }: MetricAlarm): boolean {
  const source = queries.find(({ id }) => id === judgedId)?.source;
  return (
    source?.kind === 'metric' &&
    (source.statistic === 'Sum' || source.statistic === 'Maximum' || source.statistic === 'SampleCount') &&
    (rule.comparison === 'GreaterThanThreshold' || rule.comparison === 'GreaterThanOrEqualToThreshold')
  );
}
