import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { SyncCall, WorkerFunction } from '../aws/worker-function.ts';
import { WorkerGoneError } from '../aws/worker-gone.ts';
import { TaskModeError } from '../domain/errors.ts';
import { checkedJson } from '../domain/payload.ts';
import type { SyncOutcome, SyncRun } from '../domain/sync-invocation.ts';
import type { Trace } from '../domain/trace.ts';
import { type FindFunctionDependencies, functionNotFound, functionTakingTasks } from './find-function.ts';

export interface InvokeRequest {
  readonly functionName: string;
  readonly requestId: string;
  /** JSON text. */
  readonly payload: string;
  readonly trace?: Trace | undefined;
  readonly call: SyncCall;
}

export interface InvokeDependencies extends FindFunctionDependencies {
  readonly registry: FunctionRegistry;
  readonly worker: WorkerFunction;
}

/** A synchronous invocation that the function was run for. */
export interface Invoked extends SyncRun {
  readonly outcome: Exclude<SyncOutcome, { kind: 'notRun' }>;
  /** The end of what it logged, as base64. */
  readonly logTail?: string;
}

/**
 * Runs a function now, waits for it, and answers its result or its failure. It is never repeated: whether it ran is
 * not known where no answer came.
 * @throws TaskModeError `FunctionNotFound`, `InvalidArgument`, `EntityTooLarge`, `ResourceExhausted`,
 * `InvocationTimeout`, `ServiceUnavailable`.
 */
export async function invokeFunction(deps: InvokeDependencies, request: InvokeRequest): Promise<Invoked> {
  const { functionName, requestId, trace, call } = request;
  const invocation = { requestId, payloadText: checkedJson(request.payload), trace };
  const { functionArn } = await functionTakingTasks(deps, functionName);
  try {
    return asInvoked(await deps.worker.invoke(functionArn, invocation, call));
  } catch (error) {
    if (!(error instanceof WorkerGoneError)) throw error;
    // The function was deployed anew as another worker within the last seconds.
    deps.registry.forget(functionName);
    const current = await functionTakingTasks(deps, functionName);
    if (current.functionArn === functionArn) throw functionNotFound(functionName);
    return asInvoked(await deps.worker.invoke(current.functionArn, invocation, call));
  }
}

function asInvoked({ outcome, ...run }: SyncRun & { readonly logTail?: string }): Invoked {
  if (outcome.kind !== 'notRun') return { ...run, outcome };
  throw outcome.isThrottled
    ? new TaskModeError(
        'ResourceExhausted',
        'no more invocations of the existing function can run at once now. Nothing has run: please retry.',
      )
    : new TaskModeError(
        'ServiceUnavailable',
        'the existing function could not be invoked now. It may have run.',
      );
}
