import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { Clock } from '../../local/clock/clock.ts';
import { lookAtTimers } from '../../local/clock/timer.ts';
import { ACCOUNT_ID } from '../../local/engines/engine.ts';
import { startQueueEngine } from '../../local/engines/queue-engine.ts';
import { startTableEngine } from '../../local/engines/table-engine.ts';
import { ChaosClient } from './chaos-client.ts';
import { FaultProxy } from './fault-proxy.ts';
import { KillableRuntime } from './killable-runtime.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

export const REGION = 'us-east-1';

const APP_DIR = fileURLToPath(new URL('../chaos-app', import.meta.url));

export interface WorldOptions {
  readonly seed: number;
  /** How probable each fault of the network is for one request, from 0 to 1. */
  readonly faultRate: number;
}

/** A local runtime, and what it depends on: engines that outlive it behind a bad network, and a webhook. */
export class World {
  /** Tells where the runtime listens now, whichever that is. */
  readonly client = new ChaosClient(() => this.runtime.url);
  readonly runtime: KillableRuntime;
  readonly proxies: readonly FaultProxy[];
  readonly receiver: WebhookReceiver;
  readonly queuesEndpoint: string;
  readonly #clock: Clock;
  /** The processes that ended with their runtime. */
  readonly killedWithRuntime = new Set<number>();
  runtimesKilled = 0;

  constructor(parts: Parts) {
    this.runtime = parts.runtime;
    this.proxies = parts.proxies;
    this.receiver = parts.receiver;
    this.queuesEndpoint = parts.queuesEndpoint;
    this.#clock = parts.clock;
  }

  /** Has requests suffer faults from now on, or none. */
  setNetwork(isBad: boolean): void {
    for (const proxy of this.proxies) proxy.isActive = isBad;
  }

  async killRuntime(): Promise<void> {
    this.runtimesKilled += 1;
    await this.#replaceRuntime(() => this.runtime.restart());
  }

  /** Has it be so much later: the clocks of the runtime and of the engines are advanced together, between two runtimes. */
  async makeLater(byMs: number): Promise<void> {
    await this.#replaceRuntime(() =>
      this.runtime.restartAfter(() => {
        this.#clock.advance(byMs);
        lookAtTimers();
      }),
    );
  }

  /** Deploying is not repeated where it fails: the network is good while it lasts. */
  async #replaceRuntime(replace: () => Promise<void>): Promise<void> {
    this.setNetwork(false);
    for (const { pid } of this.proxies.flatMap(({ statusWrites }) => statusWrites)) {
      if (existsSync(`/proc/${pid}`)) this.killedWithRuntime.add(pid);
    }
    await replace();
    this.setNetwork(true);
  }
}

interface Parts extends Pick<World, 'runtime' | 'proxies' | 'receiver' | 'queuesEndpoint'> {
  readonly clock: Clock;
}

/** Starts everything in a folder; `cleanup` ends it. The network is good until it is set to be bad. */
export async function startWorld(
  folder: string,
  { seed, faultRate }: WorldOptions,
  cleanup: AsyncDisposableStack,
): Promise<World> {
  const dataDir = join(folder, 'runtime');
  await mkdir(dataDir);
  // The runtime's own clock file, and before the engines: they live in this process, and go by its clock.
  const clock = Clock.open(join(dataDir, 'clock'));
  cleanup.defer(() => clock.close());
  const receiver = await WebhookReceiver.listen(seed);
  cleanup.defer(() => receiver.close());
  // For the app, which tells every function's process.
  process.env.CHAOS_METRICS = metricsFileIn(folder);
  process.env.CHAOS_WEBHOOK = receiver.url;
  const assemblyDir = join(folder, 'cdk.out');
  const synthesizing = synthesize({
    appDir: APP_DIR,
    outDir: assemblyDir,
    region: REGION,
    accountId: ACCOUNT_ID,
    context: { 'task-mode:allow-local-webhooks': 'true' },
    log: () => undefined,
    verbose: false,
  });
  const [tables, queues] = await Promise.all([
    startTableEngine(join(folder, 'tables')),
    startQueueEngine(join(folder, 'queues'), REGION),
    synthesizing,
  ]);
  cleanup.defer(async () => void (await Promise.all([tables.stop(), queues.stop()])));
  const network = { seed, rate: faultRate };
  const dynamodb = await FaultProxy.listen(tables.endpoint, network);
  const sqs = await FaultProxy.listen(queues.endpoint, network);
  cleanup.defer(() => {
    dynamodb.close();
    sqs.close();
  });
  const runtime = await KillableRuntime.start(
    {
      ...{ assemblyDir, dataDir },
      port: 0,
      dynamodbEndpoint: dynamodb.url,
      sqsEndpoint: sqs.url,
      sweepId: await sweepIdOf(assemblyDir),
    },
    join(folder, 'runtime.log'),
  );
  cleanup.defer(() => runtime.stop());
  return new World({
    ...{ runtime, receiver, clock },
    proxies: [dynamodb, sqs],
    queuesEndpoint: queues.endpoint,
  });
}

export function metricsFileIn(folder: string): string {
  return join(folder, 'metrics');
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
