import { isTerminal, LIFECYCLE, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import type { TaskView } from './chaos-client.ts';
import type { ClientRecord } from './drive-task.ts';
import { CHAOS_FUNCTIONS } from './functions.ts';
import { countedAttempts, type Series, seriesOf, stepsOf } from './history.ts';
import type { JournalLine } from './journal.ts';
import { verifyInvocation, verifyToldEnds } from './verify-ends.ts';
import type { Delivery } from './webhook-receiver.ts';

export const OFFENCE_KINDS = ['lost', 'illegal', 'ran after stop', 'overlapping', 'never told'] as const;

export type OffenceKind = (typeof OFFENCE_KINDS)[number];

/** Something that must never be. */
export interface Offence {
  readonly kind: OffenceKind;
  readonly taskId: string;
  readonly text: string;
}

export interface Evidence {
  readonly record: ClientRecord;
  /** How the task stands; undefined when the API does not know it. */
  readonly view: TaskView | undefined;
  readonly journal: readonly JournalLine[];
  /** What the webhook was told about it. */
  readonly deliveries: readonly Delivery[];
}

/** Retries that the app's functions have, and so one attempt more. */
export const RETRIES = 8;

/** Clocks tick in milliseconds, and a line is written a little after its time is taken. */
const CLOCK_TOLERANCE_MS = 20;

export function isRecorded({ plan }: Pick<ClientRecord, 'plan'>): boolean {
  return CHAOS_FUNCTIONS[plan.functionName].hasRecord;
}

/** Holds what is known of a task, or of an invocation without a record, against what the product promises. */
export function verify(evidence: Evidence): Offence[] {
  return isRecorded(evidence.record) ? verifyTask(evidence) : verifyInvocation(evidence);
}

/** Holds what is known of one task against what the product promises. */
export function verifyTask(evidence: Evidence): Offence[] {
  const { record, view } = evidence;
  const offence =
    (kind: OffenceKind) =>
    (text: string): Offence => ({ kind, taskId: record.plan.id, text });
  const surprises = record.surprises.map(offence('illegal'));
  if (!record.isAccepted) return surprises;
  if (!view) return [...surprises, offence('lost')('was accepted, and is unknown')];
  const lost = isTerminal(view.status) ? [] : [`was accepted, and is still ${view.status}`];
  return [
    ...surprises,
    ...lost.map(offence('lost')),
    ...[...illegalities(evidence, view)].map(offence('illegal')),
    ...[...runsAfterStop(evidence, view)].map(offence('ran after stop')),
    ...overlaps(evidence).map(offence('overlapping')),
    ...verifyToldEnds(evidence, view),
  ];
}

function* illegalities(evidence: Evidence, view: TaskView): Generator<string> {
  const { record, journal } = evidence;
  yield* wrongSteps(view);
  const all = seriesOf(view.events);
  if (all.length > (record.isRedriven ? 2 : 1)) yield `has ${all.length} series`;
  if (record.isStopped && all[0]?.at(-1)?.status !== 'Stopped') {
    yield `its stop was answered 204, and its first series ended ${all[0]?.at(-1)?.status}`;
  }
  for (const [index, series] of all.entries()) {
    const executions = journal.filter((line) => line.what === 'start' && line.series === index + 1).length;
    const runs = count(series, 'Running');
    if (executions > runs) yield `series ${index + 1} was executed ${executions} times in ${runs} runs`;
    yield* wrongAttempts(series, record);
  }
  if (view.status === 'Succeeded') yield* unfounded(evidence, view);
}

/** Every status must follow from the one before by the lifecycle, from Enqueued on; the last is the task's. */
function* wrongSteps({ status, events }: TaskView): Generator<string> {
  if (events[0]?.status !== 'Enqueued') yield `begins ${events[0]?.status}`;
  if (events.at(-1)?.status !== status) yield `is ${status} after ${events.at(-1)?.status}`;
  const steps = stepsOf(events);
  for (const [index, { eventId, status: to }] of steps.entries()) {
    const before = steps[index - 1];
    // Of a long history the middle is not kept.
    if (!before || before.eventId + 1 !== eventId) continue;
    const targets: readonly TaskStatus[] = Object.values(LIFECYCLE[before.status]).flat();
    if (!targets.includes(to)) yield `went from ${before.status} to ${to}`;
  }
}

function* wrongAttempts(series: Series, { plan }: ClientRecord): Generator<string> {
  const attempts = countedAttempts(series);
  if (attempts > RETRIES + 1) yield `had ${attempts} attempts, of ${RETRIES + 1} at most`;
  const isFailed = series.at(-1)?.status === 'Failed';
  const isToldTo = plan.payload.isFinal && plan.payload.failsOn.length > 0;
  if (isFailed && attempts <= RETRIES && !isToldTo)
    yield `failed after ${attempts} of ${RETRIES + 1} attempts`;
}

function* unfounded({ record, journal }: Evidence, { returnPayload = '{}' }: TaskView): Generator<string> {
  const result = JSON.parse(returnPayload) as { execution?: string; padding?: string };
  if (!journal.some((line) => line.what === 'end' && line.execution === result.execution)) {
    yield `succeeded by execution ${result.execution}, which did not end`;
  }
  if (result.padding !== record.plan.payload.padding) yield 'has another result than its execution returned';
}

function* runsAfterStop({ journal }: Evidence, { events }: TaskView): Generator<string> {
  for (const [index, series] of seriesOf(events).entries()) {
    const stopped = series.at(-1);
    if (stopped?.status !== 'Stopped') continue;
    const late = journal
      .filter((line) => line.series <= index + 1)
      .map(({ time }) => time - stopped.timestamp)
      .filter((lateMs) => lateMs > CLOCK_TOLERANCE_MS);
    if (late.length > 0) yield `ran on for ${Math.max(...late)} ms after Stopped`;
  }
}

/** An execution that began before another had ended: a run was taken for dead, and its code still ran. */
function overlaps({ journal }: Evidence): string[] {
  const spans = [...Map.groupBy(journal, ({ execution }) => execution).values()]
    .map((lines) => ({ start: lines[0]?.time ?? 0, end: lines.at(-1)?.time ?? 0 }))
    .sort((a, b) => a.start - b.start);
  const longest = Math.max(0, ...spans.map(({ start }, index) => (spans[index - 1]?.end ?? start) - start));
  return longest > 0 ? [`ran twice at once for ${longest} ms`] : [];
}

function count(series: Series, wanted: TaskStatus): number {
  return series.filter(({ status }) => status === wanted).length;
}
