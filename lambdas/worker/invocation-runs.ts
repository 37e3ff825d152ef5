import {
  type EndInvocationDependencies,
  endKilledInvocation,
  handBackNeighbourInvocation,
} from '../tasks/end-invocation.ts';
import { AFTER_KILL_MS, type CutOff, type Look, type RunKeeper } from './run-keeper.ts';
import type { UnrecordedRun } from './supervisor-protocol.ts';

export interface InvocationRunsOptions {
  readonly timeoutSeconds: number;
  readonly dependencies: EndInvocationDependencies;
}

/** Handles runs of invocations without a record: they cannot be stopped, and their messages are all there is. */
export class InvocationRuns implements RunKeeper<UnrecordedRun> {
  readonly #options: InvocationRunsOptions;

  constructor(options: InvocationRunsOptions) {
    this.#options = options;
  }

  async look(): Promise<Look> {
    return 'goesOn';
  }

  /** Replaces the message, then deletes it: deleted first, a crash would lose it; not deleted, it would run twice. */
  async settle(run: UnrecordedRun, { isTaken, isKilled, killedBeside, isPaused }: CutOff): Promise<void> {
    // The main thread is sending what follows, or was about to: in that case the message comes again by itself.
    if (!isTaken) return;
    const { dependencies, timeoutSeconds } = this.#options;
    const waitMs = isPaused ? 0 : AFTER_KILL_MS;
    if (isKilled) await endKilledInvocation(dependencies, run, { timeoutSeconds, waitMs });
    else {
      await handBackNeighbourInvocation(dependencies, run, {
        cause: `killed beside ${killedBeside}`,
        waitMs,
      });
    }
    await dependencies.queue.delete(dependencies.queueUrl, run.receiptHandle);
  }
}
