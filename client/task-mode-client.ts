import { type BatchOutcome, type BatchTask, submitBatch } from './batch-calls.ts';
import { BulkJobCalls } from './bulk-job-calls.ts';
import { isTaskModeError, type TaskModeClientError } from './client-error.ts';
import { ConcurrencyCalls } from './concurrency-calls.ts';
import { ConfigCalls } from './config-calls.ts';
import { listFunctions } from './function-calls.ts';
import { type LogOptions, readLogPage, readLogs } from './log-calls.ts';
import { randomId } from './random-id.ts';
import { type Invoked, type InvokeOptions, invokedOf } from './sync-calls.ts';
import {
  type Answer,
  type Call,
  type CallOptions,
  GATEWAY_TIMEOUT_MS,
  jsonOf,
  Transport,
  type TransportOptions,
} from './transport.ts';
import { type WaitOptions, waitForTask } from './wait-calls.ts';
import type {
  AsyncMetrics,
  AsyncTask,
  FunctionSummary,
  LogFilter,
  MetricsFilter,
  TaskExplanation,
  TaskFilter,
  TaskLogLine,
  TaskLogPage,
  TaskPage,
} from './wire-types.ts';
import { WorkflowCalls } from './workflow-calls.ts';

export interface SubmitOptions extends CallOptions {
  /** Your own id: letters, digits, `_` and `-`, not starting with a digit or `-`. @default - a random one */
  readonly taskId?: string;
  readonly delaySeconds?: number;
  /** For which of your own customers it is done: fair shares are between them. */
  readonly tenant?: string;
}

export interface Submitted {
  readonly taskId: string;
  readonly requestId: string | undefined;
}

/** Calls the API of Task Mode for AWS Lambda, from browsers as well; throws `TaskModeClientError`. */
export class TaskModeClient {
  /** How a function's tasks are retried, expire and are told of. */
  readonly config: ConfigCalls;
  /** How many of a function's tasks run at once. */
  readonly concurrency: ConcurrencyCalls;
  /** What is done to all tasks that a filter finds. */
  readonly bulkJobs: BulkJobCalls;
  readonly workflows: WorkflowCalls;
  readonly #transport: Transport;

  constructor(options: TransportOptions) {
    this.#transport = new Transport(options);
    this.config = new ConfigCalls(this.#transport);
    this.concurrency = new ConcurrencyCalls(this.#transport);
    this.bulkJobs = new BulkJobCalls(this.#transport);
    this.workflows = new WorkflowCalls(this.#transport);
  }

  /**
   * Submits a task, once however often the request is repeated: one without an id gets one here.
   * @throws TaskModeClientError `AsyncTaskAlreadyExists` when somebody else's task has the id.
   */
  async submit(functionName: string, payload?: unknown, options: SubmitOptions = {}): Promise<Submitted> {
    const { taskId = `t-${randomId()}`, delaySeconds, tenant, signal } = options;
    const headers = {
      'x-fc-invocation-type': 'Async',
      'x-fc-async-task-id': taskId,
      'x-fc-async-delay': delaySeconds === undefined ? undefined : String(delaySeconds),
      'x-task-mode-tenant': tenant,
    };
    try {
      const { requestId } = await this.#invoke(functionName, payload, { headers, signal });
      return { taskId, requestId };
    } catch (error) {
      // It is the one of a try that nobody answered: the task is there, with this payload, and runs once.
      if (isOwnDuplicate(error)) return { taskId, requestId: error.requestId };
      throw error;
    }
  }

  /**
   * Submits up to 100 tasks in one request, and tells of each how it went; those that the API could not see to are sent
   * again, and run once.
   */
  submitBatch(
    functionName: string,
    tasks: readonly BatchTask[],
    options: CallOptions = {},
  ): Promise<BatchOutcome[]> {
    return submitBatch(this.#transport, functionName, tasks, options);
  }

  /** Invokes a function with task mode off: no id, no record. Nothing tells a repeated one from another, so it is not repeated. */
  async invokeAsync(
    functionName: string,
    payload?: unknown,
    { delaySeconds, tenant, signal }: Omit<SubmitOptions, 'taskId'> = {},
  ): Promise<{ readonly requestId: string | undefined }> {
    const headers = {
      'x-fc-invocation-type': 'Async',
      'x-fc-async-delay': delaySeconds === undefined ? undefined : String(delaySeconds),
      'x-task-mode-tenant': tenant,
    };
    const { requestId } = await this.#invoke(functionName, payload, {
      headers,
      signal,
      repeatable: 'refused',
    });
    return { requestId };
  }

  /**
   * Invokes a function at once, and waits for its result.
   * @throws FunctionFailedError when the function itself failed.
   */
  async invoke<Result = unknown>(
    functionName: string,
    payload?: unknown,
    options: InvokeOptions = {},
  ): Promise<Invoked<Result>> {
    return invokedOf(
      await this.#invoke(functionName, payload, {
        headers: {
          'x-fc-invocation-type': 'Sync',
          'x-fc-log-type': options.wantsLogTail ? 'Tail' : undefined,
        },
        timeoutMs: GATEWAY_TIMEOUT_MS,
        repeatable: 'refused',
        signal: options.signal,
      }),
    );
  }

  /** Reads a task, with payload, result and history. */
  async get(functionName: string, taskId: string, { signal }: CallOptions = {}): Promise<AsyncTask> {
    return jsonOf(
      await this.#transport.call('GetAsyncTask', { parameters: { functionName, taskId }, signal }),
    );
  }

  /** Reads tasks page by page as they are asked for, newest first. */
  async *list(
    functionName: string,
    filter: TaskFilter = {},
    options: CallOptions = {},
  ): AsyncGenerator<AsyncTask, void, undefined> {
    let nextToken: string | undefined;
    do {
      const page = await this.listPage(functionName, { ...filter, ...(nextToken && { nextToken }) }, options);
      yield* page.tasks;
      nextToken = page.nextToken;
    } while (nextToken);
  }

  /** Reads one page, which may be short or empty and still have a next one. */
  async listPage(
    functionName: string,
    filter: TaskFilter & { readonly nextToken?: string } = {},
    { signal }: CallOptions = {},
  ): Promise<TaskPage> {
    return jsonOf(
      await this.#transport.call('ListAsyncTasks', {
        parameters: { functionName },
        query: { ...filter },
        signal,
      }),
    );
  }

  /** Has a task stopped: answered at once, done when its status is Stopped. */
  async stop(functionName: string, taskId: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#transport.call('StopAsyncTask', { parameters: { functionName, taskId }, signal });
  }

  /** Runs a task again that did not succeed. It is not repeated: what was begun twice would run twice. */
  async redrive(functionName: string, taskId: string, { signal }: CallOptions = {}): Promise<void> {
    const parameters = { functionName, taskId };
    await this.#transport.call('RedriveAsyncTask', { parameters, signal, repeatable: 'refused' });
  }

  /** Waits until a task has ended, however it did, and returns it. */
  wait(functionName: string, taskId: string, options: WaitOptions = {}): Promise<AsyncTask> {
    return waitForTask(this.#transport, { functionName, taskId }, options);
  }

  /** Tells why a task does not run yet, or how it runs or ended. */
  async explain(
    functionName: string,
    taskId: string,
    { signal }: CallOptions = {},
  ): Promise<TaskExplanation> {
    const parameters = { functionName, taskId };
    return jsonOf(await this.#transport.call('ExplainAsyncTask', { parameters, signal }));
  }

  /** Reads what a task has logged, the oldest lines first, page by page as they are asked for. */
  logs(
    functionName: string,
    taskId: string,
    options: LogOptions = {},
  ): AsyncGenerator<TaskLogLine, void, undefined> {
    return readLogs(this.#transport, { functionName, taskId }, options);
  }

  /** Reads one page of it, which may be short or empty and still have a next one. */
  logsPage(
    functionName: string,
    taskId: string,
    options: LogFilter & CallOptions & { readonly nextToken?: string } = {},
  ): Promise<TaskLogPage> {
    return readLogPage(this.#transport, { functionName, taskId }, options);
  }

  /** Reads the functions that take tasks, by name, and what their tasks are at. */
  functions(
    { prefix }: { readonly prefix?: string } = {},
    options: CallOptions = {},
  ): AsyncGenerator<FunctionSummary, void, undefined> {
    return listFunctions(this.#transport, prefix, options);
  }

  /** Reads what was measured of a function, and how its alarms stand. */
  async metrics(
    functionName: string,
    { metrics, ...window }: MetricsFilter = {},
    { signal }: CallOptions = {},
  ): Promise<AsyncMetrics> {
    const query = { ...window, metrics: metrics?.join(',') };
    return jsonOf(
      await this.#transport.call('GetAsyncMetrics', { parameters: { functionName }, query, signal }),
    );
  }

  #invoke(functionName: string, payload: unknown, call: Call): Promise<Answer> {
    return this.#transport.call('InvokeFunction', {
      ...call,
      parameters: { functionName },
      body: payload === undefined ? undefined : JSON.stringify(payload),
      // Bytes reach the API as they are; as text, each escape would count towards AWS's limits.
      contentType: 'application/octet-stream',
    });
  }
}

function isOwnDuplicate(error: unknown): error is TaskModeClientError {
  return (
    isTaskModeError(error, 'AsyncTaskAlreadyExists') &&
    error.details.followsUnanswered === true &&
    error.details.isSamePayload === true
  );
}
