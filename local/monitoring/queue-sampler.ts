import type { MetricStore } from './metric-store.ts';

/** How a queue stands. */
export interface QueueFigures {
  readonly visible: number;
  readonly notVisible: number;
  readonly delayed: number;
  /** Of the oldest message that is not deleted and not delayed; undefined where the engine does not tell. */
  readonly ageOfOldestSeconds: number | undefined;
}

/** A queue that somebody asked for is looked at for so long after it: a chart that stays open fills. */
const KEPT_AFTER_READ_MS = 15 * 60_000;

/**
 * Looks at queues as CloudWatch does for all of them: here only at those that an alarm watches or that somebody has
 * asked for of late, so that a queue of which nobody wants to know costs nothing.
 */
export class QueueSampler {
  readonly #store: MetricStore;
  readonly #figuresOf: (queueName: string) => Promise<QueueFigures | undefined>;
  readonly #now: () => number;
  readonly #watched = new Set<string>();
  readonly #readTimes = new Map<string, number>();

  constructor(
    store: MetricStore,
    figuresOf: (queueName: string) => Promise<QueueFigures | undefined>,
    now: () => number,
  ) {
    this.#store = store;
    this.#figuresOf = figuresOf;
    this.#now = now;
  }

  /** Has a queue looked at for as long as the runtime runs. */
  watch(queueName: string): void {
    this.#watched.add(queueName);
  }

  /** Looks at a queue now, and for a while from now on. */
  async ask(queueName: string): Promise<void> {
    if (await this.#look(queueName)) this.#readTimes.set(queueName, this.#now());
  }

  async sample(): Promise<void> {
    for (const [queueName, readTime] of this.#readTimes) {
      if (readTime < this.#now() - KEPT_AFTER_READ_MS) this.#readTimes.delete(queueName);
    }
    const queueNames = new Set([...this.#watched, ...this.#readTimes.keys()]);
    await Promise.all([...queueNames].map((queueName) => this.#look(queueName)));
  }

  /** Tells whether there is such a queue. */
  async #look(queueName: string): Promise<boolean> {
    const figures = await this.#figuresOf(queueName);
    if (figures === undefined) return false;
    const record = (name: string, value: number | undefined) => {
      if (value === undefined) return;
      this.#store.record({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queueName } }, value);
    };
    record('ApproximateNumberOfMessagesVisible', figures.visible);
    record('ApproximateNumberOfMessagesNotVisible', figures.notVisible);
    record('ApproximateNumberOfMessagesDelayed', figures.delayed);
    record('ApproximateAgeOfOldestMessage', figures.ageOfOldestSeconds);
    return true;
  }
}
