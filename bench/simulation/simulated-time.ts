interface Event {
  readonly time: number;
  /** Events of one instant happen in the order in which they were planned. */
  readonly number: number;
  readonly happen: () => void;
}

/** Time that passes from one planned event to the next, so that a day takes as long as what happens in it. */
export class SimulatedTime {
  #now: number;
  #planned = 0;
  /** A binary heap, the earliest event first. */
  readonly #events: Event[] = [];

  /** @param begin - in epoch milliseconds */
  constructor(begin: number) {
    this.#now = begin;
  }

  /** The time in epoch milliseconds. */
  readonly clock = (): number => this.#now;

  /** Waits for so many milliseconds; a negative number counts as 0. */
  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => this.at(this.#now + milliseconds, resolve));

  /** Plans an event for an instant (epoch milliseconds, rounded to whole ones); one that is over comes next. */
  at(time: number, happen: () => void): void {
    this.#planned += 1;
    this.#push({ time: Math.max(Math.round(time), this.#now), number: this.#planned, happen });
  }

  /** Lets time pass until `isDone`, until an instant, or until nothing is planned. */
  async run(isDone: () => boolean, until = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      // Every promise that can settle without time passing has settled then.
      await new Promise(setImmediate);
      const next = this.#events[0];
      if (isDone() || next === undefined || next.time > until) return;
      this.#now = next.time;
      this.#pop().happen();
    }
  }

  #push(event: Event): void {
    const events = this.#events;
    let place = events.push(event) - 1;
    for (
      let above = (place - 1) >> 1;
      place > 0 && isBefore(event, events[above]);
      above = (place - 1) >> 1
    ) {
      events[place] = events[above] as Event;
      place = above;
    }
    events[place] = event;
  }

  #pop(): Event {
    const events = this.#events;
    const first = events[0] as Event;
    const moved = events.pop() as Event;
    if (events.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const child = isBefore(events[left + 1], events[left]) ? left + 1 : left;
      if (!isBefore(events[child], moved)) break;
      events[place] = events[child] as Event;
      place = child;
    }
    events[place] = moved;
    return first;
  }
}

function isBefore(one: Event | undefined, other: Event | undefined): boolean {
  if (one === undefined) return false;
  if (other === undefined) return true;
  return one.time < other.time || (one.time === other.time && one.number < other.number);
}
