import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

const STARTS = 5;
const TASKS = 20_000;

/** What the supervisor's thread costs a worker: its start, and each task that is over within a second. */
export async function supervisorCost(assemblyDir: string): Promise<string[][]> {
  const program = await supervisorProgram(assemblyDir);
  const startMs: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const { thread, milliseconds } = await startThread(program);
    startMs.push(milliseconds);
    await thread.terminate();
  }
  const { thread } = await startThread(program);
  const before = process.cpuUsage();
  for (let number = 0; number < TASKS; number += 1) tellTask(thread, number);
  await settled(thread);
  const { user, system } = process.cpuUsage(before);
  await thread.terminate();
  return [
    ['supervisor thread: start, once per instance', `${Math.min(...startMs).toFixed(0)} ms`],
    ['supervisor thread: CPU per short task, both threads', `${((user + system) / TASKS).toFixed(0)} µs`],
  ];
}

/** The messages that the worker's main thread sends for one task. */
function tellTask(thread: Worker, number: number): void {
  const run = {
    slot: number % 10,
    generation: number,
    runId: 'r',
    receiptHandle: 'h',
    startTime: 0,
    killTime: 0,
  };
  thread.postMessage({ kind: 'expect', run });
  thread.postMessage({ kind: 'watch', run });
  thread.postMessage({ kind: 'ended', run });
}

async function startThread(program: URL): Promise<{ thread: Worker; milliseconds: number }> {
  const startTime = performance.now();
  const workerData = { buffer: new SharedArrayBuffer(64), graceMs: 5000 };
  const thread = new Worker(program, { workerData });
  await new Promise((resolve) => thread.once('online', resolve));
  return { thread, milliseconds: performance.now() - startTime };
}

/** A thread takes its messages in order, so that one that has been answered stands behind all before it. */
async function settled(thread: Worker): Promise<void> {
  for (;;) {
    const { utilization, active } = thread.performance.eventLoopUtilization();
    await new Promise((resolve) => setTimeout(resolve, 50));
    const later = thread.performance.eventLoopUtilization();
    if (utilization > 0 && later.active - active < 1) return;
  }
}

/** The bundle of the supervisor, in the first worker's asset. */
async function supervisorProgram(assemblyDir: string): Promise<URL> {
  for (const name of await readdir(assemblyDir)) {
    const files = name.startsWith('asset.') ? await readdir(join(assemblyDir, name)) : [];
    if (files.includes('supervisor.mjs')) return pathToFileURL(join(assemblyDir, name, 'supervisor.mjs'));
  }
  throw new Error(`no asset of ${assemblyDir} holds a supervisor.mjs`);
}
