import {
  type FollowedTask,
  followUpMark,
  isFollowUpPending,
  type NextDelivery,
} from '../domain/follow-up.ts';
import {
  type StatusIn,
  sourcesOf,
  statusesIn,
  type TaskEvent,
  type TaskStatus,
  TERMINAL_STATUSES,
} from '../domain/lifecycle.ts';
import { EARLY_START_MS } from '../domain/limits.ts';
import { CREATED, type MetricValues, metricsOfMove } from '../domain/metrics.ts';
import {
  expiresAtOfStart,
  isReadable,
  type MessageHops,
  type RunningTask,
  shardOf,
  type Task,
  type TaskEventRecord,
  type TaskKey,
  withEvent,
  withHandBack,
} from '../domain/task.ts';
import { isTaskIn } from '../domain/task-group.ts';
import type { Waiter } from '../domain/waiter.ts';
import { asRead, listed, statusValues, versionOf } from './task-guards.ts';
import { stateShardOf, toAttributes, toItem } from './task-item.ts';
import { TaskRows, type TaskRowsOptions, type WriteOutcome } from './task-rows.ts';
import { Update } from './update-expression.ts';

export interface Run {
  readonly runId: string;
  readonly now: number;
  readonly leaseUntil: number;
  readonly instanceId: string;
  readonly hops?: MessageHops | undefined;
}

/** What a write changes beside the status. An `undefined` value removes the field; a wake time goes unless it is given. */
export interface Change {
  readonly now: number;
  readonly eventDetail?: string | undefined;
  readonly fields?: Readonly<Record<string, unknown>> & { readonly wakeTime?: number };
  /** Why a run is handed back: its events fold into one. */
  readonly handBackCause?: string;
  /** Lets the write through only while the lease still ends then: the run has given no heartbeat since. */
  readonly leaseUntil?: number | undefined;
}

/** Until when a run is believed alive, and when that was said. */
export interface Lease {
  readonly now: number;
  readonly leaseUntil: number;
}

/** A state of a workflow that begins to wait for a task, and until when the task must have started then. */
export interface Attachment {
  readonly waiter: Waiter;
  readonly startDeadline: number;
}

export type FailedDeliveryNote = NextDelivery['note'] & { readonly followUpError: string };

/** The row of an end that no delivery has been tried of. */
const NO_DELIVERY = { followUpAttempts: undefined, followUpError: undefined, nextDeliveryTime: undefined };

export interface TaskStoreOptions extends TaskRowsOptions {
  /** Over how many shards index entries written from here are spread. */
  readonly shardCount: number;
  /**
   * Whether a worker writes here: its role, which runs user code, may neither write nor compare what submits write.
   * @default false
   */
  readonly isOfRun?: boolean;
  /** Takes what is to be counted of each write that was made, once. */
  readonly countMetrics?: (functionName: string, values: MetricValues) => void;
}

/** A write of this store, over a task as it was read and to a status. */
interface Write {
  /** Signs it in the row. The same when the write is repeated, for whatever reason. */
  readonly writeId: string;
  isCounted: boolean;
}

/**
 * The task table. Each status write carries its guard, derived from the lifecycle table, and the signature of
 * who writes.
 */
export class TaskStore {
  readonly #options: TaskStoreOptions;
  readonly #rows: TaskRows;
  readonly #writes = new WeakMap<Task, Map<TaskStatus, Write>>();

  constructor(options: TaskStoreOptions) {
    this.#options = options;
    this.#rows = new TaskRows(options);
  }

  /** Creates the task, unless its id is taken by a task that is not forgotten yet. */
  async create(task: Task, now: number): Promise<WriteOutcome> {
    const item = toItem(task, this.#options.shardCount);
    // A row that no submit wrote takes no id: a worker's role can create such rows.
    const isForgotten = {
      ConditionExpression: `attribute_not_exists(submissionId) OR (expiresAt <= :now AND #status IN (${listed(TERMINAL_STATUSES)}))`,
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ...toAttributes({ ':now': Math.floor(now / 1000) }),
        ...statusValues(TERMINAL_STATUSES),
      },
    };
    const isOwn = ({ submissionId }: Task) => submissionId === task.submissionId;
    const outcome = await this.#rows.put(task, item, isForgotten, isOwn);
    if (outcome.isWritten) this.#count(task, this.#writeOf(task, task.status), CREATED);
    return outcome;
  }

  /** Reads one task, consistently; undefined when there is none or its time to be read is over. */
  async get(key: TaskKey, now: number): Promise<Task | undefined> {
    const task = await this.#rows.read(key);
    return task && isReadable(task, now) ? task : undefined;
  }

  /** Reads one task as it was up to a moment ago, for half the price; undefined as with `get`. */
  async peek(key: TaskKey, now: number): Promise<Task | undefined> {
    const task = await this.#rows.read(key, false);
    return task && isReadable(task, now) ? task : undefined;
  }

  /**
   * Starts an attempt of a task that is in status `from`, in one write that also returns the row: the attempt counted,
   * the run's signature and lease. From Enqueued it was dequeued and starts at once, which is two events in one write.
   */
  async start(
    key: TaskKey,
    run: Run,
    from: StatusIn<'waiting'> = 'Enqueued',
  ): Promise<WriteOutcome<RunningTask>> {
    const { now, runId, leaseUntil, instanceId, hops } = run;
    const steps: readonly TaskStatus[] = from === 'Enqueued' ? ['Processed', 'Running'] : ['Running'];
    const update = new Update()
      .set({ status: 'Running', runId, leaseUntil, lookFrom: leaseUntil, instanceId, startTime: now })
      .set({ stateShard: this.#stateShard(key, 'Running'), expiresAt: expiresAtOfStart(now) })
      .set({ wakeTime: undefined })
      .add({ attempt: 1, version: 1 })
      .append(
        'events',
        steps.map((status, index) => ({ status, timestamp: now, ...(index === 0 && hops) })),
      )
      .whenSame({ status: from })
      .when('notBefore <= :soon', toAttributes({ ':soon': now + EARLY_START_MS }));
    if (sourcesOf('expire', 'Expired').includes(from)) {
      update.when('startDeadline >= :now', toAttributes({ ':now': now }));
    }
    const isOwn = (row: Task) => row.status === 'Running' && row.runId === runId;
    const outcome = await this.#rows.update(key, update, isOwn);
    if (!outcome.isWritten) return outcome;
    const { task } = outcome;
    return task.status === 'Running' ? { isWritten: true, task } : { isWritten: false, current: task };
  }

  /**
   * Moves the task as it was read: from a status that `event` leads to `to` from, in the same run once it runs, and not if
   * anything has moved it or begun to wait for it since. If a destination or a workflow is to hear of this end, the same
   * write marks the task with that and has the sweep repeat it, whoever writes.
   */
  async move(task: Task, event: TaskEvent, to: TaskStatus, change: Change): Promise<WriteOutcome> {
    const sources = sourcesOf(event, to);
    const { now, eventDetail } = change;
    const { wakeTime, ...fields } = { ...change.fields, ...followUpMark(task, to, now) };
    const write = this.#writeOf(task, to);
    const { writeId } = write;
    const update = this.#asRead(new Update(), task)
      .set({ ...fields, writeId, version: versionOf(task) + 1, status: to, wakeTime })
      .set({ stateShard: this.#stateShard(task, to), ...(to !== 'Stopping' && { lookFrom: undefined }) })
      .set(
        change.handBackCause === undefined
          ? withEvent(task, {
              status: to,
              timestamp: now,
              ...(eventDetail !== undefined && { eventDetail }),
              ...ranOn(task, to),
            })
          : withHandBack(task, { status: to, now, cause: change.handBackCause }),
      )
      .when(`#status IN (${listed(sources)})`, statusValues(sources))
      .whenSame({ leaseUntil: change.leaseUntil });
    const outcome = await this.#rows.update(task, update, (row) => row.writeId === writeId);
    if (outcome.isWritten) this.#count(task, write, metricsOfMove(task, to, now));
    return outcome;
  }

  /** Has a state of a workflow wait for a task as it was read; returns false if anything has moved it since. */
  async attach(task: Task, attachment: Attachment): Promise<boolean> {
    const update = this.#asRead(new Update(), task)
      .set({ ...attachment, version: versionOf(task) + 1 })
      .whenSame({ status: task.status });
    return (await this.#rows.update(task, update)).isWritten;
  }

  /**
   * Notes that the workflow which waits for an ended task was answered, and begins to count the tries of its destination.
   * @returns the task as it is then, or undefined if it was run again since
   */
  async noteWaiterAnswered(task: FollowedTask): Promise<FollowedTask | undefined> {
    const update = new Update()
      .set({ isWaiterAnswered: true, ...NO_DELIVERY })
      .whenSame({ status: task.status, followUp: task.followUp });
    const outcome = await this.#rows.update(task, this.#asRead(update, task));
    return outcome.isWritten && isFollowUpPending(outcome.task) ? outcome.task : undefined;
  }

  /** Notes that the follow-up of an ended task is done, even if it was given up since. */
  async endFollowUp(task: FollowedTask): Promise<void> {
    const update = new Update()
      .set({
        ...NO_DELIVERY,
        followUp: 'delivered',
        followUpAttempts: (task.followUpAttempts ?? 0) + 1,
        wakeTime: undefined,
      })
      .whenSame({ status: task.status });
    await this.#rows.update(task, this.#asRead(update, task));
  }

  /** Notes that a try failed and when the next one is due, unless the follow-up was done or tried since. */
  async noteFailedDelivery(task: FollowedTask, note: FailedDeliveryNote): Promise<boolean> {
    const update = new Update()
      .set(note)
      .whenSame({ status: task.status, followUpAttempts: task.followUpAttempts ?? null })
      .whenSame({ followUp: task.followUp });
    return (await this.#rows.update(task, this.#asRead(update, task))).isWritten;
  }

  /**
   * Sets the end of a run's lease, keeps the row from being forgotten, and returns the task as it is then. Changes nothing
   * if the run is over or another's. Writes no index entry.
   */
  async extendLease(key: TaskKey, runId: string, lease: Lease): Promise<Task | undefined> {
    const { now, leaseUntil } = lease;
    const update = new Update()
      .set({ leaseUntil, expiresAt: expiresAtOfStart(now) })
      .when(`#status IN (${listed(LEASED)})`, statusValues(LEASED))
      .whenSame({ runId });
    const outcome = await this.#rows.update(key, update);
    return outcome.isWritten ? outcome.task : outcome.current;
  }

  #asRead(update: Update, task: Task): Update {
    return asRead(update, task, this.#options.isOfRun ?? false);
  }

  #stateShard({ functionName, taskId }: TaskKey, status: TaskStatus): string | undefined {
    return stateShardOf(functionName, status, shardOf(taskId, this.#options.shardCount));
  }

  #writeOf(task: Task, to: TaskStatus): Write {
    const writes = this.#writes.get(task) ?? new Map<TaskStatus, Write>();
    const write = writes.get(to) ?? { writeId: crypto.randomUUID(), isCounted: false };
    this.#writes.set(task, writes.set(to, write));
    return write;
  }

  /** A write that is repeated, since the one before seemed to have failed, counts once. */
  #count(task: Task, write: Write, values: MetricValues): void {
    if (!write.isCounted) this.#options.countMetrics?.(task.functionName, values);
    write.isCounted = true;
  }
}

/** The statuses of a task whose code runs. */
const LEASED = statusesIn('running');

/** The row keeps the instance of the last run only: the end of a run that others may follow tells its own. */
function ranOn(task: Task, to: TaskStatus): Pick<TaskEventRecord, 'instanceId'> {
  const isEnd = isTaskIn(task, 'running') && to !== 'Stopping' && to !== 'Succeeded';
  return isEnd ? { instanceId: task.instanceId } : {};
}
