import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isTerminal } from '../../lambdas/domain/lifecycle.ts';
import { inParallel } from '../load.ts';
import type { TaskView } from './chaos-client.ts';
import { type ClientRecord, driveTask } from './drive-task.ts';
import { CHAOS_FUNCTIONS } from './functions.ts';
import { readJournal } from './journal.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { leftMessages } from './left-messages.ts';
import { watchMachine } from './machine.ts';
import { metricLedgerOf, readMetricLines } from './metric-ledger.ts';
import { type PlannedTask, planTasks } from './plan.ts';
import { between, type Random, seededRandom } from './random.ts';
import { type Evidence, isRecorded, type Offence, verify } from './verify-task.ts';
import type { Outage } from './webhook-receiver.ts';
import { metricsFileIn, REGION, startWorld, type World, type WorldOptions } from './world.ts';

export interface ChaosOptions extends WorldOptions {
  readonly tasks: number;
  readonly connections: number;
  /** How often a process of a function is killed, about; 0 is never. */
  readonly killEveryMs: number;
  /** How often the whole runtime is killed while tasks are submitted. */
  readonly restarts: number;
  /** Share of the clients that repeat an ambiguous submit, and so need no sweep. */
  readonly carefulShare: number;
  /** How long after the last submit all tasks must have ended. */
  readonly endWithinMs: number;
  /** How long to wait then for the messages that are left, which nobody may run. */
  readonly drainMs: number;
  readonly note: (text: string) => void;
}

export interface ChaosResult {
  readonly ledger: Ledger;
  readonly evidence: readonly Evidence[];
  /** Where the runtime's log and the journal are; removed when nothing must be looked into. */
  readonly folder: string;
}

/** How long after the last submit processes are still killed. Then what was killed gets its time to recover. */
const KILLS_GO_ON_MS = 3000;

/**
 * Once all tasks have ended, their follow-ups are waited for as long as this. Then the clock is advanced, so that those that
 * wait are due: by more than the ten minutes after which the sweep repeats a follow-up for the first time, and twice as much
 * each time, as the sweep waits.
 */
const TELL_WITHIN_MS = 20_000;
const LATER_MS = 11 * 60_000;
const ADVANCES_MAX = 6;

/** Runs tasks while the network, the processes and the runtime fail, then tells what became of them. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'task-mode-chaos-'));
  const startTime = performance.now();
  const journalFile = join(folder, 'journal');
  await using cleanup = new AsyncDisposableStack();
  let isClean = false;
  cleanup.defer(async () => {
    if (isClean) await rm(folder, { recursive: true, force: true });
  });
  const machine = watchMachine();
  cleanup.defer(() => machine.end());
  const world = await startWorld(folder, options, cleanup);
  const plan = planTasks({ ...options, journal: journalFile });
  world.receiver.outage = outageOf(plan);
  const records = await submitAll(world, plan, options);
  const views = await untilEnded(world, records, options);
  const advancedMs = await untilTold(world, records, { views, journalFile }, options);
  const left = await leftMessages(world.queuesEndpoint, REGION, options.drainMs);
  const figures = await machine.figures();
  world.setNetwork(false);
  await readAgain(world, records, views);
  const evidence = await evidenceOf(world, records, { views, journalFile });
  const { proxies, runtime, receiver, runtimesKilled } = world;
  const metrics = metricLedgerOf({
    histories: evidence.map(({ view }) => view?.events ?? []),
    writes: proxies.flatMap(({ statusWrites }) => statusWrites),
    lines: await readMetricLines(metricsFileIn(folder)),
    killed: new Set([...runtime.killed, ...world.killedWithRuntime]),
  });
  const ledger = ledgerOf({
    ...{ evidence, proxies, receiver, metrics },
    seed: options.seed,
    seconds: (performance.now() - startTime) / 1000,
    blows: { processesKilled: runtime.killed.size, runtimesKilled },
    machine: figures,
    advancedMinutes: advancedMs / 60_000,
    leftMessages: left,
  });
  isClean = ledger.offences.length + metrics.offences.length === 0;
  return { ledger, evidence, folder };
}

/** The webhook is down while it is told of the second third of all ends. */
function outageOf(plan: readonly PlannedTask[]): Outage {
  const ends = plan.filter(({ functionName, stop }) => CHAOS_FUNCTIONS[functionName].isTold && !stop).length;
  return { from: Math.round(ends / 3), to: Math.round((ends * 2) / 3) };
}

/** Submits all tasks over so many connections, and does to them what is planned while it breaks what they run on. */
async function submitAll(
  world: World,
  plan: readonly PlannedTask[],
  options: ChaosOptions,
): Promise<ClientRecord[]> {
  const records: ClientRecord[] = [];
  const rest: Promise<unknown>[] = [];
  const restarts = restartsAt(plan.length, options.restarts);
  const calm = new AbortController();
  const killing = killProcesses(world, options, calm.signal);
  world.setNetwork(true);
  await inParallel(plan.length, options.connections, async (number) => {
    const task = plan[number];
    if (!task) return 0;
    const driven = await driveTask(world.client, task);
    records.push(driven.record);
    rest.push(driven.rest);
    if (restarts.has(records.length)) rest.push(killRuntime(world, options));
    return 0;
  });
  options.note(`${records.length} tasks submitted`);
  await pause(KILLS_GO_ON_MS);
  calm.abort();
  await killing;
  await Promise.all(rest);
  return records;
}

/** After how many submits the runtime is killed. */
function restartsAt(tasks: number, restarts: number): ReadonlySet<number> {
  return new Set(
    Array.from({ length: restarts }, (_, number) => Math.round((tasks * (number + 1)) / (restarts + 1))),
  );
}

async function killRuntime(world: World, { note }: ChaosOptions): Promise<void> {
  note('runtime killed');
  await world.killRuntime();
  note('runtime started again');
}

async function killProcesses(world: World, options: ChaosOptions, calm: AbortSignal): Promise<void> {
  if (options.killEveryMs === 0) return;
  const random: Random = seededRandom(options.seed, 'kills');
  while (!calm.aborted) {
    const waitMs = between(random, 0.2, 1.8) * options.killEveryMs;
    const among = random() < 0.8 ? 'workers' : 'all';
    const place = random();
    await pause(waitMs, undefined, { signal: calm }).catch(() => undefined);
    if (calm.aborted) return;
    world.runtime.killProcess({ place, among });
  }
}

type Views = Map<ClientRecord, TaskView | undefined>;

/** Follows the tasks until all have ended, or time is up. */
async function untilEnded(
  world: World,
  records: readonly ClientRecord[],
  { connections, endWithinMs, note }: ChaosOptions,
): Promise<Views> {
  const views: Views = new Map();
  const deadline = performance.now() + endWithinMs;
  let unended = records.filter((record) => record.isAccepted && isRecorded(record));
  for (let rounds = 0; ; rounds += 1) {
    await readViews(world, unended, views, connections);
    unended = unended.filter((record) => {
      const status = views.get(record)?.status;
      return status !== undefined && !isTerminal(status);
    });
    if (unended.length === 0 || performance.now() > deadline) return views;
    if (rounds % 10 === 0) note(`${unended.length} tasks have not ended`);
    await pause(500);
  }
}

/** The last word about every task, when nothing goes on any more: nobody may have written since. */
function readAgain(world: World, records: readonly ClientRecord[], views: Views): Promise<void> {
  return readViews(world, records.filter(isRecorded), views, 10);
}

async function readViews(
  { client }: World,
  records: readonly ClientRecord[],
  views: Views,
  connections: number,
): Promise<void> {
  await inParallel(records.length, connections, async (number) => {
    const record = records[number];
    if (record) views.set(record, await client.task(record.plan));
    return 0;
  });
}

interface Sources {
  readonly views: Views;
  readonly journalFile: string;
}

/**
 * Waits until the webhook has been told of every end, and every invocation without a record has one. Advances the clock
 * when that takes long, ADVANCES_MAX times at most; returns by how many milliseconds it did. A task that has not ended by now is lost, and
 * must not be found by an advanced clock: then it waits for nothing.
 */
async function untilTold(
  world: World,
  records: readonly ClientRecord[],
  sources: Sources,
  { note }: ChaosOptions,
): Promise<number> {
  if (!isAllEnded(records, sources.views)) return 0;
  for (let advances = 0, advancedMs = 0; ; advances += 1) {
    const deadline = performance.now() + TELL_WITHIN_MS;
    let open: Offence[];
    do {
      await pause(1000);
      open = (await evidenceOf(world, records, sources)).flatMap(verify).filter(isOpen);
    } while (open.length > 0 && performance.now() < deadline);
    if (open.length === 0 || advances === ADVANCES_MAX) return advancedMs;
    note(`${open.length} ends are not told yet: the clock is advanced`);
    const byMs = LATER_MS * 2 ** advances;
    await world.makeLater(byMs);
    advancedMs += byMs;
  }
}

function isAllEnded(records: readonly ClientRecord[], views: Views): boolean {
  return records.every((record) => {
    const status = views.get(record)?.status;
    return !record.isAccepted || !isRecorded(record) || (status !== undefined && isTerminal(status));
  });
}

/** Whether it may only be that time has not come. */
function isOpen({ kind }: Offence): boolean {
  return kind === 'never told' || kind === 'lost';
}

/** What is known of each task and each invocation by now. */
async function evidenceOf(
  { receiver }: World,
  records: readonly ClientRecord[],
  { views, journalFile }: Sources,
): Promise<Evidence[]> {
  const lines = await readJournal(journalFile);
  const deliveries = Map.groupBy(receiver.deliveries, ({ payloadId }) => payloadId);
  return records.map((record) => ({
    record,
    view: views.get(record),
    journal: lines.get(record.plan.id) ?? [],
    deliveries: deliveries.get(record.plan.id) ?? [],
  }));
}
