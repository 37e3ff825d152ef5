import { after } from '../clock/timer.ts';
import type { Json, JsonObject } from '../json.ts';
import type { ExecutionRecord, ExecutionStatus } from './execution-record.ts';
import { History, type HistoryEvent, Trail, WHOLE } from './run/history.ts';
import type { Environment } from './run/run.ts';
import { runScope } from './run/run-scope.ts';
import { Aborted, runtimeError, TIMEOUT, WorkflowError } from './run/workflow-error.ts';
import type { StateMachine } from './state-machine.ts';

/** Step Functions' limit for the history of a Standard execution; an Express one has none. */
const MAX_EVENTS = 25_000;

/** How long an Express execution may take (Step Functions developer guide). */
const EXPRESS_SECONDS = 300;

/** The last event of a history by the status that it comes with. */
const LAST_EVENTS = {
  SUCCEEDED: 'executionSucceeded',
  FAILED: 'executionFailed',
  TIMED_OUT: 'executionTimedOut',
  ABORTED: 'executionAborted',
} as const satisfies Record<Exclude<ExecutionStatus, 'RUNNING'>, string>;

export interface ExecutionOptions {
  readonly machine: StateMachine;
  readonly record: ExecutionRecord;
  readonly environment: Pick<Environment, 'region' | 'caller' | 'tokens'>;
  readonly onEvent: (event: HistoryEvent) => void;
  readonly onEnd: (record: ExecutionRecord) => void;
}

/** One execution of a state machine, from its start to its end. */
export class Execution {
  readonly #options: ExecutionOptions;
  readonly #stopping = new AbortController();
  readonly #history: History;
  #record: ExecutionRecord;

  constructor(options: ExecutionOptions) {
    this.#options = options;
    this.#record = options.record;
    const maxEvents = options.machine.isExpress ? Number.POSITIVE_INFINITY : MAX_EVENTS;
    this.#history = new History(options.onEvent, maxEvents);
  }

  get record(): ExecutionRecord {
    return this.#record;
  }

  /** Runs to the end; never rejects. */
  async run(): Promise<void> {
    const { machine, record } = this.#options;
    this.#history.add('ExecutionStarted', 0, {
      executionStartedEventDetails: { input: record.input, inputDetails: WHOLE, roleArn: machine.roleArn },
    });
    // Step Functions lets the first state follow on nothing.
    const trail = new Trail(this.#history, 0);
    const timer = this.#startTimer();
    try {
      const environment: Environment = {
        ...this.#options.environment,
        executionArn: record.arn,
        context: contextOf(machine, record),
      };
      const input = JSON.parse(record.input) as Json;
      const output = await runScope(machine.definition, input, {
        environment,
        trail,
        signal: this.#stopping.signal,
      });
      this.#end('SUCCEEDED', trail.lastId, { output: JSON.stringify(output) });
    } catch (error) {
      if (!(error instanceof Aborted)) {
        this.#end('FAILED', trail.lastId, errorFields(error));
      }
    } finally {
      timer?.cancel();
    }
  }

  /** Ends it as StopExecution does; what has ended stays as it is. */
  stop(error: string | undefined, cause: string | undefined): void {
    this.#end('ABORTED', 0, {
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  /** Does nothing more, and is not said to have ended. */
  suspend(): void {
    this.#history.abandon();
    this.#stopping.abort(new Aborted());
  }

  #startTimer() {
    const { definition, isExpress } = this.#options.machine;
    const seconds = Math.min(
      definition.timeoutSeconds ?? Number.POSITIVE_INFINITY,
      isExpress ? EXPRESS_SECONDS : Number.POSITIVE_INFINITY,
    );
    return Number.isFinite(seconds) ? after(seconds * 1000, () => this.#end('TIMED_OUT', 0, {})) : undefined;
  }

  #end(
    status: keyof typeof LAST_EVENTS,
    previousEventId: number,
    fields: Pick<ExecutionRecord, 'output' | 'error' | 'cause'>,
  ): void {
    if (this.#record.status !== 'RUNNING' || this.#stopping.signal.aborted) {
      return;
    }
    const type = LAST_EVENTS[status];
    const details: JsonObject = status === 'SUCCEEDED' ? { ...fields, outputDetails: WHOLE } : { ...fields };
    this.#history.close(`${type.charAt(0).toUpperCase()}${type.slice(1)}`, previousEventId, {
      [`${type}EventDetails`]: details,
    });
    this.#record = { ...this.#record, ...fields, status, stopMs: Date.now() };
    this.#stopping.abort(new Aborted());
    this.#options.onEnd(this.#record);
  }
}

/** The context object, but for what each state has of its own. */
function contextOf(machine: StateMachine, record: ExecutionRecord): JsonObject {
  return {
    Execution: {
      Id: record.arn,
      Input: JSON.parse(record.input) as Json,
      Name: record.name,
      RoleArn: machine.roleArn,
      StartTime: new Date(record.startMs).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
}

function errorFields(thrown: unknown): Pick<ExecutionRecord, 'error' | 'cause'> {
  const { error, details } = thrown instanceof WorkflowError ? thrown : runtimeError(String(thrown));
  return {
    ...(error === undefined ? {} : { error }),
    ...(details === undefined || (details === '' && error === TIMEOUT) ? {} : { cause: details }),
  };
}
