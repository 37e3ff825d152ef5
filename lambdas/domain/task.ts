/**
 * Words, one per concept:
 * - task: one submitted piece of work, known by function name and taskId for 7 days after it ended.
 * - payload: the JSON text it was submitted with. Result: the JSON text that its function returned.
 * - attempt: one run of the user's code. Series: the attempts from a submit or a redrive to a terminal status.
 * - due time: when the task may first run. Lease: until when a run is believed alive without another word from it.
 * - invocation: a call of a function that is no task: synchronous, or asynchronous with task mode off.
 * - tenant: for whom a task is done: its caller, or one of the caller's customers. Workers are shared fairly among them.
 * - wake-up: the SQS message that makes a worker look at a task. It carries no state.
 * - wake time: when the sweep is to see to a task that no message stands for.
 * - destination: who is told how a task ended. Follow-up: what is still to be done after a task's end, which is that.
 *   Delivery: one try to tell a destination.
 * - waiter: the state of a workflow that waits for a task. To be answered is a follow-up, too.
 * - shard: one of the partitions over which a function's index entries are spread.
 * - submissionId, runId: who wrote. A submit signs with the one, each run with its own other.
 * Instants end in `Time` and are epoch milliseconds; `expiresAt` is epoch seconds, as DynamoDB's TTL wants it.
 */
import type { TaskFailure } from './failure.ts';
import type { TaskStatus, TerminalStatus, UnfinishedStatus } from './lifecycle.ts';
import { EVENT_AGE_SECONDS_RANGE, EVENTS_KEPT, RETENTION_SECONDS } from './limits.ts';
import type { Trace } from './trace.ts';
import type { Waiter } from './waiter.ts';

export interface TaskKey {
  readonly functionName: string;
  readonly taskId: string;
}

/** What a message about a task says, and for whom it is sent. */
export interface Addressed extends TaskKey {
  readonly tenant: string;
}

/** The way of the message by which a task is taken up: when it was sent, and when the event source received it. */
export interface MessageHops {
  readonly sentTime: number;
  readonly receivedTime: number;
}

/** One step in a task's history. The first of those by which it is taken up has the way of the message. */
export interface TaskEventRecord extends Partial<MessageHops> {
  readonly status: TaskStatus;
  readonly timestamp: number;
  /** JSON text. */
  readonly eventDetail?: string;
  /** Where the run was that ended without success: its log is there. */
  readonly instanceId?: string;
}

/** A text kept in the row, or the key of the object that holds it. */
export type StoredText = { readonly text: string } | StoredObject;

export interface StoredObject {
  readonly objectKey: string;
  /** Of a payload's bytes, by which a duplicate's are told from them without reading the object. */
  readonly digest?: string;
}

/** The async-invoke configuration that a task runs under, taken when it was submitted. */
export interface TaskConfig {
  readonly maxAsyncRetryAttempts: number;
  readonly maxAsyncEventAgeInSeconds: number;
  readonly destinations?: Destinations;
}

/** Who is told how a task ended, as ARNs. */
export interface Destinations {
  /** Of Succeeded. */
  readonly onSuccess?: string;
  /** Of Failed, Expired and Invalid. */
  readonly onFailure?: string;
}

export interface SubmittedFields extends TaskKey {
  /** Counts the moves of the task and the workflows that began to wait for it. Rows of 0.1.0's first form have none. */
  readonly version?: number;
  readonly series: number;
  readonly submissionId: string;
  readonly submitTime: number;
  readonly dueTime: number;
  /** Not started before this instant: the due time first, the end of the back-off later. */
  readonly notBefore: number;
  /**
   * Set while the sweep is to see to the task: one that is due later than a message can be delayed, and one whose
   * destination is still to be told.
   */
  readonly wakeTime?: number;
  /** When the sweep last sent the wake-up again, as if it were lost. */
  readonly resentTime?: number;
  /** Signs the latest move: who made it knows it again. */
  readonly writeId?: string;
  /** A task that was not started by this instant expires. */
  readonly startDeadline: number;
  /** How many attempts were started and counted, in this series. */
  readonly attempt: number;
  /** How often in a row the task was handed back because it could not run, and when that happened first. */
  readonly handBacks?: number;
  readonly handedBackTime?: number;
  readonly events: readonly TaskEventRecord[];
  /** How many events of a long history are not kept, from its middle. */
  readonly droppedEvents?: number;
  readonly payload: StoredText;
  readonly requestId: string;
  /** Who submitted it: the caller's ARN. */
  readonly caller?: string;
  readonly tenant: string;
  /** Where its submit belongs in somebody's trace. */
  readonly trace?: Trace;
  readonly config: TaskConfig;
  /** Who waits for it in a workflow. */
  readonly waiter?: Waiter;
  readonly expiresAt: number;
}

interface RunFields {
  readonly runId: string;
  readonly startTime: number;
  readonly leaseUntil: number;
  readonly instanceId: string;
}

interface EndFields extends Partial<RunFields> {
  readonly endTime: number;
  /** Run time of the last attempt in milliseconds; absent when the task never ran. */
  readonly durationMs?: number;
  /** Whether its destination is told: marked by the write that ends the task; absent when nobody is to be told. */
  readonly followUp?: 'pending' | 'delivered' | 'failed';
  /** How often its destination was tried, and why it was not told the last time. */
  readonly followUpAttempts?: number;
  readonly followUpError?: string;
  /** When the next try is due, after the first. */
  readonly nextDeliveryTime?: number;
  /** Its workflow was answered, and its destination is still to be told. */
  readonly isWaiterAnswered?: true;
}

/** Which further fields a task has in each status. */
interface StatusFields extends Record<TaskStatus, object> {
  Enqueued: Partial<RunFields>;
  Processed: Partial<RunFields>;
  Retrying: Partial<RunFields> & { readonly error?: TaskFailure };
  Running: RunFields & { readonly error?: TaskFailure };
  Stopping: RunFields & { readonly error?: TaskFailure };
  Succeeded: EndFields & RunFields & { readonly result: StoredText };
  Failed: EndFields & { readonly error: TaskFailure };
  Stopped: EndFields & { readonly error?: TaskFailure };
  Expired: EndFields;
  Invalid: EndFields;
}

export type TaskIn<S extends TaskStatus> = {
  [K in S]: SubmittedFields & { readonly status: K } & StatusFields[K];
}[S];

export type Task = TaskIn<TaskStatus>;
export type UnfinishedTask = TaskIn<UnfinishedStatus>;
export type EndedTask = TaskIn<TerminalStatus>;
export type RunningTask = TaskIn<'Running'>;

/** Whose a stored text is, and since when it is kept: its object's key and age must agree with these. */
export interface TextOwner {
  readonly functionName: string;
  /** Or the id of an invocation without a record; absent where a text can only be of an end that is kept aside. */
  readonly taskId?: string;
  /** An instant in milliseconds. */
  readonly since: number;
}

/** Tells whose a task's payload is. It is kept since the submit, and a redrive copies it. */
export function payloadOwner({ functionName, taskId, series, submitTime, dueTime }: Task): TextOwner {
  return { functionName, taskId, since: series > 1 ? dueTime : submitTime };
}

/** Tells whose a task's result is. */
export function resultOwner({ functionName, taskId, endTime }: TaskIn<'Succeeded'>): TextOwner {
  return { functionName, taskId, since: endTime };
}

/** Tells until when a task must have started: within its event age, and while the state waits that waits for it. */
export function startDeadlineOf(dueTime: number, config: TaskConfig, waiter: Waiter | undefined): number {
  const deadline = dueTime + config.maxAsyncEventAgeInSeconds * 1000;
  return Math.min(deadline, waiter?.untilTime ?? deadline);
}

/** Tells when a task that has not started is forgotten: TTL must never take one that can still run. */
export function expiresAtOf(dueTime: number, config: TaskConfig): number {
  return Math.ceil(dueTime / 1000) + config.maxAsyncEventAgeInSeconds + RETENTION_SECONDS;
}

/** Tells when a task that starts now is forgotten unless another write comes. */
export function expiresAtOfStart(startTime: number): number {
  return Math.ceil(startTime / 1000) + EVENT_AGE_SECONDS_RANGE.max + RETENTION_SECONDS;
}

/** Tells when a task that ends now is forgotten. */
export function expiresAtOfEnd(endTime: number): number {
  return Math.ceil(endTime / 1000) + RETENTION_SECONDS;
}

/** Tells whether readers still see the task, whatever TTL has deleted by now. */
export function isReadable(task: Pick<Task, 'expiresAt'>, now: number): boolean {
  return task.expiresAt * 1000 > now;
}

/** Spreads task ids evenly over `shardCount` shards (FNV-1a, 32 bits). */
export function shardOf(taskId: string, shardCount: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < taskId.length; index += 1) {
    hash = Math.imul(hash ^ taskId.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % shardCount;
}

/** Fifteen digits hold every instant until the year 33658, so that text order is time order. */
const TIME_DIGITS = 15;

/** The order of lists: by submit time, then by id. Written once, never changed. */
export function sortKeyOf(submitTime: number, taskId: string): string {
  return `${String(submitTime).padStart(TIME_DIGITS, '0')}#${taskId}`;
}

/** The bounds of the sort keys of tasks submitted from `begin` to `end`, both inclusive. */
export function sortKeyBounds(begin: number, end: number): { readonly low: string; readonly high: string } {
  // '~' sorts after every character that a task id can have.
  return { low: sortKeyOf(begin, ''), high: sortKeyOf(end, '~') };
}

/** Adds an event to a history, and drops from the middle of one that has grown long. */
export function withEvent(
  { events, droppedEvents = 0 }: Pick<Task, 'events' | 'droppedEvents'>,
  event: TaskEventRecord,
): Pick<Task, 'events' | 'droppedEvents'> {
  const all = [...events, event];
  const excess = all.length - EVENTS_KEPT.first - EVENTS_KEPT.last;
  if (excess <= 0) return { events: all };
  return {
    events: [...all.slice(0, EVENTS_KEPT.first), ...all.slice(EVENTS_KEPT.first + excess)],
    droppedEvents: droppedEvents + excess,
  };
}

/** Why and how often a task was handed back in a row: the detail of the one event that stands for all of these runs. */
export interface HandBackDetail {
  readonly handBacks: number;
  readonly firstTime: number;
  /** When the last of these runs began; the event's `instanceId` is where. */
  readonly startTime?: number;
  readonly cause: string;
}

/** Reads the detail of an event that stands for runs which were handed back, or returns undefined for any other event. */
export function handBackDetailOf(event: TaskEventRecord | undefined): HandBackDetail | undefined {
  const eventDetail = event?.eventDetail;
  if (!eventDetail?.startsWith('{"handBacks":')) return undefined;
  return JSON.parse(eventDetail) as HandBackDetail;
}

type HandedBackTask = Pick<SubmittedFields, 'events' | 'droppedEvents'> &
  Partial<Pick<RunFields, 'startTime' | 'instanceId'>>;

/**
 * Folds the run that is handed back, and those handed back right before it, into one event: a target that throttles for a
 * day must not fill the history.
 */
export function withHandBack(
  { events, droppedEvents = 0, startTime, instanceId }: HandedBackTask,
  { status, now, cause }: { readonly status: TaskStatus; readonly now: number; readonly cause: string },
): Pick<Task, 'events' | 'droppedEvents'> {
  const before = [...events];
  for (const step of ['Running', 'Processed'] as const) {
    if (before.at(-1)?.status === step) before.pop();
  }
  const last = before.at(-1);
  const earlier = last?.status === status ? handBackDetailOf(last) : undefined;
  if (earlier) before.pop();
  const { handBacks = 0, firstTime = now } = earlier ?? {};
  const detail: HandBackDetail = {
    handBacks: handBacks + 1,
    firstTime,
    ...(startTime !== undefined && { startTime }),
    cause,
  };
  const event = { status, timestamp: now, eventDetail: JSON.stringify(detail) };
  return withEvent(
    { events: before, droppedEvents },
    { ...event, ...(instanceId !== undefined && { instanceId }) },
  );
}
