/** Counts how many may run at once; who comes when all slots are taken waits its turn. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    this.#free -= 1;
    if (this.#free < 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  give(): void {
    this.#free += 1;
    this.#waiting.shift()?.();
  }
}
