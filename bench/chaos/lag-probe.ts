/**
 * A process beside all others that tells how starved of CPU they are: how late its timers fire, and in a second thread how
 * long it takes to do 20 ms of work. It answers each message with what it has measured.
 */
import { loadavg } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { percentile } from '../load.ts';
import type { MachineFigures } from './machine.ts';

const TIMER_MS = 20;
const WORK_EVERY_MS = 1000;
const WORK_MS = 20;
const LOAD_EVERY_MS = 5000;

/** Works until the thread had the CPU for so long; tells how long that took, in milliseconds. */
function timeWork(): number {
  const startTime = performance.now();
  const before = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    if ((user + system) / 1000 >= WORK_MS) return performance.now() - startTime;
  }
}

function setTimer(lags: number[]): void {
  const dueTime = performance.now() + TIMER_MS;
  setTimeout(() => {
    lags.push(Math.max(performance.now() - dueTime, 0));
    setTimer(lags);
  }, TIMER_MS);
}

if (isMainThread) {
  const lags: number[] = [];
  const works: number[] = [];
  const loads: number[] = [];
  const noteLoad = () => void loads.push(loadavg()[0] ?? 0);
  setTimer(lags);
  noteLoad();
  setInterval(noteLoad, LOAD_EVERY_MS);
  new Worker(new URL(import.meta.url)).on('message', (milliseconds: number) => works.push(milliseconds));
  process.once('disconnect', () => process.exit(0));
  process.on('message', () => {
    const figures: MachineFigures = {
      lagP50Ms: percentile(lags, 50),
      lagP99Ms: percentile(lags, 99),
      workMs: WORK_MS,
      workP50Ms: percentile(works, 50),
      workP99Ms: percentile(works, 99),
      loadMean: loads.reduce((sum, load) => sum + load, 0) / loads.length,
      loadMax: Math.max(...loads),
    };
    process.send?.(figures);
  });
} else {
  setInterval(() => parentPort?.postMessage(timeWork()), WORK_EVERY_MS);
}
