/** The sweep's function in a process of its own, as Lambda runs it: told `run`, it answers what the run has taken. */
import { handler } from '../../lambdas/sweep.lambda.ts';

export interface SweepRunCost {
  readonly counts: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

process.on('message', async () => {
  const startTime = performance.now();
  const before = process.cpuUsage();
  const counts = await handler();
  const { user, system } = process.cpuUsage(before);
  const cost: SweepRunCost = {
    counts,
    seconds: (performance.now() - startTime) / 1000,
    cpuSeconds: (user + system) / 1e6,
    // Linux counts it in KB.
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(cost);
});
process.once('disconnect', () => process.exit());
