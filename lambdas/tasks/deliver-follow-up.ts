import type { AllowedDestinations } from '../aws/allowed-destinations.ts';
import type { EndStore } from '../aws/end-store.ts';
import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { TaskQueue } from '../aws/task-queue.ts';
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
  type DeliveryRecord,
  destinationOf,
  type FollowedTask,
  followUpBody,
  isAnswerPending,
  isDeliveryDue,
  isFollowUpPending,
  nextDelivery,
} from '../domain/follow-up.ts';
import { type EndKey, submissionOf } from '../domain/kept-end.ts';
import { FOLLOW_UP_RETRY_SECONDS } from '../domain/limits.ts';
import { type ReportedEnd, readKeptEnd, readTaskEnd } from '../domain/reported-end.ts';
import type { TaskKey, TextOwner } from '../domain/task.ts';
import { answerTo, type Waiter } from '../domain/waiter.ts';
import { followUpId } from './follow-up-id.ts';
import { readText } from './get-task.ts';

/** One kind of destination. */
export interface Destination {
  readonly deliver: (destination: AllowedDestination, message: FollowUpMessage) => Promise<void>;
}

export interface DeliverDependencies {
  readonly store: TaskStore;
  readonly ends: EndStore;
  readonly registry: FunctionRegistry;
  readonly payloads: PayloadStore;
  readonly allowedDestinations: AllowedDestinations;
  /** The kinds that this function delivers to. */
  readonly destinations: Readonly<Partial<Record<DestinationKind, Destination>>>;
  /** Absent where workflows are not answered. */
  readonly waiters?: Waiters;
  readonly queue: TaskQueue;
  /** The queue that the messages come from. The ones that follow them go there. */
  readonly queueUrl: string;
  /** Where the keys of ends go that a webhook is to be told of; absent where webhooks are told. */
  readonly webhookQueueUrl?: string;
  readonly clock: () => number;
}

export type Delivery =
  /** There was nothing to do, or not yet. */
  | { readonly outcome: 'none' }
  | { readonly outcome: 'delivered' }
  /** The function that tells webhooks goes on. */
  | { readonly outcome: 'forwarded' }
  /** The row is not valid: nothing is done about it any more. */
  | { readonly outcome: 'dropped'; readonly reason: string }
  /** The try failed. The next is made by a message a minute later, by the sweep, or not at all. */
  | { readonly outcome: 'again' | 'later' | 'given up'; readonly error: unknown };

/**
 * Answers the workflow that waits for an ended task, then tells the task's destination, and notes each: if it dies in
 * between, they hear of it twice, under one id. A try that failed is noted with the time of the next one, and a message is
 * sent for that. Does nothing about a task whose follow-up is done, or is not due.
 * @throws TaskModeError if AWS does not let the row be read or written, or the message that must follow be sent. Then this
 * message must come again.
 */
export async function deliverFollowUp(deps: DeliverDependencies, key: TaskKey): Promise<Delivery> {
  const now = deps.clock();
  const task = await deps.store.get(key, now);
  if (!task || !isFollowUpPending(task) || !isDeliveryDue(task, now)) return { outcome: 'none' };
  const end = readTaskEnd(task, now);
  const followUp = taskFollowUp(deps, task, end);
  if (!end) return drop(followUp);
  if (!isAnswerPending(task)) return tellDestination(deps, end, followUp);
  if (!deps.waiters) return { outcome: 'none' };
  try {
    await answerWaiter(deps.waiters, deps.payloads, task.waiter, end);
  } catch (error) {
    return noteFailure(deps, followUp, error);
  }
  if (followUp.destination === undefined) return finish(followUp);
  // A destination that is down must not keep the state from being tried again: the answer is noted by itself.
  const answered = await deps.store.noteWaiterAnswered(task);
  return answered ? tellDestination(deps, end, taskFollowUp(deps, answered, end)) : { outcome: 'none' };
}

/**
 * Tells a destination of a kept end, and removes its row when that is done or given up. Otherwise as `deliverFollowUp`.
 * @throws TaskModeError as `deliverFollowUp`
 */
export async function deliverKeptEnd(deps: DeliverDependencies, key: EndKey): Promise<Delivery> {
  const { ends, queue } = deps;
  const now = deps.clock();
  const row = await ends.get(key, now);
  if (!row || !isDeliveryDue(row, now)) return { outcome: 'none' };
  const kept = readKeptEnd(key, row.ended, now);
  const remove = () => ends.delete(key);
  const followUp: FollowUp = {
    ...row,
    destination: kept && destinationOf(kept, kept.end.status),
    submissionId: submissionOf(key),
    noteDone: remove,
    noteFailed: async ({ followUp: state, ...note }) => {
      if (state === 'pending') return ends.noteFailedDelivery(key, row, note, deps.clock());
      await remove();
      return true;
    },
    send: (queueUrl, delaySeconds) => queue.sendKeptEnd(queueUrl, key, delaySeconds),
  };
  return kept ? tellDestination(deps, kept.end, followUp) : drop(followUp);
}

/** What is to be done about an end, and how its row is written. */
interface FollowUp extends DeliveryRecord {
  readonly destination: string | undefined;
  readonly submissionId: string;
  readonly noteDone: () => Promise<void>;
  /** Returns false if the row has changed since it was read: then another's try counts. */
  readonly noteFailed: (note: FailedDeliveryNote) => Promise<boolean>;
  readonly send: (queueUrl: string, delaySeconds: number) => Promise<void>;
}

function taskFollowUp(
  { store, queue }: DeliverDependencies,
  task: FollowedTask,
  end: ReportedEnd | undefined,
): FollowUp {
  const { submissionId, followUpAttempts, nextDeliveryTime } = task;
  return {
    ...{ submissionId, followUpAttempts, nextDeliveryTime },
    destination: end && destinationOf(task.config, end.status),
    noteDone: () => store.endFollowUp(task),
    noteFailed: (note) => store.noteFailedDelivery(task, note),
    send: (queueUrl, delaySeconds) => queue.send(queueUrl, task, delaySeconds),
  };
}

async function tellDestination(
  deps: DeliverDependencies,
  end: ReportedEnd,
  followUp: FollowUp,
): Promise<Delivery> {
  const { destination: name } = followUp;
  if (name === undefined) return finish(followUp);
  const kind = kindOf(name);
  if (kind === 'webhook' && deps.webhookQueueUrl !== undefined) {
    await followUp.send(deps.webhookQueueUrl, 0);
    return { outcome: 'forwarded' };
  }
  const destination = kind && deps.destinations[kind];
  // It came to the function that tells others.
  if (kind && !destination) return { outcome: 'none' };
  try {
    const allowed = await deps.allowedDestinations.find(name, end.functionName, deps.clock());
    if (!allowed || !destination) throw new DeliveryError('the deployment does not allow it');
    await destination.deliver(allowed, await messageFor(deps, kind, end, followUp));
  } catch (error) {
    return noteFailure(deps, followUp, error);
  }
  return finish(followUp);
}

function kindOf(name: string): DestinationKind | undefined {
  try {
    return parseDestination('destination', name).kind;
  } catch {
    return undefined;
  }
}

async function answerWaiter(
  waiters: Waiters,
  payloads: PayloadStore,
  waiter: Waiter,
  end: ReportedEnd,
): Promise<void> {
  const resultText =
    end.status === 'Succeeded' ? await readText(payloads, end.result, ownerOf(end)) : undefined;
  const answer = answerTo(waiter, end, resultText);
  if (answer) await waiters.answer(waiter.token, answer);
}

async function messageFor(
  { registry, payloads, clock }: DeliverDependencies,
  kind: DestinationKind,
  end: ReportedEnd,
  { submissionId }: FollowUp,
): Promise<FollowUpMessage> {
  const [record, payloadText, resultText] = await Promise.all([
    registry.find(end.functionName, clock()),
    readText(payloads, end.payload, ownerOf(end)),
    end.status === 'Succeeded' ? readText(payloads, end.result, ownerOf(end)) : undefined,
  ]);
  const functionArn = record?.functionArn ?? '';
  const id = followUpId(end, submissionId);
  const body = followUpBody(kind, end, { id, functionArn, payloadText, resultText });
  const { status, endTime, trace } = end;
  return { id, body, status, endTime, functionArn, trace };
}

/** Neither text is old enough at the end to have expired by the last try, so that a refusal of S3 is a fault of it. */
function ownerOf({ functionName, taskId, endTime }: ReportedEnd): TextOwner {
  return { functionName, taskId, since: endTime };
}

async function finish({ noteDone }: FollowUp): Promise<Delivery> {
  await noteDone();
  return { outcome: 'delivered' };
}

async function drop(followUp: FollowUp): Promise<Delivery> {
  const reason = 'its row is not valid';
  const { note } = nextDelivery(followUp, { isFinal: true, retryAfterSeconds: 0, now: 0 });
  await followUp.noteFailed({ ...note, followUpError: reason });
  return { outcome: 'dropped', reason };
}

/** Writes, then sends: if the message cannot be sent, the one that is handled comes again. */
async function noteFailure(
  { clock, queueUrl }: DeliverDependencies,
  followUp: FollowUp,
  error: unknown,
): Promise<Delivery> {
  const { isFinal, retryAfterSeconds } = error instanceof DeliveryError ? error : new DeliveryError('');
  const { outcome, note } = nextDelivery(followUp, { isFinal, retryAfterSeconds, now: clock() });
  const isNoted = await followUp.noteFailed({ ...note, followUpError: reasonOf(error) });
  if (!isNoted) return { outcome: 'none' };
  if (outcome === 'again') await followUp.send(queueUrl, FOLLOW_UP_RETRY_SECONDS);
  return { outcome, error };
}

/** Why, in words for whoever reads the task: of an error of AWS no more than its name. */
function reasonOf(error: unknown): string {
  if (error instanceof DeliveryError) return error.message;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? `it answered ${cause.name}` : 'it could not be told';
}
