/** One event of an execution's history (Step Functions, GetExecutionHistory), with what steps are made from. */
export interface HistoryEvent {
  readonly id: number;
  /** The event before it in its own line: of the execution, of a branch, of an iteration. */
  readonly previousId: number;
  readonly type: string;
  readonly time: number;
  /** Of the state, or of the Map that an iteration is of. */
  readonly name?: string | undefined;
  /** Of an iteration. */
  readonly index?: number | undefined;
  /** What a state asks for, as JSON. */
  readonly request?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/**
 * How a stay in a state went. `Caught`: it failed, and the workflow goes on by its Catch. `Stopped`: its execution ended,
 * or the branches beside it were given up, before it did.
 */
export const STEP_STATUSES = ['Running', 'Succeeded', 'Caught', 'Failed', 'Stopped'] as const;

export type StepStatus = (typeof STEP_STATUSES)[number];

/** One stay in a state, with all its attempts. */
export interface Step {
  /** The number of the event by which it was entered. */
  readonly stepId: number;
  /** The Map or Parallel that it is in. */
  readonly parentStepId: number | undefined;
  /** Which item of the innermost Map it is for. */
  readonly mapIndex: number | undefined;
  /** Which branch of the Parallel that it is in, in the order in which they began: the history does not number them. */
  readonly branchIndex: number | undefined;
  readonly stateName: string;
  readonly stateType: string;
  readonly enteredTime: number;
  readonly exitedTime: number | undefined;
  readonly status: StepStatus;
  readonly attempts: number;
  /** Of the latest attempt that failed and was not followed by another. */
  readonly error: string | undefined;
  readonly cause: string | undefined;
  /** What it asked for last, as JSON. */
  readonly request: string | undefined;
}

type OpenStep = { -readonly [Field in keyof Step]: Step[Field] } & {
  scope: Scope | undefined;
  /** Of a Parallel: how many of its branches have begun. */
  branchCount: number;
};

/** An iteration or a branch: a line of events within a step. */
interface Scope {
  readonly parent: OpenStep;
  readonly mapIndex: number | undefined;
  readonly branchIndex?: number;
}

/** Where a line of events is: in a step, or between two of a scope. */
interface Place {
  readonly step?: OpenStep | undefined;
  readonly scope?: Scope | undefined;
}

/**
 * Makes steps from a history, event by event: each event is put to its step by the one before it in its line. That
 * states were aborted is told by what ended them, not by events of their own, whose lines say who was to blame.
 */
export class ExecutionSteps {
  readonly #steps: OpenStep[] = [];
  readonly #open = new Set<OpenStep>();
  readonly #places = new Map<number, Place>();
  #end: HistoryEvent | undefined;

  add(event: HistoryEvent): void {
    this.#places.set(event.id, this.#placeOf(event, this.#places.get(event.previousId) ?? {}));
  }

  get count(): number {
    return this.#steps.length;
  }

  /** Tells whether nothing that is still to come changes the steps up to that one. */
  isSettled(count: number): boolean {
    return this.#steps.length >= count && this.#steps.slice(0, count).every((step) => !this.#open.has(step));
  }

  /** Some of the steps in the order in which they were entered, as far as the history has told. */
  slice(start: number, end: number): Step[] {
    return this.#steps.slice(start, end).map((step) => {
      const { scope: _, branchCount: __, ...told } = step;
      const isCutOff = this.#end !== undefined && this.#open.has(step);
      return isCutOff
        ? { ...told, status: cutOffStatus(step, this.#end), exitedTime: this.#end?.time }
        : told;
    });
  }

  #placeOf(event: HistoryEvent, before: Place): Place {
    const { type } = event;
    const state = /^(?<stateType>\w+)State(?<what>Entered|Exited|Succeeded|Failed)$/.exec(type)?.groups;
    if (type.startsWith('Execution')) return this.#executionChanged(event, before);
    if (state?.what === 'Entered') return this.#entered(event, state.stateType ?? '', before);
    if (state?.what === 'Exited') return this.#exited(event, before);
    if (state) return this.#branchesEnded(event, state.stateType ?? '', before);
    if (type === 'MapIterationStarted') {
      const parent = this.#nearest(before, (step) => step.stateType === 'Map');
      return { scope: parent && { parent, mapIndex: event.index } };
    }
    if (/^MapIteration/.test(type)) return { scope: before.scope };
    note(before.step, event);
    return before;
  }

  #executionChanged(event: HistoryEvent, before: Place): Place {
    const isEnd = /(Succeeded|Failed|TimedOut|Aborted)$/.test(event.type);
    // An execution that is redriven goes on where it failed.
    this.#end = isEnd ? event : undefined;
    if (isEnd && before.step?.stateType === 'Fail') note(before.step, event);
    return before;
  }

  #entered({ id, time, name = '' }: HistoryEvent, stateType: string, { step, scope }: Place): Place {
    const isBranch = step !== undefined && this.#open.has(step) && step.stateType === 'Parallel';
    const ownScope = isBranch ? newBranch(step) : scope;
    const entered: OpenStep = {
      stepId: id,
      parentStepId: ownScope?.parent.stepId,
      mapIndex: ownScope?.mapIndex,
      branchIndex: ownScope?.branchIndex,
      stateName: name,
      stateType,
      enteredTime: time,
      exitedTime: undefined,
      status: 'Running',
      attempts: 0,
      error: undefined,
      cause: undefined,
      request: undefined,
      scope: ownScope,
      branchCount: 0,
    };
    this.#steps.push(entered);
    this.#open.add(entered);
    return { step: entered, scope: ownScope };
  }

  #exited({ time, name }: HistoryEvent, before: Place): Place {
    const step = this.#nearest(before, ({ stateName }) => stateName === name);
    if (!step) return before;
    for (const inner of [...this.#open].filter((other) => isWithin(other, step))) {
      this.#close(inner, cutOffStatus(inner), time);
    }
    this.#close(step, step.error === undefined ? 'Succeeded' : 'Caught', time);
    return { scope: step.scope };
  }

  #branchesEnded(event: HistoryEvent, stateType: string, before: Place): Place {
    const step = this.#nearest(before, (other) => other.stateType === stateType);
    // The history names the error at the state that failed within, and at the execution.
    if (event.type.endsWith('Failed') && step) {
      step.error = event.error ?? before.step?.error ?? '';
      step.cause = event.cause ?? before.step?.cause;
    }
    return { step, scope: step?.scope };
  }

  /** The innermost open step, from a place outwards, that is meant. */
  #nearest({ step, scope }: Place, isMeant: (step: OpenStep) => boolean): OpenStep | undefined {
    if (step && this.#open.has(step) && isMeant(step)) return step;
    for (let outer = scope; outer !== undefined; outer = outer.parent.scope) {
      if (this.#open.has(outer.parent) && isMeant(outer.parent)) return outer.parent;
    }
    return undefined;
  }

  #close(step: OpenStep, status: StepStatus, time: number): void {
    step.status = status;
    step.exitedTime = time;
    this.#open.delete(step);
  }
}

function newBranch(parallel: OpenStep): Scope {
  const branchIndex = parallel.branchCount;
  parallel.branchCount += 1;
  return { parent: parallel, mapIndex: parallel.mapIndex, branchIndex };
}

/** Notes at a step that an attempt begins, or how it failed. */
function note(step: OpenStep | undefined, { type, request, error, cause }: HistoryEvent): void {
  if (!step) return;
  if (/(Task|LambdaFunction|Activity)Scheduled$/.test(type)) {
    Object.assign(step, { attempts: step.attempts + 1, error: undefined, cause: undefined });
    if (request !== undefined) step.request = request;
  } else if (/(Failed|TimedOut)$/.test(type)) {
    Object.assign(step, { error: error ?? (type.endsWith('TimedOut') ? 'States.Timeout' : ''), cause });
  }
}

function cutOffStatus({ error }: OpenStep, end?: HistoryEvent): StepStatus {
  return error === undefined || (end !== undefined && end.type !== 'ExecutionFailed') ? 'Stopped' : 'Failed';
}

function isWithin({ scope }: OpenStep, step: OpenStep): boolean {
  for (let outer = scope; outer !== undefined; outer = outer.parent.scope) {
    if (outer.parent === step) return true;
  }
  return false;
}
