import { randomUUID } from 'node:crypto';
import { BulkJobIndex } from '../../lambdas/aws/bulk-job-index.ts';
import { BulkJobStore } from '../../lambdas/aws/bulk-job-store.ts';
import { EndStore } from '../../lambdas/aws/end-store.ts';
import { EventSources } from '../../lambdas/aws/event-sources.ts';
import { FunctionSettings } from '../../lambdas/aws/function-settings.ts';
import { parseWakeUp } from '../../lambdas/aws/message.ts';
import { SweepIndex } from '../../lambdas/aws/sweep-index.ts';
import { SweepRows } from '../../lambdas/aws/sweep-rows.ts';
import {
  EVENT_AGE_SECONDS_RANGE,
  HEARTBEAT,
  HEARTBEAT_FREE_TIMEOUT_SECONDS,
  LEASE_SECONDS_RANGE,
  RETRY_ATTEMPTS_RANGE,
  STOP_POLL_MS,
  VISIBILITY_MARGIN_SECONDS,
} from '../../lambdas/domain/limits.ts';
import type { RunningTask } from '../../lambdas/domain/task.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { sweepTasks } from '../../lambdas/tasks/sweep-tasks.ts';
import { between } from '../chaos/random.ts';
import type { TableDescription } from './capacity.ts';
import type { Item } from './expression.ts';
import type { Received } from './memory-queues.ts';
import {
  CALLER,
  FOLLOW_UP_QUEUE_URL,
  FUNCTION_TABLE,
  QUEUE_URL,
  Simulation,
  TASK_TABLE,
} from './simulation.ts';

const SWEEP_PERIOD_MS = 60_000;

/** How long after it is due the sweep looks at a run. */
const SWEEP_LOOK_MS = { min: 300, max: 3000 } as const;

const HOUR_MS = 3_600_000;

const LEASE_MS = LEASE_SECONDS_RANGE.default * 1000;

export interface Crashes {
  readonly seed: number;
  readonly name: string;
  readonly taskTable: TableDescription;
  readonly lambdaTimeoutSeconds: number;
  /** How long a run has run when its process dies. */
  readonly ageSeconds: { readonly min: number; readonly max: number };
  /** The sweep fails for so long: then all runs die at its beginning. Otherwise they are spread over a minute. */
  readonly sweepDownSeconds: number;
  readonly tasks: number;
}

/** Returns for each of some runs how many seconds after the death of its process its task is Retrying. */
export async function playCrashes(crashes: Crashes): Promise<number[]> {
  const play = new CrashPlay(crashes);
  return play.run();
}

/** The workers of one function, all of whose processes die in a first attempt, and the sweep. */
class CrashPlay {
  readonly #crashes: Crashes;
  readonly #simulation: Simulation;
  readonly #crashTimes = new Map<string, number>();
  /** By row: how long after the crash it was written. */
  readonly #foundSeconds = new Map<string, number>();
  readonly #ages = new Map<string, number>();
  readonly #crashTime: number;
  readonly #sweepPhaseMs: number;

  constructor(crashes: Crashes) {
    const { seed, name, taskTable, ageSeconds } = crashes;
    this.#crashes = crashes;
    this.#simulation = new Simulation({
      seed,
      name,
      taskTable,
      maxAsyncRetryAttempts: RETRY_ATTEMPTS_RANGE.default,
      maxAsyncEventAgeInSeconds: EVENT_AGE_SECONDS_RANGE.default,
      onWrite: (before, after) => this.#note(before, after),
    });
    this.#crashTime = this.#simulation.time.clock() + ageSeconds.max * 1000 + SWEEP_PERIOD_MS;
    this.#sweepPhaseMs = this.#simulation.random() * SWEEP_PERIOD_MS;
  }

  async run(): Promise<number[]> {
    const { time, queues, random } = this.#simulation;
    const { tasks, ageSeconds, sweepDownSeconds, lambdaTimeoutSeconds } = this.#crashes;
    queues.consume({
      queueUrl: QUEUE_URL,
      visibilityMs: (lambdaTimeoutSeconds + VISIBILITY_MARGIN_SECONDS) * 1000,
      workers: Number.POSITIVE_INFINITY,
      handle: (message) => this.#handle(message),
    });
    for (let number = 0; number < tasks; number += 1) {
      const taskId = `task-${number}`;
      const ageMs = between(random, ageSeconds.min, ageSeconds.max) * 1000;
      this.#ages.set(taskId, ageMs);
      const spreadMs = sweepDownSeconds > 0 ? 0 : random() * SWEEP_PERIOD_MS;
      time.at(this.#crashTime + spreadMs - ageMs, () => void this.#simulation.submit(taskId));
    }
    const begin = time.clock();
    this.#planSweep(begin + this.#sweepPhaseMs);
    await time.run(() => this.#foundSeconds.size === tasks, begin + HOUR_MS);
    if (this.#foundSeconds.size < tasks) throw new Error('some dead runs were not found within an hour');
    return [...this.#foundSeconds.values()];
  }

  async #handle({ body, ...received }: Received): Promise<boolean> {
    const key = parseWakeUp(body);
    if (!key) throw new Error(`"${body}" is no wake-up`);
    const { lambdaTimeoutSeconds } = this.#crashes;
    const invocationEndTime = this.#simulation.time.clock() + lambdaTimeoutSeconds * 1000;
    const hasHeartbeats = lambdaTimeoutSeconds > HEARTBEAT_FREE_TIMEOUT_SECONDS;
    const deps = this.#simulation.workerDependencies({
      leaseMs: hasHeartbeats ? LEASE_MS : Number.POSITIVE_INFINITY,
      attemptNeedsMs: 0,
      stopEnd: 'cooperative',
      attempt: async (task) => {
        if (task.attempt === 1) await this.#runUntilCrash(task, invocationEndTime, hasHeartbeats);
        return { isSuccess: true, resultText: 'null' };
      },
    });
    await runTask(deps, { ...received, key, tenant: CALLER, runId: randomUUID(), invocationEndTime });
    return true;
  }

  /** Gives heartbeats as the supervisor does, and then nothing: never settles. */
  async #runUntilCrash(task: RunningTask, invocationEndTime: number, hasHeartbeats: boolean): Promise<never> {
    const { time, random } = this.#simulation;
    const { clock, sleep } = time;
    const store = this.#simulation.store(true);
    const crashTime = task.startTime + (this.#ages.get(task.taskId) ?? 0);
    this.#crashTimes.set(task.taskId, crashTime);
    let beatTime = task.startTime + HEARTBEAT.first * LEASE_MS;
    while (hasHeartbeats) {
      // It looks once a second whether one is due.
      await sleep(beatTime + random() * STOP_POLL_MS - clock());
      if (clock() >= crashTime) break;
      const leaseUntil = Math.min(clock() + LEASE_MS, invocationEndTime);
      await store.extendLease(task, task.runId, { now: clock(), leaseUntil });
      beatTime = clock() + HEARTBEAT.next * LEASE_MS;
    }
    return new Promise(() => undefined);
  }

  #note(before: Item | undefined, after: Item): void {
    const [, taskId = ''] = (after.pk?.S ?? '').split('#');
    const crashTime = this.#crashTimes.get(taskId);
    const { S: status } = after.status ?? {};
    if (crashTime === undefined || before?.status?.S !== 'Running' || status === 'Running') return;
    const now = this.#simulation.time.clock();
    if (this.#foundSeconds.has(taskId)) return;
    if (status !== 'Retrying' || now < crashTime) throw new Error(`the run of ${taskId} ended ${status}`);
    this.#foundSeconds.set(taskId, (now - crashTime) / 1000);
  }

  #planSweep(dueTime: number): void {
    const { time, random } = this.#simulation;
    const { sweepDownSeconds } = this.#crashes;
    const isDown = dueTime >= this.#crashTime && dueTime < this.#crashTime + sweepDownSeconds * 1000;
    const lookTime = dueTime + between(random, SWEEP_LOOK_MS.min, SWEEP_LOOK_MS.max);
    if (!isDown) time.at(lookTime, () => void this.#sweep());
    time.at(dueTime + SWEEP_PERIOD_MS, () => this.#planSweep(dueTime + SWEEP_PERIOD_MS));
  }

  async #sweep(): Promise<void> {
    const { tables, registry, queue, payloads, time, random } = this.#simulation;
    const taskTable = { client: tables, tableName: TASK_TABLE };
    const { failures } = await sweepTasks({
      registry,
      queue,
      payloads,
      random,
      clock: time.clock,
      index: new SweepIndex(taskTable),
      rows: new SweepRows(taskTable),
      ends: new EndStore(taskTable),
      storeFor: () => this.#simulation.store(false),
      eventSources: new EventSources(),
      settings: new FunctionSettings({ client: tables, tableName: FUNCTION_TABLE }),
      jobs: new BulkJobStore(taskTable),
      jobIndex: new BulkJobIndex(taskTable),
      bulkJobQueueUrl: `${QUEUE_URL}-bulk-jobs`,
      followUpQueueUrl: FOLLOW_UP_QUEUE_URL,
      followUpDeadLetterQueueUrl: `${FOLLOW_UP_QUEUE_URL}-dead`,
      countMetrics: () => undefined,
      log: { droppedMessages: () => undefined },
      lookedTo: this.#lookedTo,
    });
    if (failures[0]) throw failures[0].error;
  }

  readonly #lookedTo = new Map<string, string>();
}
