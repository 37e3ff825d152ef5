import { randomUUID } from 'node:crypto';
import { passedMs } from '../clock/process-clock.ts';
import { pass } from '../clock/timer.ts';
import type { LambdaService } from '../functions/lambda-service.ts';

export interface RateScheduleOptions {
  readonly ruleArn: string;
  readonly functionArn: string;
  /** How long after the start it comes first. */
  readonly firstRunMs: number;
  readonly intervalMs: number;
  readonly region: string;
  readonly accountId: string;
  readonly lambda: Pick<LambdaService, 'invoke'>;
  readonly log: (line: string) => void;
}

/**
 * A rule of EventBridge with `rate(...)`: invokes its function at intervals, never while it still runs. Of all the times by which
 * the clock is advanced, one comes.
 */
export class RateSchedule {
  readonly #options: RateScheduleOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #held: Promise<void> | undefined;

  constructor(options: RateScheduleOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#run();
  }

  /** Starts no further run. One that goes on is ended with the functions. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Starts nothing until `release` is settled; resolves when nothing runs. */
  async hold(release: Promise<void>): Promise<void> {
    this.#held = release;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = this.#options.firstRunMs;
    for (;;) {
      await pass(waitMs, signal);
      await this.#held;
      if (signal.aborted) return;
      const startMs = passedMs();
      this.#running = this.#invoke();
      await this.#running;
      waitMs = Math.max(this.#options.intervalMs - (passedMs() - startMs), 0);
    }
  }

  async #invoke(): Promise<void> {
    const { functionArn, ruleArn, lambda, log } = this.#options;
    const result = await lambda.invoke(functionArn, this.#event());
    if ('functionError' in result && !this.#stopping.signal.aborted) {
      const { errorType, errorMessage } = result.functionError;
      log(`task-mode | schedule ${ruleArn.split('/').at(-1)}: ${errorType}: ${errorMessage}`);
    }
  }

  /** The event of a schedule as EventBridge sends it, to the second. */
  #event() {
    const { ruleArn, region, accountId } = this.#options;
    return {
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: accountId,
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      region,
      resources: [ruleArn],
      detail: {},
    };
  }
}
