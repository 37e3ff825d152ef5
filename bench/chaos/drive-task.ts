import { setTimeout as pause } from 'node:timers/promises';
import { isTerminal, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import type { ChaosAnswer, ChaosClient } from './chaos-client.ts';
import { CHAOS_FUNCTIONS } from './functions.ts';
import type { PlannedTask } from './plan.ts';

/** What the clients know of a task, apart from how it stands. */
export interface ClientRecord {
  readonly plan: PlannedTask;
  isAccepted: boolean;
  /** A stop of its first series was answered with 204. */
  isStopped: boolean;
  /** A redrive was asked for. */
  isRedriven: boolean;
  /** Answers that the API may not give. */
  readonly surprises: string[];
}

/** A repeated submit sends a lost wake-up again from this age on (RESEND_AFTER_MS), and a bit for the clocks. */
const CAREFUL_AFTER_MS = 5500;

const POLL_MS = 500;

/** A task that has not come so far after ten minutes is left alone. */
const POLLS_MAX = 1200;

/** Submits a task. What else is planned for it goes on in the background, until `rest` resolves. */
export async function driveTask(
  client: ChaosClient,
  plan: PlannedTask,
): Promise<{ record: ClientRecord; rest: Promise<unknown> }> {
  const record: ClientRecord = {
    plan,
    isAccepted: false,
    isStopped: false,
    isRedriven: false,
    surprises: [],
  };
  const answer = await client.submit(plan);
  // A first 409 would mean that the task met itself: its own write, repeated by the SDK.
  const isDuplicate =
    answer.status === 409 && answer.isRepeated && CHAOS_FUNCTIONS[plan.functionName].hasRecord;
  record.isAccepted = answer.status === 202 || isDuplicate;
  if (!record.isAccepted) {
    record.surprises.push(surprise('submit', answer));
    return { record, rest: Promise.resolve() };
  }
  const rest = Promise.all([
    answer.isRepeated && plan.isCareful
      ? submitAgain(client, record, CAREFUL_AFTER_MS + plan.delaySeconds * 1000)
      : undefined,
    plan.isRepeated ? submitAgain(client, record, 0) : undefined,
    plan.stop && stop(client, record, plan.stop),
    plan.isRedriven && !plan.stop && redriveOnceFailed(client, record),
  ]);
  return { record, rest };
}

async function submitAgain(client: ChaosClient, record: ClientRecord, afterMs: number): Promise<void> {
  await pause(afterMs);
  const answer = await client.submit(record.plan);
  if (answer.status !== 409) record.surprises.push(surprise('submit of an accepted id', answer));
}

async function stop(
  client: ChaosClient,
  record: ClientRecord,
  { since, afterMs }: NonNullable<PlannedTask['stop']>,
): Promise<void> {
  if (since === 'running')
    await until(client, record, (status) => status === 'Running' || isTerminal(status));
  await pause(afterMs);
  const answer = await client.stop(record.plan);
  record.isStopped = answer.status === 204;
  if (answer.status !== 204 && answer.status !== 412) record.surprises.push(surprise('stop', answer));
  if (record.isStopped && record.plan.isRedriven) await redrive(client, record);
}

async function redriveOnceFailed(client: ChaosClient, record: ClientRecord): Promise<void> {
  await until(client, record, isTerminal);
  const task = await client.task(record.plan);
  if (task?.status === 'Failed') await redrive(client, record);
}

async function redrive(client: ChaosClient, record: ClientRecord): Promise<void> {
  await until(client, record, isTerminal);
  record.isRedriven = true;
  const answer = await client.redrive(record.plan);
  const isDoneBefore = answer.status === 412 && answer.isRepeated;
  if (answer.status !== 202 && !isDoneBefore) record.surprises.push(surprise('redrive', answer));
}

async function until(
  client: ChaosClient,
  { plan }: ClientRecord,
  holds: (status: TaskStatus) => boolean,
): Promise<void> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const task = await client.task(plan);
    if (!task || holds(task.status)) return;
    await pause(POLL_MS);
  }
}

function surprise(request: string, { status, text, isRepeated }: ChaosAnswer): string {
  return `${request} was answered ${status}${isRepeated ? ' when repeated' : ''}: ${text}`;
}
