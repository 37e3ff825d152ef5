import { QueueGoneError } from '../aws/task-queue.ts';
import { TaskModeError } from '../domain/errors.ts';
import { SWEEP_FAILURES_MAX, SWEEP_LANES } from '../domain/limits.ts';
import { Slots } from './slots.ts';

export type LaneName = keyof typeof SWEEP_LANES;

/** What a lane does, in the words of its failures. */
const LANE_WORK: Readonly<Record<LaneName, string>> = {
  deadRuns: 'running tasks',
  due: 'wake times',
  waiting: 'waiting tasks',
  followUps: 'follow-ups',
  deadLetters: 'dead letters',
  settings: 'settings',
};

/** A piece of a function's work, of which each step is one turn: at most 100 tasks. */
export type Turns = AsyncGenerator<void, void>;

export interface LaneOptions {
  readonly clock: () => number;
  readonly startTime: number;
  readonly fail: (part: string, error: unknown) => void;
  /** Where a lane of the last run that ran out of time was to go on, by the lane's name. */
  readonly places: Map<string, string>;
}

/**
 * One kind of the sweep's work, with time and requests of its own. In a lane, functions take turns: however much one of them
 * has to do, or however slowly its calls fail, the others have theirs.
 */
export class Lane {
  readonly name: LaneName;
  readonly slots: Slots;
  readonly #options: LaneOptions;
  readonly #workUntil: number;
  readonly #queue: FunctionLane[] = [];
  readonly #functions = new Map<string, FunctionLane>();
  #isClosed = false;
  #isEnded = false;
  #wake: (() => void)[] = [];

  constructor(name: LaneName, options: LaneOptions) {
    this.name = name;
    this.#options = options;
    this.#workUntil = options.startTime + SWEEP_LANES[name].workMs;
    this.slots = new Slots(SWEEP_LANES[name].atOnce);
  }

  get hasTime(): boolean {
    return this.#options.clock() < this.#workUntil;
  }

  /** Whether there is nothing to be done any more: time is over, or what all functions need is away. */
  get isOver(): boolean {
    return this.#isEnded || !this.hasTime;
  }

  /** What a function has of this lane. */
  of(functionName: string): FunctionLane {
    const part = `${LANE_WORK[this.name]} of ${functionName}`;
    const known = this.#functions.get(functionName);
    if (known) return known;
    const made = new FunctionLane(this, functionName, (error) => this.#options.fail(part, error));
    this.#functions.set(functionName, made);
    return made;
  }

  /** Orders functions so that the one comes first at which the last run had to stop. */
  inOrder<T extends { readonly functionName: string }>(functions: readonly T[], random: number): T[] {
    const sorted = [...functions].sort((a, b) => (a.functionName < b.functionName ? -1 : 1));
    const place = this.#options.places.get(this.name);
    const first =
      place === undefined
        ? Math.floor(random * sorted.length)
        : sorted.findIndex(({ functionName }) => functionName >= place);
    return [...sorted.slice(Math.max(first, 0)), ...sorted.slice(0, Math.max(first, 0))];
  }

  /** Adds a piece of a function's work. Pieces of one function may be done side by side. */
  add(functionName: string, turns: Turns): void {
    const own = this.of(functionName);
    own.turns.push(turns);
    this.#enqueue(own);
  }

  /** Nothing is added any more. */
  close(): void {
    this.#isClosed = true;
    this.#wakeAll();
  }

  /** Ends the lane for this run: what it needs for every function is away. */
  end(): void {
    this.#isEnded = true;
  }

  /** Works until all that was added is done and the lane is closed, or its time is over. */
  async work(): Promise<void> {
    const { functionsAtOnce } = SWEEP_LANES[this.name];
    await Promise.all(Array.from({ length: functionsAtOnce }, () => this.#takeTurns()));
    // What they hold until their end, they let go now.
    const left = [...this.#functions.values()].flatMap(({ turns }) => turns);
    await Promise.all(left.map((turns) => turns.return()));
    const [next] = this.#queue;
    if (next && !this.hasTime) this.#options.places.set(this.name, next.functionName);
    else this.#options.places.delete(this.name);
  }

  async #takeTurns(): Promise<void> {
    while (!this.isOver) {
      const own = this.#queue.shift();
      if (!own) {
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      own.isQueued = false;
      const turns = own.isLeft ? undefined : own.turns.shift();
      if (!turns) continue;
      // Another piece of its work may be done meanwhile, in its next turn.
      this.#enqueue(own);
      if (await own.takeTurn(turns)) {
        own.turns.push(turns);
        this.#enqueue(own);
      }
    }
  }

  #enqueue(own: FunctionLane): void {
    if (own.isQueued || own.isLeft || own.turns.length === 0) return;
    own.isQueued = true;
    this.#queue.push(own);
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** What one function has of a lane. After failures it is left for the next run. */
export class FunctionLane {
  readonly functionName: string;
  readonly turns: Turns[] = [];
  isQueued = false;
  isLeft = false;
  readonly #lane: Lane;
  readonly #report: (error: unknown) => void;
  #failures = 0;

  constructor(lane: Lane, functionName: string, report: (error: unknown) => void) {
    this.#lane = lane;
    this.functionName = functionName;
    this.#report = report;
  }

  get mayGoOn(): boolean {
    return !this.isLeft && !this.#lane.isOver;
  }

  /** Reports a failure that does not keep the function from going on. */
  report(error: unknown): void {
    this.#report(error);
  }

  /** Reports a failure. After many, or if AWS was away, the function is left for the next run. */
  fail(error: unknown): void {
    this.#report(error);
    this.#failures += 1;
    if (isAway(error) || this.#failures >= SWEEP_FAILURES_MAX) this.leave();
  }

  leave(): void {
    this.isLeft = true;
  }

  /** Takes one turn; returns whether there are more. */
  async takeTurn(turns: Turns): Promise<boolean> {
    try {
      return !(await turns.next()).done;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  /** Works on items side by side while the function may go on; what fails is reported and does not stop the others. */
  async each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
    await this.#all(items, async (item) => {
      if (this.mayGoOn) await work(item);
    });
  }

  /** As `each`, but for what must follow something that is done: whatever the time, until AWS is away. */
  async finish<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
    let isOver = false;
    await this.#all(items, async (item) => {
      if (isOver) return;
      await work(item).catch((error: unknown) => {
        isOver ||= isAway(error);
        throw error;
      });
    });
  }

  async #all<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
    await Promise.all(
      items.map((item) =>
        this.#lane.slots.use(() =>
          work(item).catch((error) => {
            this.fail(error);
          }),
        ),
      ),
    );
  }
}

/** Tells whether an error says that AWS was away or the function's queue is gone: then the next call fails as well. */
function isAway(error: unknown): boolean {
  return (
    error instanceof QueueGoneError || (error instanceof TaskModeError && error.code === 'ServiceUnavailable')
  );
}
