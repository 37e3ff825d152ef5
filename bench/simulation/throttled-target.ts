import { randomUUID } from 'node:crypto';
import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import { parseWakeUp } from '../../lambdas/aws/message.ts';
import { TargetFunction } from '../../lambdas/aws/target-function.ts';
import { primaryKeyOf, toTask } from '../../lambdas/aws/task-item.ts';
import { EVENT_AGE_SECONDS_RANGE, RETRY_ATTEMPTS_RANGE } from '../../lambdas/domain/limits.ts';
import { payloadOwner } from '../../lambdas/domain/task.ts';
import { type Delivery, endRun } from '../../lambdas/tasks/end-run.ts';
import { type RunDependencies, runTask } from '../../lambdas/tasks/run-task.ts';
import type { TaskContext } from '../../lambdas/worker/handler.ts';
import { invokeExecutor } from '../../lambdas/worker/invoke-executor.ts';
import { itemBytes, type TableDescription } from './capacity.ts';
import type { Item } from './expression.ts';
import type { Received } from './memory-queues.ts';
import type { SimulatedTime } from './simulated-time.ts';
import { CALLER, FUNCTION_NAME, QUEUE_URL, Simulation, TASK_TABLE } from './simulation.ts';

const DAY_MS = 86_400_000;

/** What the target takes: so many tasks at once, each for so long. */
export const TARGET = { concurrency: 10, workMs: 1000 } as const;

/** How long an attempt takes that the target refuses. */
const REFUSAL_MS = 30;

export const WORKERS = 100;

/** A worker for an existing function of one minute. */
const LAMBDA_TIMEOUT_MS = 70_000;
const VISIBILITY_MS = LAMBDA_TIMEOUT_MS + 60_000;

/** How long each task waited by the first rule, in seconds. */
const FIRST_WAIT_SECONDS = 5;

/** List prices of us-east-1 in dollars, the fair queue's part counted on each request of SQS: see Costs in the README. */
const PRICES = { writeUnit: 0.625e-6, queueRequest: 0.5e-6, invocation: 0.2e-6 } as const;

/**
 * How a task that the target refuses is handled: `after` by the product as it is; `before` by its first rule, which hid the
 * message for 5 s each time and kept each run in the history.
 */
export type Rule = 'before' | 'after';

export interface ThrottledOptions {
  readonly seed: number;
  readonly rule: Rule;
  readonly taskTable: TableDescription;
}

/** What was asked of AWS. */
interface Usage {
  readonly invocations: number;
  readonly writes: number;
  readonly writeUnits: number;
  readonly queueRequests: number;
}

/** What the hand-backs of a task took, on average. */
export interface HandBacks extends Usage {
  readonly handBacks: number;
  readonly dollars: number;
}

export interface Day extends HandBacks {
  /** Of the longest history and the largest row at the end of the day. */
  readonly events: number;
  readonly rowBytes: number;
}

/** Plays tasks whose target refuses each attempt for a day. */
export async function playDay(options: ThrottledOptions, tasks: number): Promise<Day> {
  const play = await ThrottledPlay.begin(`day-${options.rule}`, options, tasks, 0);
  await play.run(() => false);
  const rows = play.rows();
  return {
    ...play.handBacks(NO_USAGE),
    events: Math.max(...rows.map((row) => toTask(row)?.events.length ?? 0)),
    rowBytes: Math.max(...rows.map(itemBytes)),
  };
}

export interface Backlog extends HandBacks {
  readonly seconds: number;
  /** How many times as long the backlog took as it takes a target that is never idle. */
  readonly multiple: number;
}

/** Plays a backlog until all its tasks have succeeded. */
export async function playBacklog(options: ThrottledOptions, tasks: number): Promise<Backlog> {
  const clean = await ThrottledPlay.begin('clean', options, 1, 1);
  await clean.run(() => clean.isIdle);
  const play = await ThrottledPlay.begin(
    `backlog-${options.rule}-${tasks}`,
    options,
    tasks,
    TARGET.concurrency,
  );
  await play.run(() => play.isIdle);
  if (!play.isIdle) throw new Error(`some of ${tasks} tasks were not run within a day`);
  const seconds = play.milliseconds / 1000;
  const idealSeconds = ((tasks / TARGET.concurrency) * TARGET.workMs) / 1000;
  return { ...play.handBacks(times(clean.usage(), tasks)), seconds, multiple: seconds / idealSeconds };
}

const NO_USAGE: Usage = { invocations: 0, writes: 0, writeUnits: 0, queueRequests: 0 };

/** Some tasks and their workers, from the moment when all are submitted. */
class ThrottledPlay {
  /** How often each task was refused. */
  readonly refusals = new Map<string, number>();
  readonly #rule: Rule;
  readonly #simulation: Simulation;
  readonly #dependencies: RunDependencies;
  readonly #taskIds: readonly string[];
  readonly #begin: number;
  readonly #submitUsage: Usage;
  #unfinished: number;

  static async begin(name: string, options: ThrottledOptions, tasks: number, concurrency: number) {
    const { seed, taskTable } = options;
    const simulation = new Simulation({
      seed,
      name,
      taskTable,
      maxAsyncRetryAttempts: RETRY_ATTEMPTS_RANGE.default,
      maxAsyncEventAgeInSeconds: EVENT_AGE_SECONDS_RANGE.default,
    });
    const taskIds = Array.from({ length: tasks }, (_, number) => `task-${number}`);
    for (const taskId of taskIds) await simulation.submit(taskId);
    return new ThrottledPlay(options.rule, simulation, taskIds, concurrency);
  }

  private constructor(rule: Rule, simulation: Simulation, taskIds: readonly string[], concurrency: number) {
    this.#rule = rule;
    this.#simulation = simulation;
    this.#taskIds = taskIds;
    this.#unfinished = taskIds.length;
    this.#begin = simulation.time.clock();
    this.#submitUsage = this.#usageSoFar();
    const client = new BusyLambda(simulation.time, concurrency);
    const execute = invokeExecutor(new TargetFunction({ client, arn: FUNCTION_NAME }));
    this.#dependencies = simulation.workerDependencies({
      leaseMs: Number.POSITIVE_INFINITY,
      attemptNeedsMs: 0,
      stopEnd: 'fenced',
      attempt: async ({ taskId }, payloadText) => {
        const { signal } = new AbortController();
        const outcome = await execute(payloadText, { signal } as TaskContext);
        if ('isHandedBack' in outcome) this.refusals.set(taskId, (this.refusals.get(taskId) ?? 0) + 1);
        else this.#unfinished -= 1;
        return outcome;
      },
    });
    simulation.queues.consume({
      queueUrl: QUEUE_URL,
      visibilityMs: VISIBILITY_MS,
      workers: WORKERS,
      handle: (message) => this.#handle(message),
    });
  }

  get isIdle(): boolean {
    return this.#unfinished === 0;
  }

  /** How long it has played, in simulated time. */
  get milliseconds(): number {
    return this.#simulation.time.clock() - this.#begin;
  }

  /** Plays until `isDone`, for a day at most. */
  run(isDone: () => boolean): Promise<void> {
    return this.#simulation.time.run(isDone, this.#begin + DAY_MS);
  }

  rows(): Item[] {
    const { tables } = this.#simulation;
    return this.#taskIds.map(
      (taskId) => tables.row(TASK_TABLE, primaryKeyOf({ functionName: FUNCTION_NAME, taskId })) ?? {},
    );
  }

  usage(): Usage {
    return difference(this.#usageSoFar(), this.#submitUsage);
  }

  /** Returns per task what was used beside what the same tasks would have used without a refusal. */
  handBacks(clean: Usage): HandBacks {
    const usage = times(difference(this.usage(), clean), 1 / this.#taskIds.length);
    const refusals = [...this.refusals.values()].reduce((sum, count) => sum + count, 0);
    const { invocations, writeUnits, queueRequests } = usage;
    const dollars =
      writeUnits * PRICES.writeUnit + queueRequests * PRICES.queueRequest + invocations * PRICES.invocation;
    return { ...usage, handBacks: refusals / this.#taskIds.length, dollars };
  }

  #usageSoFar(): Usage {
    const { tables, queues } = this.#simulation;
    const { sends, receives, deletes, visibilityChanges } = queues.usage;
    const { writes, writeUnits } = tables.usage;
    return {
      invocations: receives,
      writes,
      writeUnits,
      queueRequests: sends + receives + deletes + visibilityChanges,
    };
  }

  async #handle({ body, ...received }: Received): Promise<boolean> {
    const key = parseWakeUp(body);
    if (!key) throw new Error(`"${body}" is no wake-up`);
    const invocationEndTime = this.#simulation.time.clock() + LAMBDA_TIMEOUT_MS;
    const delivery = { ...received, key, tenant: CALLER, runId: randomUUID(), invocationEndTime };
    if (this.#rule === 'before') return runByFirstRule(this.#simulation, this.#dependencies, delivery);
    await runTask(this.#dependencies, delivery);
    return true;
  }
}

/** Runs a task as the product did first. Returns whether its message has served. */
async function runByFirstRule(
  { time, queues }: Simulation,
  deps: RunDependencies,
  delivery: Delivery,
): Promise<boolean> {
  const { key, runId, invocationEndTime, receiptHandle, hops } = delivery;
  const { store, instanceId } = deps;
  const run = { runId, now: time.clock(), leaseUntil: invocationEndTime, instanceId, hops };
  const started = await store.start(key, run);
  if (!started.isWritten) throw new Error(`task ${key.taskId} did not start: ${started.current?.status}`);
  const { task } = started;
  const outcome = await deps.attempt(task, await deps.payloads.read(task.payload, payloadOwner(task)));
  if (!('isHandedBack' in outcome)) {
    await endRun(deps, task, outcome, delivery);
    return true;
  }
  const now = time.clock();
  const notBefore = now + FIRST_WAIT_SECONDS * 1000;
  const fields = { attempt: task.attempt - 1, notBefore, leaseUntil: undefined };
  await store.move(task, 'handBack', 'Enqueued', { now, fields });
  await queues.send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: QUEUE_URL,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: FIRST_WAIT_SECONDS,
    }),
  );
  return false;
}

/** Stands in for Lambda, where one function takes so many invocations at once and throttles any further one. */
class BusyLambda extends LambdaClient {
  #running = 0;

  constructor(time: SimulatedTime, concurrency: number) {
    super({ region: 'us-east-1', credentials: { accessKeyId: 'none', secretAccessKey: 'none' } });
    const invoke = async (command: object) => {
      if (!(command instanceof InvokeCommand))
        throw new Error(`the simulated Lambda has no ${command.constructor.name}`);
      if (this.#running >= concurrency) {
        await time.sleep(REFUSAL_MS);
        throw new TooManyRequestsException({ message: 'Rate Exceeded.', $metadata: { httpStatusCode: 429 } });
      }
      this.#running += 1;
      await time.sleep(TARGET.workMs);
      this.#running -= 1;
      return { Payload: new TextEncoder().encode('{"done":true}') };
    };
    this.send = invoke as LambdaClient['send'];
  }
}

function difference(one: Usage, other: Usage): Usage {
  return combined(one, other, -1);
}

function times(usage: Usage, factor: number): Usage {
  return combined(NO_USAGE, usage, factor);
}

function combined(one: Usage, other: Usage, factor: number): Usage {
  return {
    invocations: one.invocations + factor * other.invocations,
    writes: one.writes + factor * other.writes,
    writeUnits: one.writeUnits + factor * other.writeUnits,
    queueRequests: one.queueRequests + factor * other.queueRequests,
  };
}
