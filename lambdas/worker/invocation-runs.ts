import {
  type EndInvocationDependencies,
  endKilledInvocation,
  handBackInvocation,
} from '../tasks/end-invocation.ts';
import { AFTER_KILL_MS, type CutOff, type RunKeeper } from './run-keeper.ts';
import type { UnrecordedRun } from './supervisor-protocol.ts';

export interface InvocationRunsOptions {
  readonly timeoutSeconds: number;
  readonly dependencies: EndInvocationDependencies;
}

/** Sees to the runs of invocations that have no record: nobody can stop them, and their messages are all there is. */
export class InvocationRuns implements RunKeeper<UnrecordedRun> {
  readonly #options: InvocationRunsOptions;

  constructor(options: InvocationRunsOptions) {
    this.#options = options;
  }

  async mustEnd(): Promise<boolean> {
    return false;
  }

  async settle(run: UnrecordedRun, { isTaken, isKilled, killedBeside, isPaused }: CutOff): Promise<void> {
    // Its code has ended, and the main thread has sent what follows, or was about to: then it comes again by itself.
    if (!isTaken) return;
    const { dependencies, timeoutSeconds } = this.#options;
    const waitMs = isPaused ? 0 : AFTER_KILL_MS;
    if (!isKilled) {
      await handBackInvocation(dependencies, run, { cause: `killed beside ${killedBeside}`, waitMs });
      return;
    }
    await endKilledInvocation(dependencies, run, { timeoutSeconds, waitMs });
    await dependencies.queue.delete(dependencies.queueUrl, run.receiptHandle);
  }
}
