/**
 * Measures what the local runtime takes while nobody uses it: `npm run bench:idle`. It runs one task of each kind,
 * waits a minute, then reads memory (PSS, which counts shared pages once) and CPU of all its processes. Linux only.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { submit, taskTimes } from './load.ts';
import { startRuntime } from './runtime-process.ts';

const SETTLE_MS = 60_000;
const MEASURE_MS = 30_000;

/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

async function descendantsOf(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = await statOf(Number(entry));
    if (fields) parents.set(Number(entry), Number(fields[1]));
  }
  const isBelow = (pid: number): boolean =>
    pid === root || (parents.has(pid) && isBelow(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isBelow);
}

/** The fields of /proc/PID/stat after the name: state, parent … */
async function statOf(pid: number): Promise<string[] | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf-8').catch(() => undefined);
  return text?.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function pssMegabytes(pids: readonly number[]): Promise<number> {
  const sizes = pids.map(async (pid) => {
    const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf-8').catch(() => '');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / 1024;
}

async function cpuSeconds(pids: readonly number[]): Promise<number> {
  const ticks = pids.map(async (pid) => {
    const fields = await statOf(pid);
    return Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0);
  });
  return (await Promise.all(ticks)).reduce((sum, count) => sum + count, 0) / TICKS_PER_SECOND;
}

const folder = await mkdtemp(join(tmpdir(), 'task-mode-idle-'));
const runtime = await startRuntime(join(folder, 'data'));
try {
  await submit(runtime.url, 'first');
  await taskTimes(runtime.url, 'first', 1);
  await pause(SETTLE_MS);
  const before = await cpuSeconds(await descendantsOf(runtime.pid));
  await pause(MEASURE_MS);
  const pids = await descendantsOf(runtime.pid);
  const cpuShare = ((await cpuSeconds(pids)) - before) / (MEASURE_MS / 1000);
  console.log(
    `${pids.length} processes, ${(await pssMegabytes(pids)).toFixed(0)} MB PSS, ${(cpuShare * 100).toFixed(1)} % of a core`,
  );
} finally {
  await runtime.stop();
  await rm(folder, { recursive: true, force: true });
}
