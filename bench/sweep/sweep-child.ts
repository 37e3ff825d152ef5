/**
 * The sweep's function in a process of its own, as Lambda runs it: for each message, it answers what one run has taken. Its
 * clock is the CPU time of this process: what others take of this machine does not count, as a vCPU of Lambda's is its own.
 */

export interface SweepRunCost {
  readonly counts: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
}

const startMs = Date.now();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

Date.now = () => Math.floor(startMs + cpuMs());
// Its module reads the clock as it is when it loads.
const { handler } = await import('../../lambdas/sweep.lambda.ts');

process.on('message', async () => {
  const startTime = performance.now();
  const before = cpuMs();
  const counts = await handler();
  const cost: SweepRunCost = {
    counts,
    seconds: (performance.now() - startTime) / 1000,
    cpuSeconds: (cpuMs() - before) / 1000,
    // Linux counts it in KB.
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
  };
  process.send?.(cost);
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
