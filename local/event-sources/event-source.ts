import type { QueuePoller } from './queue-poller.ts';

/** What can be changed of an event source mapping while it runs. */
export interface EventSourceState {
  readonly isEnabled: boolean;
  /** Absent where none is set. */
  readonly maximumConcurrency?: number;
}

export interface EventSourceOptions {
  readonly id: string;
  readonly queueArn: string;
  readonly functionArn: string;
  readonly batchSize: number;
  /** In the provisioned mode, which has no maximum concurrency beside it. */
  readonly isProvisioned: boolean;
  /** Invocations at once where no maximum is set. */
  readonly defaultConcurrency: number;
  readonly poller: Pick<QueuePoller, 'setConcurrency'>;
  readonly state: EventSourceState;
  /** Keeps what was changed, for the next start. */
  readonly keep: (state: EventSourceState) => Promise<void>;
}

/** An event source mapping, as Lambda's own API shows and changes it. */
export class EventSource {
  readonly options: EventSourceOptions;
  #state: EventSourceState;

  constructor(options: EventSourceOptions) {
    this.options = options;
    this.#state = options.state;
    this.#apply();
  }

  get state(): EventSourceState {
    return this.#state;
  }

  /** Changes what is given; what runs already goes on. */
  async update(change: Partial<EventSourceState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#apply();
    await this.options.keep(this.#state);
  }

  #apply(): void {
    const { isEnabled, maximumConcurrency = this.options.defaultConcurrency } = this.#state;
    // Without a slot it receives nothing: messages wait in their queue.
    this.options.poller.setConcurrency(isEnabled ? maximumConcurrency : 0);
  }
}
