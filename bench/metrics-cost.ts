import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metricLog } from '../lambdas/aws/metric-log.ts';
import { metricsOfMove } from '../lambdas/domain/metrics.ts';
import type { RunningTask } from '../lambdas/domain/task.ts';
import { startLocalRuntime } from '../local/runtime.ts';
import { inParallel, submit, taskTimes } from './load.ts';

const TASKS = 1000;
const WARM_UP_TASKS = 300;
const CONNECTIONS = 4;
const LINES = 50_000;

/** Linux counts CPU time in hundredths of a second. */
const TICK_MICROSECONDS = 10_000;

/**
 * What the worker's line of metrics takes of the CPU time that a task costs its worker, in one run: the time of the
 * worker's processes over echo tasks, and that of making the same line and writing it to a pipe, as they do.
 */
export async function metricsCost(folder: string): Promise<string[][]> {
  const perTask = await workerMicroseconds(folder);
  const perLine = await lineMicroseconds();
  return [
    ['worker: CPU per echo task', `${perTask.toFixed(0)} µs`],
    ['of which its line of metrics', `${perLine.toFixed(1)} µs, ${((100 * perLine) / perTask).toFixed(2)} %`],
  ];
}

async function workerMicroseconds(folder: string): Promise<number> {
  const runtime = await startLocalRuntime({
    assemblyDir: join(folder, 'load', 'cdk.out'),
    dataDir: join(folder, 'metrics'),
    port: 0,
    log: () => undefined,
  });
  const run = async (prefix: string, count: number) => {
    await inParallel(count, CONNECTIONS, (number) => submit(runtime.url, `${prefix}${number}`));
    await taskTimes(runtime.url, prefix, count);
  };
  try {
    await run('warm-', WARM_UP_TASKS);
    // Those that start later are new to both sums, or neither: what is young is not warm yet, and would count too much.
    const pids = runtime.environmentPids('echo');
    const before = await cpuMicroseconds(pids);
    await run('measured-', TASKS);
    return ((await cpuMicroseconds(pids)) - before) / TASKS;
  } finally {
    await runtime.stop();
  }
}

async function cpuMicroseconds(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf-8').catch(() => '');
    const [user = 0, system = 0] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    ticks += Number(user) + Number(system);
  }
  return ticks * TICK_MICROSECONDS;
}

async function lineMicroseconds(): Promise<number> {
  const reader = spawn('cat', { stdio: ['pipe', 'ignore', 'inherit'] });
  const log = metricLog('Bench', (line) => void reader.stdin.write(line));
  const now = Date.now();
  const events = (['Enqueued', 'Processed', 'Running'] as const).map((status) => ({
    status,
    timestamp: now,
  }));
  const task = {
    status: 'Running',
    events,
    notBefore: now,
    startTime: now,
    leaseUntil: now,
  } as unknown as RunningTask;
  const write = async (count: number) => {
    for (let number = 0; number < count; number += 1) {
      log('echo', metricsOfMove(task, 'Succeeded', now));
      if (reader.stdin.writableNeedDrain) await once(reader.stdin, 'drain');
    }
  };
  await write(LINES / 10);
  const before = process.cpuUsage();
  await write(LINES);
  const { user, system } = process.cpuUsage(before);
  reader.stdin.end();
  await once(reader, 'exit');
  return (user + system) / LINES;
}
