import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { TaskModeError } from '../domain/errors.ts';
import { taskFailure } from '../domain/failure.ts';
import type { SyncInvocation, SyncRun } from '../domain/sync-invocation.ts';
import { callAws } from './faults.ts';
import { reportedError } from './reported-error.ts';
import { fromSyncAnswer, type SyncAnswer, toSyncEvent } from './sync-event.ts';
import { WorkerGoneError } from './worker-gone.ts';

export interface SyncCall {
  readonly wantsLogTail: boolean;
  /** When nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface WorkerFunctionOptions {
  readonly client: LambdaClient;
}

/** What Lambda answers that is decided on here: of these, nothing has run. */
const NOT_RUN = ['TooManyRequestsException', 'RequestTooLargeException', 'ResourceNotFoundException'];

/** The workers of functions, invoked synchronously and never twice. */
export class WorkerFunction {
  readonly #client: LambdaClient;

  constructor({ client }: WorkerFunctionOptions) {
    this.#client = client;
  }

  /**
   * Has a worker run its function now, and waits for how that went.
   * @throws WorkerGoneError
   * @throws TaskModeError `ResourceExhausted`, `EntityTooLarge`: nothing has run. `InvocationTimeout`: it may run on.
   * `ServiceUnavailable`, `InternalServerError`: it may have run.
   */
  async invoke(
    workerArn: string,
    invocation: SyncInvocation,
    { wantsLogTail, signal }: SyncCall,
  ): Promise<SyncRun & { readonly logTail?: string }> {
    const command = new InvokeCommand({
      FunctionName: workerArn,
      Payload: new TextEncoder().encode(toSyncEvent(invocation)),
      LogType: wantsLogTail ? 'Tail' : 'None',
    });
    const startTime = performance.now();
    try {
      const answer = await callAws(
        'Lambda',
        () => this.#client.send(command, { abortSignal: signal }),
        NOT_RUN,
      );
      const text = new TextDecoder().decode(answer.Payload);
      const run = answer.FunctionError === undefined ? ranThrough(text) : died(text, startTime);
      return { ...run, ...(answer.LogResult !== undefined && { logTail: answer.LogResult }) };
    } catch (error) {
      throw signal.aborted ? noAnswer(invocation, error) : toRefusal(error);
    }
  }
}

function ranThrough(text: string): SyncRun {
  return fromSyncAnswer(JSON.parse(text) as SyncAnswer);
}

/** The worker catches whatever a function does, so that only its instance can have died: of its time-out, its memory, a kill. */
function died(text: string, startTime: number): SyncRun {
  const { errorType, errorMessage } = reportedError(text);
  return {
    outcome: { kind: 'failed', failure: taskFailure('UnhandledInvocationError', errorType, errorMessage) },
    durationMs: Math.round(performance.now() - startTime),
  };
}

function noAnswer({ requestId }: SyncInvocation, cause: unknown): TaskModeError {
  return new TaskModeError(
    'InvocationTimeout',
    `the function did not answer request ${requestId} in time. It may go on, and what it returns is lost: invoke it asynchronously where it takes longer`,
    { cause },
  );
}

function toRefusal(error: unknown): Error {
  const { name, code } = error as { readonly name?: string; readonly code?: string };
  if (name === 'ResourceNotFoundException')
    return new WorkerGoneError('the worker does not exist', { cause: error });
  if (name === 'TooManyRequestsException') {
    return new TaskModeError(
      'ResourceExhausted',
      'no more invocations can run at once now. Nothing has run: please retry.',
      { cause: error },
    );
  }
  if (name === 'RequestTooLargeException') {
    return new TaskModeError('EntityTooLarge', 'the payload is larger than AWS Lambda takes: 6 MB', {
      cause: error,
    });
  }
  if (code === 'ServiceUnavailable' && error instanceof Error) {
    return new TaskModeError('ServiceUnavailable', 'AWS Lambda did not answer. The function may have run.', {
      cause: error.cause,
    });
  }
  return error as Error;
}
