import { isTerminal, TASK_STATUSES, TERMINAL_STATUSES } from '../../lambdas/domain/lifecycle.ts';
import { statusMetric } from '../../lambdas/domain/metrics.ts';
import { percentile } from '../load.ts';
import { FAULTS, type Fault, type FaultProxy } from './fault-proxy.ts';
import { handBacksIn, seriesOf } from './history.ts';
import type { MachineFigures } from './machine.ts';
import type { MetricLedger } from './metric-ledger.ts';
import { endsToTell } from './verify-ends.ts';
import {
  type Evidence,
  isRecorded,
  OFFENCE_KINDS,
  type Offence,
  type OffenceKind,
  verify,
} from './verify-task.ts';
import { REFUSALS, type Refusal, type WebhookReceiver } from './webhook-receiver.ts';

/** What was done to the tasks beside the faults of the network. */
export interface Blows {
  readonly processesKilled: number;
  readonly runtimesKilled: number;
}

export interface StopLatency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Ledger extends Blows {
  readonly seed: number;
  readonly tasks: number;
  readonly seconds: number;
  /** Tasks that were accepted. Invocations without a record are counted apart, in `invocations`. */
  readonly accepted: number;
  readonly ended: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly faultsByOperation: Readonly<Record<string, number>>;
  /** How many tasks were executed so often. */
  readonly executions: {
    readonly never: number;
    readonly once: number;
    readonly twice: number;
    readonly more: number;
  };
  readonly maxExecutions: number;
  readonly stops: Readonly<Record<string, StopLatency>>;
  /** Stops of tasks that were waiting, which end these at once. */
  readonly stoppedWaiting: number;
  readonly redriven: number;
  /** Runs that were handed back, for no fault of their tasks. */
  readonly handedBack: number;
  /** Wake-ups that were left when all tasks had ended. */
  readonly leftMessages: number;
  /** Invocations without a record. */
  readonly invocations: {
    readonly accepted: number;
    /** Executed to their end at least once. */
    readonly executed: number;
    readonly toldFailed: number;
    readonly lost: number;
  };
  /** Ends that the webhook is to be told of, and how often it was. */
  readonly ends: {
    readonly toTell: number;
    readonly told: number;
    readonly deliveries: number;
    readonly refusals: Readonly<Record<Refusal, number>>;
    readonly downSeconds: number;
    /** By how much the clock was advanced in the end. */
    readonly advancedMinutes: number;
  };
  readonly machine: MachineFigures;
  readonly offences: readonly Offence[];
  readonly metrics: MetricLedger;
}

export interface LedgerOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly evidence: readonly Evidence[];
  readonly proxies: readonly FaultProxy[];
  readonly blows: Blows;
  readonly metrics: MetricLedger;
  readonly leftMessages: number;
  readonly receiver: Pick<WebhookReceiver, 'deliveries' | 'refusals' | 'downSeconds'>;
  readonly machine: MachineFigures;
  readonly advancedMinutes: number;
}

export function ledgerOf(options: LedgerOptions): Ledger {
  const { seed, seconds, proxies, blows, metrics, leftMessages, machine } = options;
  const evidence = options.evidence.filter(({ record }) => isRecorded(record));
  const offences = options.evidence.flatMap(verify);
  const executions = evidence.map(({ journal }) => journal.filter(({ what }) => what === 'start').length);
  const executed = (holds: (times: number) => boolean) => executions.filter(holds).length;
  const statuses = evidence.flatMap(({ view }) => view?.status ?? []);
  const faultCounts = proxies.flatMap(({ counts }) => [...counts]);
  return {
    ...blows,
    seed,
    tasks: evidence.length,
    seconds,
    accepted: evidence.filter(({ record }) => record.isAccepted).length,
    ended: tally(statuses.filter(isTerminal)),
    faults: Object.fromEntries(
      FAULTS.map((fault) => [fault, total(faultCounts.filter(([name]) => name.startsWith(fault)))]),
    ) as Record<Fault, number>,
    faultsByOperation: Object.fromEntries(faultCounts),
    executions: {
      never: executed((times) => times === 0),
      once: executed((times) => times === 1),
      twice: executed((times) => times === 2),
      more: executed((times) => times > 2),
    },
    maxExecutions: Math.max(0, ...executions),
    stops: stopLatencies(evidence),
    stoppedWaiting: evidence
      .flatMap(({ view }) => view?.events ?? [])
      .filter(({ status, eventDetail }) => status === 'Stopped' && eventDetail === undefined).length,
    redriven: evidence.filter(({ view }) => seriesOf(view?.events ?? []).length > 1).length,
    handedBack: evidence
      .flatMap(({ view }) => seriesOf(view?.events ?? []))
      .reduce((sum, series) => sum + handBacksIn(series), 0),
    leftMessages,
    machine,
    metrics,
    invocations: invocationsOf(options.evidence, offences),
    ends: endsOf(options, offences),
    offences,
  };
}

function invocationsOf(evidence: readonly Evidence[], offences: readonly Offence[]): Ledger['invocations'] {
  const accepted = evidence.filter(({ record }) => !isRecorded(record) && record.isAccepted);
  const ids = new Set(accepted.map(({ record }) => record.plan.id));
  return {
    accepted: accepted.length,
    executed: accepted.filter(({ journal }) => journal.some(({ what }) => what === 'end')).length,
    toldFailed: accepted.filter(({ deliveries }) =>
      deliveries.some(({ isTaken, status }) => isTaken && status !== 'Succeeded'),
    ).length,
    lost: offences.filter(({ kind, taskId }) => kind === 'lost' && ids.has(taskId)).length,
  };
}

function endsOf(
  { evidence, receiver, advancedMinutes }: LedgerOptions,
  offences: readonly Offence[],
): Ledger['ends'] {
  const toTell = evidence
    .filter(({ record }) => record.isAccepted)
    // However often an invocation without a record was submitted, one end of it must be told.
    .map((each) => (isRecorded(each.record) ? each.view && endsToTell(each, each.view).length : 1))
    .reduce((sum: number, count) => sum + (count ?? 0), 0);
  const { deliveries, refusals, downSeconds } = receiver;
  const neverTold = offences.filter(({ kind }) => kind === 'never told').length;
  const told = toTell - neverTold;
  return { toTell, told, deliveries: deliveries.length, refusals, downSeconds, advancedMinutes };
}

function total(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** How long stops of running tasks took, by how their runs ended. */
function stopLatencies(evidence: readonly Evidence[]): Record<string, StopLatency> {
  const ends = evidence
    .flatMap(({ view }) => view?.events ?? [])
    .filter(({ status, eventDetail }) => status === 'Stopped' && eventDetail !== undefined)
    .map(({ eventDetail = '{}' }) => JSON.parse(eventDetail) as { endedBy: string; tookMs: number });
  const byEnd = Map.groupBy(ends, ({ endedBy }) => endedBy);
  return Object.fromEntries(
    [...byEnd].map(([endedBy, stops]) => {
      const times = stops.map(({ tookMs }) => tookMs);
      return [endedBy, { count: times.length, p50Ms: percentile(times, 50), p99Ms: percentile(times, 99) }];
    }),
  );
}

export function offencesOf({ offences }: Ledger, kind: OffenceKind): Offence[] {
  return offences.filter((offence) => offence.kind === kind);
}

/** The ledger as an aligned table. */
export function ledgerText(ledger: Ledger): string {
  const { executions, faults, invocations, ends, machine } = ledger;
  const ended = TERMINAL_STATUSES.map((status) => [`  ended ${status}`, ledger.ended[status] ?? 0] as const);
  const mustBeNone = OFFENCE_KINDS.map(
    (kind) =>
      [`${kind} (must be 0)`, new Set(offencesOf(ledger, kind).map(({ taskId }) => taskId)).size] as const,
  );
  const rows: (readonly [string, string | number])[] = [
    ['accepted', ledger.accepted],
    ...ended,
    ['faults of the network', FAULTS.reduce((sum, fault) => sum + faults[fault], 0)],
    ...FAULTS.map((fault) => [`  ${fault}`, faults[fault]] as const),
    ['processes killed', ledger.processesKilled],
    ['runtimes killed', ledger.runtimesKilled],
    ['redriven', ledger.redriven],
    ['runs handed back', ledger.handedBack],
    ['executed never, 1, 2, 3+ times', Object.values(executions).join(', ')],
    ['executions of one task, at most', ledger.maxExecutions],
    ['stops of waiting tasks', ledger.stoppedWaiting],
    ...Object.entries(ledger.stops).map(
      ([endedBy, { count, p50Ms, p99Ms }]) =>
        [`stops ${endedBy}: number, p50, p99`, `${count}, ${p50Ms} ms, ${p99Ms} ms`] as const,
    ),
    ['messages left over', ledger.leftMessages],
    ['invocations without a record accepted', invocations.accepted],
    ['  executed to their end', invocations.executed],
    ['  told as failed', invocations.toldFailed],
    ['  lost', invocations.lost],
    ['ends to be told', ends.toTell],
    ['  told', ends.told],
    ['  never told', ends.toTell - ends.told],
    ['requests to the webhook', ends.deliveries],
    ...REFUSALS.map((refusal) => [`  ${refusal}`, ends.refusals[refusal]] as const),
    ['seconds that the webhook was down', ends.downSeconds.toFixed(0)],
    ['minutes that the clock was advanced', ends.advancedMinutes],
    [
      `${machine.workMs} ms of CPU took: p50, p99`,
      `${machine.workP50Ms.toFixed(0)} ms, ${machine.workP99Ms.toFixed(0)} ms`,
    ],
    [
      'timers of an idle process late by: p50, p99',
      `${machine.lagP50Ms.toFixed(0)} ms, ${machine.lagP99Ms.toFixed(0)} ms`,
    ],
    ['load average: mean, most', `${machine.loadMean.toFixed(1)}, ${machine.loadMax.toFixed(1)}`],
    ...TASK_STATUSES.map((status) => {
      const { events, counted } = ledger.metrics.statuses[status];
      return [`${statusMetric(status)}: events, counted`, `${events}, ${counted}`] as const;
    }),
    ['not counted: killed before the line', ledger.metrics.killedBeforeLine],
    ['not counted: never answered', ledger.metrics.neverAnswered],
    ['miscounted otherwise (must be 0)', ledger.metrics.offences.length],
    ...mustBeNone,
  ];
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => String(value).length));
  return rows
    .map(([name, value]) => `${name.padEnd(nameWidth)}  ${String(value).padStart(valueWidth)}`)
    .join('\n');
}
