import { shown } from '../json.ts';
import type { Alarm, AlarmChange } from './alarm.ts';
import { COMPARISONS } from './alarm-evaluation.ts';
import { type AlarmPlace, alarmMessage } from './alarm-message.ts';
import { type Statistic, statisticName } from './metric.ts';

export interface AnnouncerOptions extends AlarmPlace {
  readonly log: (line: string) => void;
  readonly publish: (topicArn: string, subject: string, message: string) => Promise<unknown>;
}

/** Tells of an alarm's change: on the terminal, and to the SNS topics of its actions. */
export class AlarmAnnouncer {
  readonly #options: AnnouncerOptions;
  readonly #sending = new Set<Promise<void>>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  announce(change: AlarmChange): void {
    const { alarm, from, to } = change;
    // That an alarm was looked at for the first time is no news.
    if (from.state === 'ALARM' || to.state === 'ALARM') this.#options.log(`task-mode | ${lineOf(change)}`);
    if (!alarm.areActionsEnabled) return;
    for (const action of alarm.actions[to.state]) {
      const sending = this.#tell(action, change).finally(() => this.#sending.delete(sending));
      this.#sending.add(sending);
    }
  }

  /** Waits until all is told. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #tell(action: string, change: AlarmChange): Promise<void> {
    const { log, publish } = this.#options;
    try {
      if (!/^arn:[^:]+:sns:/.test(action)) throw new Error('the local runtime tells only SNS topics');
      const { subject, message } = alarmMessage(change, this.#options);
      await publish(action, subject, message);
    } catch (error) {
      log(`task-mode | alarm ${change.alarm.name}: cannot tell ${action}: ${(error as Error).message}`);
    }
  }
}

function lineOf({ alarm, from, to }: AlarmChange): string {
  const past = from.state === 'ALARM' ? ` after ${duration(to.since - from.since)}` : '';
  return `alarm ${alarm.name}: ${from.state} -> ${to.state}${past}, ${whyOf(alarm, to.value, to.triggering)}`;
}

function whyOf(
  alarm: Alarm,
  value: number | undefined,
  triggering: readonly { readonly arn: string }[] = [],
): string {
  if (alarm.kind === 'composite') {
    const names = triggering.map(({ arn }) => arn.replace(/^.*:alarm:/, ''));
    return names.length > 0 ? `for ${names.join(', ')}` : 'none of its alarms is raised';
  }
  const { rule } = alarm;
  const limit = `${COMPARISONS[rule.comparison].sign} ${rule.threshold}`;
  const measured = value === undefined ? 'no data' : String(Number(value.toPrecision(6)));
  return `${measured} (alarms when ${limit}: ${subjectOf(alarm)})`;
}

function subjectOf(alarm: Extract<Alarm, { kind: 'metric' }>): string {
  const judged = alarm.queries.find(({ id }) => id === alarm.judgedId);
  if (judged?.source.kind !== 'metric') return judged?.label ?? shown(alarm.judgedId);
  return `${judged.source.metric.name}, ${describeStatistic(judged.source.statistic)} of ${duration(alarm.periodMs)}`;
}

function describeStatistic(statistic: Statistic): string {
  return typeof statistic === 'string' ? statistic.toLowerCase() : statisticName(statistic);
}

/** Such as `2 min 5 s`. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes === 0) return `${rest} s`;
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
}
