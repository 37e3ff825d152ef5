import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isTerminal } from '../../lambdas/domain/lifecycle.ts';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { ACCOUNT_ID } from '../../local/engines/engine.ts';
import { startQueueEngine } from '../../local/engines/queue-engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { inParallel } from '../load.ts';
import { ChaosClient, type TaskView } from './chaos-client.ts';
import { type ClientRecord, driveTask } from './drive-task.ts';
import { FaultProxy } from './fault-proxy.ts';
import { readJournal } from './journal.ts';
import { KillableRuntime } from './killable-runtime.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { leftMessages } from './left-messages.ts';
import { metricLedgerOf, readMetricLines } from './metric-ledger.ts';
import { type PlannedTask, planTasks } from './plan.ts';
import { between, type Random, seededRandom } from './random.ts';
import type { Evidence } from './verify-task.ts';

export interface ChaosOptions {
  readonly tasks: number;
  readonly seed: number;
  readonly connections: number;
  /** How probable each fault of the network is for one request, from 0 to 1. */
  readonly faultRate: number;
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

const APP_DIR = fileURLToPath(new URL('../chaos-app', import.meta.url));
const REGION = 'us-east-1';

/** How long after the last submit processes are still killed. Then what was killed gets its time to recover. */
const KILLS_GO_ON_MS = 3000;

/** Runs tasks while the network, the processes and the runtime fail, then tells what became of them. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'task-mode-chaos-'));
  const startTime = performance.now();
  const journal = join(folder, 'journal');
  const metricsFile = join(folder, 'metrics');
  // For the app, which has every function's process load the tap.
  process.env.CHAOS_METRICS = metricsFile;
  await using cleanup = new AsyncDisposableStack();
  let isClean = false;
  cleanup.defer(async () => {
    if (isClean) await rm(folder, { recursive: true, force: true });
  });
  const { world, queuesEndpoint } = await buildWorld(folder, options, cleanup);
  const plan = planTasks({ ...options, journal });
  const records = await submitAll(world, plan, options);
  const views = await untilEnded(world, records, options);
  const left = await leftMessages(queuesEndpoint, REGION, options.drainMs);
  for (const proxy of world.proxies) proxy.isActive = false;
  await readAgain(world, records, views);
  const lines = await readJournal(journal);
  const evidence = records.map((record) => ({
    record,
    view: views.get(record),
    journal: lines.get(record.plan.id) ?? [],
  }));
  const { seed } = options;
  const { proxies, runtime, runtimesKilled } = world;
  const blows = { processesKilled: runtime.killed.size, runtimesKilled };
  const metrics = metricLedgerOf({
    events: evidence.flatMap(({ view }) => view?.events ?? []),
    writes: proxies.flatMap(({ statusWrites }) => statusWrites),
    lines: await readMetricLines(metricsFile),
    killed: new Set([...runtime.killed, ...world.killedWithRuntime]),
  });
  const seconds = (performance.now() - startTime) / 1000;
  const ledger = ledgerOf({ seed, seconds, evidence, proxies, blows, metrics, leftMessages: left });
  isClean = ledger.offences.length + metrics.offences.length === 0;
  return { ledger, evidence, folder };
}

interface World {
  readonly runtime: KillableRuntime;
  readonly client: ChaosClient;
  readonly proxies: readonly FaultProxy[];
  runtimesKilled: number;
  readonly killedWithRuntime: Set<number>;
}

/** The engines outlive the runtime, and it reaches them through a bad network. */
async function buildWorld(folder: string, options: ChaosOptions, cleanup: AsyncDisposableStack) {
  const assemblyDir = join(folder, 'cdk.out');
  const synthesizing = synthesize({
    appDir: APP_DIR,
    outDir: assemblyDir,
    region: REGION,
    accountId: ACCOUNT_ID,
    log: () => undefined,
    verbose: false,
  });
  const [tables, queues] = await Promise.all([
    startTableEngine(join(folder, 'tables')),
    startQueueEngine(join(folder, 'queues'), REGION),
    synthesizing,
  ]);
  cleanup.defer(async () => void (await Promise.all([tables.stop(), queues.stop()])));
  const network = { seed: options.seed, rate: options.faultRate };
  const dynamodb = await FaultProxy.listen(tables.endpoint, network);
  const sqs = await FaultProxy.listen(queues.endpoint, network);
  cleanup.defer(() => {
    dynamodb.close();
    sqs.close();
  });
  const runtime = await KillableRuntime.start(
    {
      assemblyDir,
      dataDir: join(folder, 'runtime'),
      port: 0,
      dynamodbEndpoint: dynamodb.url,
      sqsEndpoint: sqs.url,
      sweepId: await sweepIdOf(assemblyDir),
    },
    join(folder, 'runtime.log'),
  );
  cleanup.defer(() => runtime.stop());
  const client = new ChaosClient(() => runtime.url);
  const world: World = {
    runtime,
    client,
    proxies: [dynamodb, sqs],
    runtimesKilled: 0,
    killedWithRuntime: new Set(),
  };
  return { world, queuesEndpoint: queues.endpoint };
}

async function sweepIdOf(assemblyDir: string): Promise<string> {
  const file = (await readdir(assemblyDir)).find((name) => name.endsWith('.template.json')) ?? '';
  const { Resources } = JSON.parse(await readFile(join(assemblyDir, file), 'utf-8')) as {
    Resources: Record<string, { Type: string }>;
  };
  const isSweep = ([id, { Type }]: [string, { Type: string }]) =>
    Type === 'AWS::Lambda::Function' && id.includes('SweepFunction');
  const [id] = Object.entries(Resources).find(isSweep) ?? [];
  if (id === undefined) throw new Error(`there is no function of the sweep in ${file}`);
  return id;
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
  setNetwork(world, true);
  await inParallel(plan.length, options.connections, async (number) => {
    const task = plan[number];
    if (!task) return 0;
    const driven = await driveTask(world.client, task);
    records.push(driven.record);
    rest.push(driven.rest);
    if (restarts.has(records.length)) rest.push(restartRuntime(world, options));
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

/** Deploying is not repeated where it fails: the network is good while it lasts. */
async function restartRuntime(world: World, { note }: ChaosOptions): Promise<void> {
  note('runtime killed');
  world.runtimesKilled += 1;
  setNetwork(world, false);
  for (const { pid } of world.proxies.flatMap(({ statusWrites }) => statusWrites)) {
    if (existsSync(`/proc/${pid}`)) world.killedWithRuntime.add(pid);
  }
  await world.runtime.restart();
  setNetwork(world, true);
  note('runtime started again');
}

function setNetwork({ proxies }: World, isBad: boolean): void {
  for (const proxy of proxies) proxy.isActive = isBad;
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

/** Follows the tasks until all have ended, or time is up. */
async function untilEnded(
  { client }: World,
  records: readonly ClientRecord[],
  { connections, endWithinMs, note }: ChaosOptions,
): Promise<Map<ClientRecord, TaskView | undefined>> {
  const views = new Map<ClientRecord, TaskView | undefined>();
  const deadline = Date.now() + endWithinMs;
  let unended = records.filter(({ isAccepted }) => isAccepted);
  for (let rounds = 0; ; rounds += 1) {
    await inParallel(unended.length, connections, async (number) => {
      const record = unended[number];
      if (record) views.set(record, await client.task(record.plan));
      return 0;
    });
    unended = unended.filter((record) => {
      const status = views.get(record)?.status;
      return status !== undefined && !isTerminal(status);
    });
    if (unended.length === 0 || Date.now() > deadline) return views;
    if (rounds % 10 === 0) note(`${unended.length} tasks have not ended`);
    await pause(500);
  }
}

/** The last word about every task, when nothing goes on any more: nobody may have written since. */
async function readAgain(
  { client }: World,
  records: readonly ClientRecord[],
  views: Map<ClientRecord, TaskView | undefined>,
): Promise<void> {
  await inParallel(records.length, 10, async (number) => {
    const record = records[number];
    if (record) views.set(record, await client.task(record.plan));
    return 0;
  });
}
