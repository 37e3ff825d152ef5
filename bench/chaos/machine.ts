import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How starved of CPU the machine was. */
export interface MachineFigures {
  /** By how much the timers of a process that does nothing else fired late. */
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  /** How long a thread took for work that needs the CPU for `workMs`. */
  readonly workMs: number;
  readonly workP50Ms: number;
  readonly workP99Ms: number;
  /** Load averages over a minute. */
  readonly loadMean: number;
  readonly loadMax: number;
}

const PROGRAM = fileURLToPath(new URL('./lag-probe.ts', import.meta.url));

/** Measures the machine from now on. */
export function watchMachine(): { figures: () => Promise<MachineFigures>; end: () => void } {
  const probe = fork(PROGRAM, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return {
    figures: async () => {
      const answered = once(probe, 'message');
      probe.send('figures');
      const [figures] = (await answered) as [MachineFigures];
      return figures;
    },
    end: () => void probe.kill(),
  };
}
