import { parseMessage } from '../aws/message.ts';
import type { CountMetrics } from '../aws/metric-log.ts';
import type { MetricName } from '../domain/metrics.ts';
import {
  type DeliverDependencies,
  type Delivery,
  deliverFollowUp,
  deliverKeptEnd,
} from './deliver-follow-up.ts';

/** A message of a follow-up queue, as the event source hands it over. */
export interface FollowUpRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
}

/** What is logged of follow-ups. Those that go as they should are not. */
export interface FollowUpLog {
  readonly dropped: (about: {
    readonly messageId: string;
    readonly queue: string;
    readonly reason: string;
  }) => void;
  readonly notDelivered: (about: object & { readonly isTriedAgain: boolean; readonly error: string }) => void;
  /** The message comes again. */
  readonly notHandled: (about: object & { readonly error: string }) => void;
}

export interface DeliverBatchDependencies extends DeliverDependencies {
  readonly countMetrics: CountMetrics;
  readonly log: FollowUpLog;
}

interface Handled {
  readonly isDone: boolean;
  readonly functionName?: string;
  readonly outcome?: Delivery['outcome'];
}

/**
 * Handles the messages of one batch side by side. One that is done is deleted at once: it does not wait for the slowest.
 * @returns the ids of the messages that must come again
 */
export async function deliverFollowUps(
  deps: DeliverBatchDependencies,
  records: readonly FollowUpRecord[],
): Promise<string[]> {
  const { queue, queueUrl } = deps;
  let left = records.length;
  const handled = await Promise.all(
    records.map(async (record) => {
      const outcome = await handle(deps, record);
      left -= 1;
      // The event source deletes the others, and this one as well if it is not gone by then.
      if (outcome.isDone && left > 0)
        await queue.delete(queueUrl, record.receiptHandle).catch(() => undefined);
      return outcome;
    }),
  );
  countOutcomes(deps, handled);
  return records.filter((_, index) => !handled[index]?.isDone).map(({ messageId }) => messageId);
}

async function handle(deps: DeliverBatchDependencies, { messageId, body }: FollowUpRecord): Promise<Handled> {
  const { log, queueUrl } = deps;
  const queue = queueUrl.split('/').at(-1) ?? queueUrl;
  const message = parseMessage(body);
  if (!message || message.kind === 'invocation') {
    log.dropped({ messageId, queue, reason: 'it is not the key of a task or of a kept end' });
    return { isDone: true, outcome: 'dropped' };
  }
  const { functionName } = message.key;
  try {
    const delivery =
      message.kind === 'keptEnd'
        ? await deliverKeptEnd(deps, message.key)
        : await deliverFollowUp(deps, message.key);
    const { outcome } = delivery;
    if (outcome === 'dropped') log.dropped({ ...message.key, messageId, queue, reason: delivery.reason });
    if ('error' in delivery) {
      const error = describeCause(delivery.error);
      log.notDelivered({ ...message.key, isTriedAgain: outcome !== 'given up', error });
    }
    return { isDone: true, functionName, outcome };
  } catch (error) {
    log.notHandled({ ...message.key, error: describeCause(error) });
    return { isDone: false };
  }
}

const COUNTED = {
  DestinationDeliveredCount: ['delivered'],
  DestinationErrorCount: ['again', 'later', 'given up'],
  DestinationGivenUpCount: ['given up'],
} as const satisfies { readonly [Name in MetricName]?: readonly Delivery['outcome'][] };

/** Writes one line for each function of a batch, and one for what was dropped, which no function can be believed of. */
function countOutcomes({ countMetrics }: DeliverBatchDependencies, handled: readonly Handled[]): void {
  const [dropped, others] = [true, false].map((isDropped) =>
    handled.filter(({ outcome }) => (outcome === 'dropped') === isDropped),
  );
  if (dropped?.length) countMetrics(undefined, { DroppedMessageCount: dropped.length });
  for (const [functionName, ofFunction] of Map.groupBy(others ?? [], (each) => each.functionName)) {
    const counts = Object.entries<readonly (Delivery['outcome'] | undefined)[]>(COUNTED).map(
      ([name, outcomes]) =>
        [name, ofFunction.filter(({ outcome }) => outcomes.includes(outcome)).length] as const,
    );
    const values = Object.fromEntries(counts.filter(([, count]) => count > 0));
    if (Object.keys(values).length > 0) countMetrics(functionName, values);
  }
}

function describeCause(error: unknown): string {
  return String(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
