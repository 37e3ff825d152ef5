import { readFile } from 'node:fs/promises';
import { TASK_STATUSES, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { FUNCTION_DIMENSION, statusMetric } from '../../lambdas/domain/metrics.ts';
import type { TaskEventView } from './chaos-client.ts';
import { CHAOS_FUNCTION_NAMES, CHAOS_FUNCTIONS } from './functions.ts';
import { stepsOf } from './history.ts';
import type { StatusWrite } from './status-writes.ts';

/** How often something was for each status. */
type Counts = Partial<Record<TaskStatus, number>>;

/** A line of metrics that a process wrote. */
export interface MetricLine {
  readonly pid: number;
  readonly counts: Counts;
}

export interface MetricLedger {
  /** By status: the events in all histories, and what the metrics say of them. */
  readonly statuses: Readonly<Record<TaskStatus, { readonly events: number; readonly counted: number }>>;
  /** Writes whose process was killed before it wrote the line. */
  readonly killedBeforeLine: number;
  /** Writes that took, of which their process was told nothing, however often it asked: it answered 5xx or tried otherwise. */
  readonly neverAnswered: number;
  /** Whatever is not explained by these. */
  readonly offences: readonly string[];
}

export interface MetricEvidence {
  /** The history of each task. */
  readonly histories: readonly (readonly TaskEventView[])[];
  readonly writes: readonly StatusWrite[];
  readonly lines: readonly MetricLine[];
  readonly killed: ReadonlySet<number>;
}

/** Reads what the processes wrote down of the metrics of functions that keep records. */
export async function readMetricLines(file: string): Promise<MetricLine[]> {
  const text = await readFile(file, 'utf-8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const space = line.indexOf(' ');
      const values = JSON.parse(line.slice(space + 1)) as Record<string, unknown>;
      // Invocations without a record are counted as well, and have no history to compare that with.
      if (WITHOUT_RECORD.includes(String(values[FUNCTION_DIMENSION]))) return [];
      const entries = TASK_STATUSES.map((status) => [status, Number(values[statusMetric(status)] ?? 0)]);
      return [{ pid: Number(line.slice(0, space)), counts: Object.fromEntries(entries) as Counts }];
    });
}

const WITHOUT_RECORD: readonly string[] = CHAOS_FUNCTION_NAMES.filter(
  (name) => !CHAOS_FUNCTIONS[name].hasRecord,
);

/** A start is no line of its own: it is counted with the end of its run, by whoever writes that. */
const WITH_THE_END: readonly TaskStatus[] = ['Processed', 'Running'];

/** Holds the metrics against the histories: each event once, and each that is missing with the reason why. */
export function metricLedgerOf({ histories, writes, lines, killed }: MetricEvidence): MetricLedger {
  const events = histories.flatMap(stepsOf);
  const statuses = Object.fromEntries(
    TASK_STATUSES.map((status) => [
      status,
      {
        events: events.filter((event) => event.status === status).length,
        counted: lines.reduce((sum, { counts }) => sum + (counts[status] ?? 0), 0),
      },
    ]),
  ) as MetricLedger['statuses'];
  const offences: string[] = [];
  let killedBeforeLine = 0;
  let neverAnswered = 0;
  for (const status of TASK_STATUSES.filter((each) => !WITH_THE_END.includes(each))) {
    const made = tallyByPid(writes.filter((write) => write.status === status).map(({ pid }) => [pid, 1]));
    const counted = tallyByPid(lines.map(({ pid, counts }) => [pid, counts[status] ?? 0]));
    const written = [...made.values()].reduce((sum, number) => sum + number, 0);
    if (written !== statuses[status].events) {
      offences.push(`${status}: ${statuses[status].events} events in the histories, ${written} writes`);
    }
    for (const pid of new Set([...made.keys(), ...counted.keys()])) {
      const missing = (made.get(pid) ?? 0) - (counted.get(pid) ?? 0);
      if (missing < 0) offences.push(`${status}: process ${pid} counted ${-missing} more than it wrote`);
      else if (killed.has(pid)) killedBeforeLine += missing;
      else neverAnswered += missing;
    }
  }
  for (const status of WITH_THE_END) {
    const missing = statuses[status].events - statuses[status].counted;
    if (missing < 0 || missing > killedBeforeLine + neverAnswered) {
      offences.push(`${status}: ${missing} of ${statuses[status].events} are not counted`);
    }
  }
  return { statuses, killedBeforeLine, neverAnswered, offences };
}

function tallyByPid(entries: readonly (readonly [number, number])[]): Map<number, number> {
  const tally = new Map<number, number>();
  for (const [pid, number] of entries) tally.set(pid, (tally.get(pid) ?? 0) + number);
  return tally;
}
