import { parentPort, workerData } from 'node:worker_threads';
import { RunSlots } from './run-slots.ts';
import type { Supervision } from './supervision.ts';
import type {
  ExpectedRun,
  FromSupervisor,
  SupervisorData,
  ToSupervisor,
  WatchedRun,
} from './supervisor-protocol.ts';

/** Most tasks are over by then, and cost no more than two messages between threads. */
const FIRST_LOOK_MS = 1000;

const { buffer, graceMs } = workerData as SupervisorData;
const slots = new RunSlots(buffer);
const told = new Map<number, { readonly run: ExpectedRun; readonly timer?: NodeJS.Timeout }>();
let supervision: Promise<Supervision> | undefined;

/** Loads what talks to AWS only once a task outlives its first second. */
function loadSupervision(): Promise<Supervision> {
  return import('./supervised-worker.ts').then(({ superviseWorker }) =>
    superviseWorker({
      slots,
      graceMs,
      runs: () => [...told.values()].map(({ run }) => run),
      abort: ({ slot, generation }) => {
        parentPort?.postMessage({ kind: 'abort', run: { slot, generation } } satisfies FromSupervisor);
      },
    }),
  );
}

async function look(run: WatchedRun): Promise<void> {
  supervision ??= loadSupervision();
  await (await supervision).watch(run);
}

parentPort?.on('message', (message: ToSupervisor) => {
  const { kind, run } = message;
  clearTimeout(told.get(run.slot)?.timer);
  if (kind === 'expect') told.set(run.slot, { run });
  else if (kind === 'watch') told.set(run.slot, { run, timer: setTimeout(() => look(run), FIRST_LOOK_MS) });
  else told.delete(run.slot);
});
