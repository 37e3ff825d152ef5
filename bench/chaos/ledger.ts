import { isTerminal, TASK_STATUSES, TERMINAL_STATUSES } from '../../lambdas/domain/lifecycle.ts';
import { statusMetric } from '../../lambdas/domain/metrics.ts';
import { percentile } from '../load.ts';
import { FAULTS, type Fault, type FaultProxy } from './fault-proxy.ts';
import type { JournalLine } from './journal.ts';
import type { MetricLedger } from './metric-ledger.ts';
import {
  type Evidence,
  handBacksIn,
  type Offence,
  type OffenceKind,
  seriesOf,
  verifyTask,
} from './verify-task.ts';

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
  /** Tasks of which an execution began before another had ended: a run was taken for dead that was not. */
  readonly overlapping: number;
  readonly stops: Readonly<Record<string, StopLatency>>;
  /** Stops of tasks that were waiting, which end these at once. */
  readonly stoppedWaiting: number;
  readonly redriven: number;
  /** Runs that were handed back, for no fault of their tasks. */
  readonly handedBack: number;
  /** Wake-ups that were left when all tasks had ended. */
  readonly leftMessages: number;
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
}

export function ledgerOf(options: LedgerOptions): Ledger {
  const { seed, seconds, evidence, proxies, blows, metrics, leftMessages } = options;
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
    overlapping: evidence.filter(({ journal }) => isOverlapping(journal)).length,
    stops: stopLatencies(evidence),
    stoppedWaiting: evidence
      .flatMap(({ view }) => view?.events ?? [])
      .filter(({ status, eventDetail }) => status === 'Stopped' && eventDetail === undefined).length,
    redriven: evidence.filter(({ view }) => seriesOf(view?.events ?? []).length > 1).length,
    handedBack: evidence
      .flatMap(({ view }) => seriesOf(view?.events ?? []))
      .reduce((sum, series) => sum + handBacksIn(series), 0),
    leftMessages,
    metrics,
    offences: evidence.flatMap(verifyTask),
  };
}

function total(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function isOverlapping(journal: readonly JournalLine[]): boolean {
  const spans = [...Map.groupBy(journal, ({ execution }) => execution).values()]
    .map((lines) => ({ start: lines[0]?.time ?? 0, end: lines.at(-1)?.time ?? 0 }))
    .sort((a, b) => a.start - b.start);
  return spans.some(({ start }, index) => start < (spans[index - 1]?.end ?? 0));
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
  const { executions, faults } = ledger;
  const ended = TERMINAL_STATUSES.map((status) => [`  ended ${status}`, ledger.ended[status] ?? 0] as const);
  const mustBeNone = (['lost', 'illegal', 'ran after stop'] as const).map(
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
    ['tasks with overlapping executions', ledger.overlapping],
    ['stops of waiting tasks', ledger.stoppedWaiting],
    ...Object.entries(ledger.stops).map(
      ([endedBy, { count, p50Ms, p99Ms }]) =>
        [`stops ${endedBy}: number, p50, p99`, `${count}, ${p50Ms} ms, ${p99Ms} ms`] as const,
    ),
    ['wake-ups left over', ledger.leftMessages],
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
