import type { JsonObject } from '../../json.ts';
import { runtimeError } from './workflow-error.ts';

/** One event of an execution's history, as GetExecutionHistory tells it. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestampMs: number;
  readonly type: string;
  /** The field of details that the type has, if it has one. */
  readonly details: JsonObject;
}

/** Says of an input or output in the history that it is whole. */
export const WHOLE = { truncated: false };

/** The events of one execution in their order. */
export class History {
  readonly #record: (event: HistoryEvent) => void;
  readonly #maxEvents: number;
  #count = 0;
  #isClosed = false;

  constructor(record: (event: HistoryEvent) => void, maxEvents: number) {
    this.#record = record;
    this.#maxEvents = maxEvents;
  }

  /** Adds an event and gives its id. What comes after the end of the execution is not recorded. */
  add(type: string, previousEventId: number, details: JsonObject = {}): number {
    if (this.#isClosed) {
      return previousEventId;
    }
    // The last place is for the end of the execution.
    if (this.#count + 1 >= this.#maxEvents) {
      throw runtimeError(`The execution reached the maximum number of history events (${this.#maxEvents}).`);
    }
    return this.#append(type, previousEventId, details);
  }

  /** Adds the last event. */
  close(type: string, previousEventId: number, details: JsonObject): void {
    if (!this.#isClosed) {
      this.#append(type, previousEventId, details);
      this.#isClosed = true;
    }
  }

  /** Records nothing more, as if the execution went on elsewhere. */
  abandon(): void {
    this.#isClosed = true;
  }

  #append(type: string, previousEventId: number, details: JsonObject): number {
    this.#count += 1;
    this.#record({ id: this.#count, previousEventId, timestampMs: Date.now(), type, details });
    return this.#count;
  }
}

/** Follows one line of events through the history: of the execution, of a branch, of an iteration. */
export class Trail {
  readonly history: History;
  /** The event that comes before the next one of this line. */
  lastId: number;

  constructor(history: History, lastId: number) {
    this.history = history;
    this.lastId = lastId;
  }

  add(type: string, details?: JsonObject): void {
    this.lastId = this.history.add(type, this.lastId, details);
  }

  /** Makes the trail of a line that starts after an event. */
  fork(eventId: number): Trail {
    return new Trail(this.history, eventId);
  }
}
