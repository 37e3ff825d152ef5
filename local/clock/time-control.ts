import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { QueueEngine } from '../engines/queue-engine.ts';
import type { QueuePoller } from '../event-sources/queue-poller.ts';
import { RateSchedule } from '../event-sources/rate-schedule.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { ClockSchedule } from '../scheduling/clock-schedule.ts';
import type { Clock } from './clock.ts';
import { type Advance, extendLeases } from './extend-leases.ts';
import { lookAtTimers } from './timer.ts';

/** By then every process has seen that the clock was advanced: one that began to work with the time before would take it for its own. */
const SEEN_MS = 20;

/** A write that was under way at the advance has the time before it; by now it has come. */
const LATE_WRITE_MS = 500;

export interface TimeControlOptions {
  readonly clock: Clock;
  /** False where messages are kept by an engine whose clock is its own. */
  readonly isMovable: boolean;
  readonly queueEngine: Pick<QueueEngine, 'hideLonger'>;
  readonly pollers: readonly Pick<QueuePoller, 'inHand'>[];
  readonly schedules: readonly (RateSchedule | ClockSchedule)[];
  readonly dynamodb: DynamoDBClient;
  readonly tableNames: readonly string[];
  readonly monitoring: Pick<Monitoring, 'look'>;
  readonly log: (line: string) => void;
}

/**
 * Advances the clock of a runtime as if that time had passed with the machine at rest: everything whose time has come comes at
 * once, and what runs goes on as if nothing was, with its timers and the rest of its time-out.
 */
export class TimeControl {
  readonly #options: TimeControlOptions;
  #advancing: Promise<unknown> = Promise.resolve();

  constructor(options: TimeControlOptions) {
    this.#options = options;
  }

  get time(): number {
    return this.#options.clock.time;
  }

  get advancedMs(): number {
    return this.#options.clock.advancedMs;
  }

  get isMovable(): boolean {
    return this.#options.isMovable;
  }

  /** Resolves when all that was waited for is under way. One advance comes after the other. */
  async advance(byMs: number): Promise<void> {
    const advancing = this.#advancing.catch(() => undefined).then(() => this.#advance(byMs));
    this.#advancing = advancing;
    await advancing;
  }

  async #advance(byMs: number): Promise<void> {
    const { clock, schedules, monitoring, log } = this.#options;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    try {
      // The sweep above all: it must not take for dead what runs, before that has its lease again.
      await Promise.all(schedules.filter(isRate).map((schedule) => schedule.hold(released)));
      await this.#move(byMs);
      for (const schedule of schedules) if (!isRate(schedule)) schedule.catchUp();
      lookAtTimers();
    } finally {
      release();
    }
    log(
      `task-mode | the clock was advanced by ${byMs / 1000} s: it is ${new Date(clock.time).toISOString()}`,
    );
    await monitoring.look();
  }

  /** Moves the clock, and with it what says until when somebody is at work. */
  async #move(byMs: number): Promise<void> {
    const { clock, queueEngine, pollers } = this.#options;
    const inHand = pollers.flatMap((poller) => poller.inHand);
    const from = clock.time;
    clock.advance(byMs);
    // In the same turn: nobody receives what is in hand.
    queueEngine.hideLonger(inHand, byMs);
    await delay(SEEN_MS);
    if (inHand.length === 0) return;
    const advance = { from, to: from + byMs };
    await this.#extendLeases(advance);
    await delay(LATE_WRITE_MS);
    await this.#extendLeases(advance);
  }

  async #extendLeases(advance: Advance): Promise<void> {
    const { dynamodb, tableNames } = this.#options;
    await Promise.all(tableNames.map((name) => extendLeases(dynamodb, name, advance)));
  }
}

function isRate(schedule: RateSchedule | ClockSchedule): schedule is RateSchedule {
  return schedule instanceof RateSchedule;
}
