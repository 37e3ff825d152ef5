/**
 * One local runtime, in a process that can be killed. It sweeps every two seconds, beside the schedule of every minute,
 * so that what was killed is found within the run.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type LocalRuntimeOptions, startLocalRuntime } from '../../local/runtime.ts';

const SWEEP_EVERY_MS = 2000;

export type RuntimeChildOptions = Pick<
  LocalRuntimeOptions,
  'assemblyDir' | 'dataDir' | 'port' | 'dynamodbEndpoint' | 'sqsEndpoint'
> & {
  /** Logical id of the sweep's function. */
  readonly sweepId: string;
};

/** Kill the process at this place (0 to below 1) among those of the task functions, or among all. */
export interface KillRequest {
  readonly place: number;
  readonly among: 'workers' | 'all';
}

export type FromRuntimeChild =
  | { readonly kind: 'ready'; readonly url: string; readonly sfnEndpoint: string }
  | { readonly kind: 'killed'; readonly pid: number };

const { sweepId, ...options } = JSON.parse(process.argv[2] ?? '{}') as RuntimeChildOptions;

const tell = (message: FromRuntimeChild) => process.send?.(message);

process.once('disconnect', () => process.exit(1));
const runtime = await startLocalRuntime(options);
process.on('message', ({ place, among }: KillRequest) => {
  const pids =
    among === 'all'
      ? runtime.environmentPids()
      : runtime.functionNames.flatMap((name) => runtime.environmentPids(name));
  const pid = pids[Math.floor(place * pids.length)];
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself in this instant.
    return;
  }
  tell({ kind: 'killed', pid });
});
process.once('SIGTERM', () => void runtime.stop().then(() => process.exit(0)));
tell({ kind: 'ready', url: runtime.url, sfnEndpoint: runtime.endpoints.sfn });

const sweep = runtime.ref(sweepId);
while (sweep !== undefined) {
  await pause(SWEEP_EVERY_MS);
  const startTime = performance.now();
  const result = await runtime.invoke(sweep, {});
  const seconds = (performance.now() - startTime) / 1000;
  if (seconds > 2) console.log(`sweep took ${seconds.toFixed(1)} s: ${JSON.stringify(result)}`);
}
