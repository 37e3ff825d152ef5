/**
 * A process that does nothing but set timers, and tells how late they fire: as late as any process here, however small its
 * work. It answers each message with what it has measured.
 */
import { loadavg } from 'node:os';
import { percentile } from '../load.ts';
import type { MachineFigures } from './machine.ts';

const TIMER_MS = 20;
const LOAD_EVERY_MS = 5000;

const lags: number[] = [];
const loads: number[] = [];

function setTimer(): void {
  const dueTime = performance.now() + TIMER_MS;
  setTimeout(() => {
    lags.push(Math.max(performance.now() - dueTime, 0));
    setTimer();
  }, TIMER_MS);
}

const noteLoad = () => void loads.push(loadavg()[0] ?? 0);

setTimer();
noteLoad();
setInterval(noteLoad, LOAD_EVERY_MS);
process.once('disconnect', () => process.exit(0));
process.on('message', () => {
  const figures: MachineFigures = {
    lagP50Ms: percentile(lags, 50),
    lagP99Ms: percentile(lags, 99),
    lagMaxMs: percentile(lags, 100),
    loadMean: loads.reduce((sum, load) => sum + load, 0) / loads.length,
    loadMax: Math.max(...loads),
  };
  process.send?.(figures);
});
