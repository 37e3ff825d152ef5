import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
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

/** A rule of EventBridge with `rate(...)`: invokes its function at intervals, never while it still runs. */
export class RateSchedule {
  readonly #options: RateScheduleOptions;
  readonly #stopping = new AbortController();

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

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let waitMs = this.#options.firstRunMs;
    for (;;) {
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const startMs = performance.now();
      await this.#invoke();
      waitMs = Math.max(this.#options.intervalMs - (performance.now() - startMs), 0);
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
