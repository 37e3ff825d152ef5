const DAY_MS = 86_400_000;

/** What clocks of a time zone show, and when: times on such a clock are milliseconds as if it showed UTC. */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat;

  /** @throws RangeError when there is no such zone. */
  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What a clock shows at an instant. */
  clockAt(instant: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instant)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }

  /** The first instant at which a clock shows a time; undefined when it is one that daylight saving time leaves out. */
  instantOf(clock: number): number | undefined {
    const candidates = [clock - DAY_MS, clock + DAY_MS].map(
      (near) => clock - (this.clockAt(near) - Math.floor(near / 1000) * 1000),
    );
    return candidates.sort((a, b) => a - b).find((instant) => this.clockAt(instant) === clock);
  }
}
