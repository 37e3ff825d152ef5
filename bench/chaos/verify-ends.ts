import { isTerminal, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import type { TaskView } from './chaos-client.ts';
import { CHAOS_FUNCTIONS } from './functions.ts';
import { seriesOf } from './history.ts';
import type { Evidence, Offence } from './verify-task.ts';
import type { Delivery } from './webhook-receiver.ts';

/** One end that a destination is to be told of. */
export interface ToldEnd {
  readonly series: number;
  readonly status: TaskStatus;
}

/** Lists the ends that the webhook is to be told of: one for each series that ended otherwise than Stopped. */
export function endsToTell({ record }: Pick<Evidence, 'record'>, view: TaskView): ToldEnd[] {
  if (!CHAOS_FUNCTIONS[record.plan.functionName].isTold) return [];
  return seriesOf(view.events).flatMap((series, index) => {
    const status = series.at(-1)?.status ?? 'Enqueued';
    return isTerminal(status) && status !== 'Stopped' ? [{ series: index + 1, status }] : [];
  });
}

/** Each end must be told at least once, under one id; and no other may be. */
export function verifyToldEnds(evidence: Omit<Evidence, 'journal'>, view: TaskView): Offence[] {
  const { record, deliveries } = evidence;
  const offence = (kind: Offence['kind'], text: string): Offence => ({ kind, taskId: record.plan.id, text });
  const ends = endsToTell(evidence, view).map(nameOf);
  const byEnd = Map.groupBy(deliveries, nameOf);
  return [
    ...ends
      .filter((end) => !byEnd.get(end)?.some(({ isTaken }) => isTaken))
      .map((end) => offence('never told', `the webhook did not take that it ended ${end}`)),
    ...[...byEnd.keys()]
      .filter((end) => !ends.includes(end))
      .map((end) => offence('illegal', `the webhook was told that it ended ${end}, which it did not`)),
    ...idOffences(byEnd).map((text) => offence('illegal', text)),
  ];
}

/**
 * An invocation without a record runs at least once: it must have been executed to its end, or told as failed. However it
 * ended, the webhook must have taken it. Copies of it may have ended otherwise.
 */
export function verifyInvocation({ record, journal, deliveries }: Omit<Evidence, 'view'>): Offence[] {
  const offence = (kind: Offence['kind'], text: string): Offence => ({ kind, taskId: record.plan.id, text });
  const surprises = record.surprises.map((text) => offence('illegal', text));
  if (!record.isAccepted) return surprises;
  const taken = deliveries.filter(({ isTaken }) => isTaken);
  const isDone = journal.some(({ what }) => what === 'end');
  const isToldFailed = taken.some(({ status }) => status !== 'Succeeded');
  // The client may have submitted it more than once: each of these invocations has ends of its own.
  const byEnd = Map.groupBy(deliveries, ({ requestId, status }) => `${status} for request ${requestId}`);
  return [
    ...surprises,
    ...(isDone || isToldFailed
      ? []
      : [offence('lost', 'was neither executed to its end nor told as failed')]),
    ...(taken.length > 0 ? [] : [offence('never told', 'the webhook took no end of it')]),
    ...idOffences(byEnd).map((text) => offence('illegal', text)),
  ];
}

function nameOf({ series, status }: ToldEnd | Delivery): string {
  return `${status} in series ${series}`;
}

function idOffences(byEnd: ReadonlyMap<string, readonly Delivery[]>): string[] {
  return [...byEnd].flatMap(([end, deliveries]) => {
    const ids = new Set(deliveries.map(({ webhookId }) => webhookId));
    return ids.size > 1 ? [`the webhook was told ${end} under ${ids.size} ids`] : [];
  });
}
