import type { ExecutionEnvironment } from './execution-environment.ts';
import type { FunctionDefinition } from './function-definition.ts';
import type { InvokeOptions, InvokeResult } from './protocol.ts';

/** An environment idle for this long is ended: ten idle ones would hold about 340 MB. Lambda keeps them for minutes. */
const IDLE_SECONDS = 30;

/** Most environments of one function on this machine. Lambda's own limit, 1,000 for an account, would fill a laptop's memory. */
const MAX_ENVIRONMENTS = 50;

/**
 * While a function's invocations end at least this often, those that wait are better off with the environments there
 * are: a new one costs 250 ms of a core. Without this, 20 clients made 70 processes, and all of them slow.
 */
const PATIENCE_MS = 200;

/** But nobody waits longer than this for an environment that could be started: the others may all be at long work. */
const MAX_WAIT_MS = 1000;

interface Waiting {
  readonly sinceMs: number;
  readonly payloadJson: string;
  readonly options: InvokeOptions;
  readonly settle: (result: InvokeResult) => void;
}

/** Lets only so many environments of all functions load their code at the same time. */
export interface StartGate {
  /** Calls `start` now or later; the returned promise of `start` frees the place. */
  enter(start: () => Promise<void>): void;
}

/**
 * The environments of one function. An invocation takes an idle environment, the one used last first;
 * otherwise it waits for whichever comes first, one that has become idle or a new one.
 */
export class FunctionPool {
  #definition: FunctionDefinition;
  readonly #create: (definition: FunctionDefinition) => ExecutionEnvironment;
  readonly #gate: StartGate;
  /** Called when an invocation begins to run: not when it begins to wait. */
  readonly #onRun: (result: Promise<InvokeResult>) => void;
  readonly #maxEnvironments: number;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: { environment: ExecutionEnvironment; reaper: NodeJS.Timeout }[] = [];
  readonly #waiting: Waiting[] = [];
  /** Starts that wait at the gate, and environments that load their code: each will serve one waiting invocation. */
  #atGate = 0;
  #loading = 0;
  #running = 0;
  #lastEndMs = Number.NEGATIVE_INFINITY;
  #growTimer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    definition: FunctionDefinition,
    create: (definition: FunctionDefinition) => ExecutionEnvironment,
    gate: StartGate,
    onRun: (result: Promise<InvokeResult>) => void,
  ) {
    this.#definition = definition;
    this.#create = create;
    this.#gate = gate;
    this.#onRun = onRun;
    this.#maxEnvironments = Math.min(MAX_ENVIRONMENTS, definition.reservedConcurrency ?? MAX_ENVIRONMENTS);
  }

  get arn(): string {
    return this.#definition.arn;
  }

  get name(): string {
    return this.#definition.label;
  }

  get environments(): ReadonlySet<ExecutionEnvironment> {
    return this.#environments;
  }

  get running(): number {
    return this.#running;
  }

  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#environments.size > this.#idle.length;
  }

  /** Whether Lambda would refuse another synchronous invocation, since all that are reserved run. */
  get isAtReservedConcurrency(): boolean {
    return (
      this.#definition.reservedConcurrency !== undefined &&
      this.#idle.length === 0 &&
      this.#environments.size >= this.#maxEnvironments
    );
  }

  invoke(payloadJson: string, options: InvokeOptions = {}): Promise<InvokeResult> {
    return new Promise((settle) => {
      this.#waiting.push({ sinceMs: performance.now(), payloadJson, options, settle });
      this.#serve();
    });
  }

  /**
   * Has all that does not run yet run on other code: what runs ends on the code that it began on.
   * Resolves when nothing runs on that any more.
   */
  async replaceCode(taskRoot: string): Promise<void> {
    this.#definition = { ...this.#definition, taskRoot };
    const earlier = [...this.#environments];
    for (const environment of earlier) environment.retire();
    await Promise.all(earlier.map(({ ended }) => ended));
  }

  /** Ends every environment; what waits or runs fails. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#growTimer);
    for (const { reaper } of this.#idle.splice(0)) {
      clearTimeout(reaper);
    }
    this.#failWaiting();
    await Promise.all(
      [...this.#environments].map((environment) => {
        environment.end();
        return environment.ended;
      }),
    );
  }

  #serve(): void {
    if (this.#stopped) {
      this.#failWaiting();
      return;
    }
    while (this.#waiting.length > 0) {
      const idle = this.#idle.pop();
      if (idle === undefined) {
        break;
      }
      clearTimeout(idle.reaper);
      // One that is being ended is here until it is gone.
      if (idle.environment.isUsable) void this.#run(idle.environment);
    }
    this.#grow();
  }

  #grow(): void {
    clearTimeout(this.#growTimer);
    if (this.#waiting.length === 0) {
      return;
    }
    const waitMs = this.#msUntilGrowth();
    if (waitMs > 0) {
      this.#growTimer = setTimeout(() => this.#grow(), waitMs);
      return;
    }
    const most = this.#isFlowing() ? 1 : this.#waiting.length;
    while (
      this.#atGate + this.#loading < most &&
      this.#atGate + this.#environments.size < this.#maxEnvironments
    ) {
      this.#atGate += 1;
      this.#gate.enter(() => this.#start());
    }
  }

  #isFlowing(): boolean {
    return this.#environments.size > 0 && performance.now() < this.#lastEndMs + PATIENCE_MS;
  }

  #msUntilGrowth(): number {
    if (!this.#isFlowing()) {
      return 0;
    }
    const nowMs = performance.now();
    const oldestMs = this.#waiting[0]?.sinceMs ?? nowMs;
    return Math.min(this.#lastEndMs + PATIENCE_MS, oldestMs + MAX_WAIT_MS) - nowMs;
  }

  async #start(): Promise<void> {
    this.#atGate -= 1;
    // By the time its turn comes, the environments there are may do well enough.
    if (this.#stopped || this.#waiting.length === 0 || this.#msUntilGrowth() > 0) {
      this.#serve();
      return;
    }
    this.#loading += 1;
    const environment = this.#create(this.#definition);
    this.#environments.add(environment);
    void environment.ended.then(() => this.#forget(environment));
    const failure = await environment.ready;
    this.#loading -= 1;
    if (failure === undefined || environment.isRetired) {
      this.#release(environment);
    } else {
      environment.end();
      this.#waiting.shift()?.settle({ functionError: failure });
    }
  }

  async #run(environment: ExecutionEnvironment): Promise<void> {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      return;
    }
    this.#running += 1;
    const running = environment.invoke(waiting.payloadJson, waiting.options);
    this.#onRun(running);
    const result = await running;
    this.#running -= 1;
    this.#lastEndMs = performance.now();
    waiting.settle(result);
    this.#release(environment);
  }

  #release(environment: ExecutionEnvironment): void {
    if (environment.isUsable) {
      const reaper = setTimeout(() => environment.end(), IDLE_SECONDS * 1000);
      this.#idle.push({ environment, reaper });
    }
    this.#serve();
  }

  #forget(environment: ExecutionEnvironment): void {
    this.#environments.delete(environment);
    const index = this.#idle.findIndex((idle) => idle.environment === environment);
    for (const { reaper } of index < 0 ? [] : this.#idle.splice(index, 1)) {
      clearTimeout(reaper);
    }
    this.#serve();
  }

  #failWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) {
      waiting.settle({
        functionError: {
          errorType: 'Runtime.ExitError',
          errorMessage: `The local runtime stopped before ${this.#definition.name} could run`,
        },
      });
    }
  }
}
