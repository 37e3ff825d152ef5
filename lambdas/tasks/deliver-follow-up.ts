import type { AllowedDestinations } from '../aws/allowed-destinations.ts';
import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { FailedDeliveryNote, TaskStore } from '../aws/task-store.ts';
import type { Waiters } from '../aws/waiters.ts';
import {
  type AllowedDestination,
  DeliveryError,
  type DestinationKind,
  type FollowUpMessage,
  parseDestination,
} from '../domain/destination.ts';
import {
  destinationOf,
  type FollowedTask,
  followUpBody,
  followUpId,
  isFollowUpPending,
  nextDelivery,
} from '../domain/follow-up.ts';
import type { EndedInvocation } from '../domain/invocation.ts';
import { resultOwner, type TaskKey } from '../domain/task.ts';
import { answerTo, isAnswered } from '../domain/waiter.ts';
import { readText, readTexts } from './get-task.ts';

/** One kind of destination. */
export interface Destination {
  readonly deliver: (destination: AllowedDestination, message: FollowUpMessage) => Promise<void>;
}

export interface DeliverDependencies {
  readonly store: TaskStore;
  readonly registry: FunctionRegistry;
  readonly payloads: PayloadStore;
  readonly allowedDestinations: AllowedDestinations;
  readonly destinations: Readonly<Record<DestinationKind, Destination>>;
  readonly waiters: Waiters;
  readonly clock: () => number;
}

export type Delivery =
  /** Nobody was to be told, or no more. */
  | { readonly outcome: 'none' }
  | { readonly outcome: 'delivered' }
  /** It was not told. Tried again when the same message comes again, by the sweep, or no more. */
  | { readonly outcome: 'again' | 'later' | 'given up'; readonly error: unknown };

/**
 * Tells a workflow that waits for a task, and the task's destination, how it ended, then notes that this is done: who
 * dies in between has it told twice, under one id. That it could not be told is noted as well, and when it is tried again. A task of which nobody is to be
 * told, or no more, is left alone.
 * @throws TaskModeError when AWS does not let the task be read or noted. It stays marked.
 */
export async function deliverFollowUp(deps: DeliverDependencies, key: TaskKey): Promise<Delivery> {
  const task = await deps.store.find(key, deps.clock());
  if (!task || !isFollowUpPending(task)) return { outcome: 'none' };
  await answerWaiter(deps, task);
  if (destinationOf(task.config, task.status) === undefined) {
    await deps.store.endFollowUp(task);
    return { outcome: 'delivered' };
  }
  const delivery = await tell(deps, task, (note) => deps.store.noteFailedDelivery(task, note));
  if (delivery.outcome === 'delivered') await deps.store.endFollowUp(task);
  return delivery;
}

/**
 * Tells a destination how an invocation ended that has no record. Where it does not take that, the end is kept as a row,
 * and from then on handled as a task's.
 * @param isRepeated - the message came before, and may have been kept then
 * @throws TaskModeError when AWS does not let the end be read or kept. Its message is what is left of it.
 */
export async function deliverInvocationEnd(
  deps: DeliverDependencies,
  ended: EndedInvocation,
  isRepeated: boolean,
): Promise<Delivery> {
  const isKept = isRepeated && (await deps.store.find(ended, deps.clock())) !== undefined;
  if (isKept) return deliverFollowUp(deps, ended);
  return tell(deps, ended, async ({ wakeTime, ...note }) => {
    const kept = { ...ended, ...note, ...(wakeTime !== undefined && { wakeTime }) };
    return (await deps.store.create(kept, deps.clock())).isWritten;
  });
}

/** Notes that a delivery failed; tells whether that is what counts, since nobody else was faster. */
type NoteFailure = (note: FailedDeliveryNote) => Promise<boolean>;

async function tell(deps: DeliverDependencies, task: FollowedTask, note: NoteFailure): Promise<Delivery> {
  const name = destinationOf(task.config, task.status) ?? '';
  const allowed = await deps.allowedDestinations.find(name, task.functionName, deps.clock());
  if (!allowed) return failed(deps, task, note, new DeliveryError('the deployment does not allow it'));
  const { kind } = parseDestination('destination', name);
  // Faults of AWS here are not the destination's.
  const message = await messageFor(deps, kind, task);
  try {
    await deps.destinations[kind].deliver(allowed, message);
  } catch (error) {
    return failed(deps, task, note, error);
  }
  return { outcome: 'delivered' };
}

/** Who waits in a workflow is answered first: a destination that is down must not hold it up. */
async function answerWaiter({ waiters, payloads }: DeliverDependencies, task: FollowedTask): Promise<void> {
  if (!task.waiter || !isAnswered(task.waiter, task.status)) return;
  const resultText =
    task.status === 'Succeeded' ? await readText(payloads, task.result, resultOwner(task)) : undefined;
  const answer = answerTo(task.waiter, task, resultText);
  if (answer) await waiters.answer(task.waiter.token, answer);
}

async function messageFor(
  { registry, payloads, clock }: DeliverDependencies,
  kind: DestinationKind,
  task: FollowedTask,
): Promise<FollowUpMessage> {
  const [record, { payloadText, resultText }] = await Promise.all([
    registry.find(task.functionName, clock()),
    readTexts(payloads, task),
  ]);
  const functionArn = record?.functionArn ?? '';
  const { status, endTime, trace } = task;
  const body = followUpBody(kind, task, { functionArn, payloadText, resultText });
  return { id: followUpId(task), body, status, endTime, functionArn, trace };
}

async function failed(
  { clock }: DeliverDependencies,
  task: FollowedTask,
  note: NoteFailure,
  error: unknown,
): Promise<Delivery> {
  const { isFinal, retryAfterSeconds } = error instanceof DeliveryError ? error : new DeliveryError('');
  const next = nextDelivery(task, { isFinal, retryAfterSeconds, now: clock() });
  const isNoted = await note({ ...next.note, followUpError: reasonOf(error) });
  return isNoted ? { outcome: next.outcome, error } : { outcome: 'none' };
}

/** Why, in words for whoever reads the task: of an error of AWS no more than its name. */
function reasonOf(error: unknown): string {
  if (error instanceof DeliveryError) return error.message;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? `it answered ${cause.name}` : 'it could not be told';
}
