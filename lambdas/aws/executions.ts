import type { DescribeExecutionCommandOutput, ExecutionListItem } from '@aws-sdk/client-sfn';
import type { HistoryEvent } from '../domain/execution-steps.ts';
import {
  EXECUTION_STATUSES,
  type Execution,
  type ExecutionStatus,
  type ExecutionSummary,
} from '../domain/workflow.ts';
import { callAws } from './faults.ts';
import { toHistoryEvent } from './history-event.ts';
import { sfnClient } from './workflow-client.ts';

export interface ExecutionsOptions {
  readonly signal?: AbortSignal;
}

export interface StartRequest {
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: string;
}

export interface ListRequest {
  readonly stateMachineArn: string;
  readonly status: ExecutionStatus | undefined;
  readonly limit: number;
  /** Step Functions' own, of the page before. */
  readonly token: string | undefined;
}

export interface ExecutionsPage {
  readonly executions: readonly ExecutionSummary[];
  readonly token: string | undefined;
}

/** A part of an execution's history, at most 1,000 events. */
export interface HistoryPart {
  readonly events: readonly HistoryEvent[];
  readonly isLast: boolean;
}

/** How each status is called by Step Functions. */
const WIRE_STATUSES = {
  Running: 'RUNNING',
  Succeeded: 'SUCCEEDED',
  Failed: 'FAILED',
  TimedOut: 'TIMED_OUT',
  Stopped: 'ABORTED',
} as const satisfies Record<ExecutionStatus, string>;

/** Executions of workflows. */
export class Executions {
  readonly #call: { abortSignal?: AbortSignal };

  constructor({ signal }: ExecutionsOptions = {}) {
    this.#call = signal ? { abortSignal: signal } : {};
  }

  /**
   * Starts an execution, and tells since when it runs: one of the same name and input that runs already is taken for it.
   * `nameTaken`: there was one of this name, and it has ended or has another input. `gone`: there is no such state machine.
   */
  async start({ stateMachineArn, name, input }: StartRequest): Promise<number | 'nameTaken' | 'gone'> {
    const { StartExecutionCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const command = new StartExecutionCommand({ stateMachineArn, name, input });
    return this.#answer(async () => (await client.send(command, this.#call)).startDate?.getTime() ?? 0, {
      ExecutionAlreadyExists: 'nameTaken',
      StateMachineDoesNotExist: 'gone',
      StateMachineDeleting: 'gone',
    });
  }

  async find(executionArn: string): Promise<Execution | undefined> {
    const { DescribeExecutionCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const command = new DescribeExecutionCommand({ executionArn });
    return this.#answer(async () => toExecution(await client.send(command, this.#call)), {
      ExecutionDoesNotExist: undefined,
    });
  }

  /** Lists executions, the latest first. `badToken`: the token is not, or no longer, one of this list. */
  async list({
    stateMachineArn,
    status,
    limit,
    token,
  }: ListRequest): Promise<ExecutionsPage | 'badToken' | 'gone'> {
    const { ListExecutionsCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const command = new ListExecutionsCommand({
      stateMachineArn,
      maxResults: limit,
      ...(status && { statusFilter: WIRE_STATUSES[status] }),
      ...(token !== undefined && { nextToken: token }),
    });
    return this.#answer(
      async (): Promise<ExecutionsPage> => {
        const { executions = [], nextToken } = await client.send(command, this.#call);
        return { executions: executions.map(toSummary), token: nextToken };
      },
      { InvalidToken: 'badToken', ValidationException: 'badToken', StateMachineDoesNotExist: 'gone' },
    );
  }

  /** Stops an execution; one that has ended stays as it is. */
  async stop(executionArn: string, reason: Pick<Execution, 'error' | 'cause'>): Promise<void> {
    const { StopExecutionCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const command = new StopExecutionCommand({ executionArn, ...reason });
    await callAws('Step Functions', () => client.send(command, this.#call));
  }

  /** Pages through an execution's history from its first event; gives one `undefined` where there is no such execution. */
  async *history(executionArn: string): AsyncGenerator<HistoryPart | undefined> {
    const { GetExecutionHistoryCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    let nextToken: string | undefined;
    do {
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken });
      const page = await this.#answer(() => client.send(command, this.#call), {
        ExecutionDoesNotExist: undefined,
      });
      nextToken = page?.nextToken;
      const events = (page?.events ?? []).map(toHistoryEvent);
      yield page && { events, isLast: nextToken === undefined };
    } while (nextToken !== undefined);
  }

  /**
   * Pages through what an execution's states have asked a function for, from the first: its events as JSON texts. Gives one
   * `undefined` where there is no such execution.
   */
  async *requests(executionArn: string): AsyncGenerator<string[] | undefined> {
    const { GetExecutionHistoryCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    let nextToken: string | undefined;
    do {
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken });
      const page = await this.#answer(() => client.send(command, this.#call), {
        ExecutionDoesNotExist: undefined,
        InvalidArn: undefined,
      });
      nextToken = page?.nextToken;
      yield page?.events?.flatMap(({ taskScheduledEventDetails: details }) =>
        details?.parameters === undefined ? [] : [details.parameters],
      );
    } while (nextToken !== undefined);
  }

  /** Makes a call of which some refusals are answers, by their names on the wire. */
  async #answer<T, Known>(
    call: () => Promise<T>,
    known: Readonly<Record<string, Known>>,
  ): Promise<T | Known> {
    try {
      return await callAws('Step Functions', call, Object.keys(known));
    } catch (error) {
      if (error instanceof Error && Object.hasOwn(known, error.name)) return known[error.name] as Known;
      throw error;
    }
  }
}

function toSummary({ name = '', status, startDate, stopDate }: ExecutionListItem): ExecutionSummary {
  return {
    executionName: name,
    // Step Functions has another one for executions that a Map's run is about to redrive: they are to run.
    status: EXECUTION_STATUSES.find((known) => WIRE_STATUSES[known] === status) ?? 'Running',
    startTime: startDate?.getTime() ?? 0,
    stopTime: stopDate?.getTime(),
  };
}

function toExecution(answer: DescribeExecutionCommandOutput): Execution {
  const { input, output, error, cause } = answer;
  const summary = toSummary({
    ...answer,
    executionArn: undefined,
    stateMachineArn: undefined,
    name: answer.name,
  });
  return { ...summary, input, output, error, cause };
}
