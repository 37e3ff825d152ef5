import { randomId } from './random-id.ts';
import { type CallOptions, jsonOf, PAGE_LIMIT, type Transport } from './transport.ts';
import type {
  ExecutionHistory,
  ExecutionStatus,
  ExecutionStep,
  ExecutionSummary,
  WorkflowExecution,
  WorkflowSummary,
} from './workflow-types.ts';

export interface StartOptions extends CallOptions {
  /** Your own name: letters, digits, `_` and `-`, 80 at most. @default - a random one */
  readonly name?: string;
}

/** The calls on workflows and their executions. */
export class WorkflowCalls {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Reads all workflows, by name. */
  async *list({ signal }: CallOptions = {}): AsyncGenerator<WorkflowSummary, void, undefined> {
    let nextToken: string | undefined;
    do {
      const query = { limit: PAGE_LIMIT, nextToken };
      const page = jsonOf<{ workflows: WorkflowSummary[]; nextToken?: string }>(
        await this.#transport.call('ListWorkflows', { query, signal }),
      );
      yield* page.workflows;
      nextToken = page.nextToken;
    } while (nextToken);
  }

  /** Starts an execution, once however often the request is repeated: one without a name gets one here. */
  async start(
    workflowName: string,
    input: unknown = {},
    { name = `e-${randomId()}`, signal }: StartOptions = {},
  ): Promise<WorkflowExecution> {
    const call = { parameters: { workflowName }, body: JSON.stringify({ name, input }), signal };
    return jsonOf(await this.#transport.call('StartWorkflowExecution', call));
  }

  /** Starts an execution of an Express workflow, which has no name: nothing tells a repeated one from another. */
  async startExpress(
    workflowName: string,
    input: unknown = {},
    { signal }: CallOptions = {},
  ): Promise<WorkflowExecution> {
    const call = { parameters: { workflowName }, body: JSON.stringify({ input }), signal };
    return jsonOf(await this.#transport.call('StartWorkflowExecution', { ...call, repeatable: 'refused' }));
  }

  /** Reads executions page by page as they are asked for, the latest first. */
  async *executions(
    workflowName: string,
    { status }: { readonly status?: ExecutionStatus } = {},
    { signal }: CallOptions = {},
  ): AsyncGenerator<ExecutionSummary, void, undefined> {
    let nextToken: string | undefined;
    do {
      const call = { parameters: { workflowName }, query: { status, nextToken }, signal };
      const page = jsonOf<{ executions: ExecutionSummary[]; nextToken?: string }>(
        await this.#transport.call('ListWorkflowExecutions', call),
      );
      yield* page.executions;
      nextToken = page.nextToken;
    } while (nextToken);
  }

  /** Reads an execution, with input and output. */
  async get(
    workflowName: string,
    executionName: string,
    { signal }: CallOptions = {},
  ): Promise<WorkflowExecution> {
    const parameters = { workflowName, executionName };
    return jsonOf(await this.#transport.call('GetWorkflowExecution', { parameters, signal }));
  }

  /** Stops an execution, and the tasks that it waits for. */
  async stop(
    workflowName: string,
    executionName: string,
    { signal, ...reason }: CallOptions & { readonly error?: string; readonly cause?: string } = {},
  ): Promise<void> {
    const parameters = { workflowName, executionName };
    const body = JSON.stringify(reason);
    await this.#transport.call('StopWorkflowExecution', { parameters, body, signal });
  }

  /** Reads the steps of an execution in the order in which they were entered. */
  async *steps(
    workflowName: string,
    executionName: string,
    { signal }: CallOptions = {},
  ): AsyncGenerator<ExecutionStep, void, undefined> {
    const parameters = { workflowName, executionName };
    let nextToken: string | undefined;
    do {
      const query = { limit: PAGE_LIMIT, nextToken };
      const page = jsonOf<ExecutionHistory>(
        await this.#transport.call('GetWorkflowExecutionHistory', { parameters, query, signal }),
      );
      yield* page.steps;
      nextToken = page.nextToken;
    } while (nextToken);
  }
}
