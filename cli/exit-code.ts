import type { TerminalStatus } from '../lambdas/domain/lifecycle.ts';

/** What a shell can tell the ends of the command by; its help lists them. */
export const EXIT_CODE = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Waited for as long as was asked, and the task goes on. */
  stillRunning: 7,
  /** 128 and the number of SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** How a task that was waited for ended. */
export const EXIT_CODE_OF_STATUS: Readonly<Record<TerminalStatus, number>> = {
  Succeeded: EXIT_CODE.done,
  Failed: 3,
  Stopped: 4,
  Expired: 5,
  Invalid: 6,
};
