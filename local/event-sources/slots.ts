/** Counts how many may run at once; who comes when all slots are taken waits its turn. */
export class Slots {
  #count: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  /** More are taken than there are by now. */
  get isOverdrawn(): boolean {
    return this.#taken > this.#count;
  }

  async take(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#admit();
    });
  }

  give(): void {
    this.#taken -= 1;
    this.#admit();
  }

  /** From now on there are so many. Who has one keeps it. */
  resize(count: number): void {
    this.#count = count;
    this.#admit();
  }

  #admit(): void {
    while (this.#taken < this.#count && this.#waiting.length > 0) {
      this.#taken += 1;
      this.#waiting.shift()?.();
    }
  }
}
