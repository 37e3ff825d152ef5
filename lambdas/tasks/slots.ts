/** Bounds how much of something is done at once. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does a piece of work as soon as a slot is free, in the order of the calls. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The next one takes this very slot, so that none that comes meanwhile is faster.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}
