import { randomUUID } from 'node:crypto';
import { AwsApiError } from '../aws-json-api.ts';
import { Execution } from './execution.ts';
import type { ExecutionRecord } from './execution-record.ts';
import { ExecutionStore } from './execution-store.ts';
import type { HistoryEvent } from './run/history.ts';
import type { StateMachine } from './state-machine.ts';
import { type StatusEvent, statusEvent } from './status-event.ts';
import type { TaskCaller } from './task-caller.ts';
import { TaskTokens } from './task-tokens.ts';

/** The error of an execution that a stop of the runtime has cut off. */
const RESTARTED = 'LocalRuntime.Restarted';

export interface WorkflowServiceOptions {
  readonly file: string;
  readonly region: string;
  readonly accountId: string;
  readonly caller: TaskCaller;
  /** Hears of each Standard execution that starts or ends. */
  readonly onStatusChange: (event: StatusEvent) => void;
  readonly log: (line: string) => void;
}

export interface StartRequest {
  readonly name: string | undefined;
  readonly input: string;
  readonly traceHeader: string | undefined;
}

/** Step Functions on this machine: its state machines, the executions that run, and a record of those that ran. */
export class WorkflowService {
  readonly store: ExecutionStore;
  readonly tokens = new TaskTokens();
  readonly #options: WorkflowServiceOptions;
  readonly #machines = new Map<string, StateMachine>();
  readonly #running = new Map<string, Execution>();

  constructor(options: WorkflowServiceOptions) {
    this.#options = options;
    this.store = new ExecutionStore(options.file);
  }

  deploy(machine: StateMachine): void {
    this.#machines.set(machine.arn, machine);
  }

  machine(arn: string): StateMachine {
    return (
      this.#machines.get(arn) ?? refuse('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`)
    );
  }

  /** Starts an execution; a running one of the same name and input is answered in its place. */
  start(machineArn: string, request: StartRequest): ExecutionRecord {
    const machine = this.machine(machineArn);
    const name = request.name ?? randomUUID();
    const arn = executionArn(machine, name);
    const same = this.store.get(arn);
    if (same !== undefined) {
      return same.status === 'RUNNING' && same.input === request.input
        ? same
        : refuse('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const record: ExecutionRecord = {
      arn,
      machineArn,
      name,
      input: request.input,
      startMs: Date.now(),
      status: 'RUNNING',
      ...(request.traceHeader === undefined ? {} : { traceHeader: request.traceHeader }),
    };
    this.#run(machine, record);
    return record;
  }

  execution(arn: string): ExecutionRecord {
    return (
      this.#running.get(arn)?.record ??
      this.store.get(arn) ??
      refuse('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    );
  }

  stopExecution(arn: string, error: string | undefined, cause: string | undefined): ExecutionRecord {
    this.#running.get(arn)?.stop(error, cause);
    return this.execution(arn);
  }

  /**
   * Ends, by name, what an earlier runtime left running: its place in the definition died with that one. Called when
   * all is deployed, so that the rules that listen hear of it.
   */
  endInterrupted(): void {
    for (const record of this.store.running().filter(({ arn }) => !this.#running.has(arn))) {
      const error = RESTARTED;
      const cause = 'The local runtime stopped while this execution ran, and cannot resume it.';
      const ended: ExecutionRecord = { ...record, status: 'ABORTED', stopMs: Date.now(), error, cause };
      this.store.addEvent(record.arn, {
        id: this.store.lastEventId(record.arn) + 1,
        previousEventId: 0,
        timestampMs: Date.now(),
        type: 'ExecutionAborted',
        details: { executionAbortedEventDetails: { error, cause } },
      });
      this.store.end(ended);
      this.#options.log(`task-mode | execution ${record.name} was cut off by a stop of the runtime: ABORTED`);
      this.#announce(ended);
    }
  }

  /** Gives up what runs; the next runtime says so. */
  stop(): void {
    for (const execution of this.#running.values()) {
      execution.suspend();
    }
    this.#running.clear();
    this.store.close();
  }

  #run(machine: StateMachine, record: ExecutionRecord): void {
    const { region, caller } = this.#options;
    const isRecorded = !machine.isExpress;
    if (isRecorded) {
      this.store.add(record);
    }
    const execution = new Execution({
      machine,
      record,
      environment: { region, caller, tokens: this.tokens },
      onEvent: (event: HistoryEvent) => {
        if (isRecorded) this.store.addEvent(record.arn, event);
      },
      onEnd: (ended) => this.#ended(ended, isRecorded),
    });
    this.#running.set(record.arn, execution);
    if (isRecorded) {
      this.#announce(record);
    }
    void execution.run();
  }

  #ended(record: ExecutionRecord, isRecorded: boolean): void {
    this.#running.delete(record.arn);
    if (isRecorded) {
      this.store.end(record);
      this.#announce(record);
    }
    if (record.status !== 'SUCCEEDED') {
      const why = [record.error, record.cause].filter(Boolean).join(': ');
      this.#options.log(`task-mode | execution ${record.name} ${record.status}${why && `: ${why}`}`);
    }
  }

  #announce(record: ExecutionRecord): void {
    const { region, accountId, onStatusChange } = this.#options;
    onStatusChange(statusEvent(record, region, accountId));
  }
}

/** An Express execution has an id beside its name: as many may have the same name. */
function executionArn({ arn, isExpress }: StateMachine, name: string): string {
  return isExpress
    ? `${arn.replace(':stateMachine:', ':express:')}:${name}:${randomUUID()}`
    : `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
}

function refuse(type: string, message: string): never {
  throw new AwsApiError(type, message);
}
