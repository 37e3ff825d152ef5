import { FAILURES, failureOf } from '../domain/failure.ts';
import type { AttemptOutcome } from '../tasks/end-run.ts';
import type { Execute } from './attempt.ts';
import type { TaskHandler } from './handler.ts';

interface UserModule {
  readonly handler?: unknown;
}

/** Does the work by the user's handler, in this process. The module may be loading still, or have failed to. */
export function handlerExecutor(userModule: Promise<UserModule>): Execute {
  return async (payloadText, context) => {
    let handler: TaskHandler;
    try {
      handler = handlerOf(await userModule);
    } catch (error) {
      return { isSuccess: false, failure: failureOf('UnhandledInvocationError', error) };
    }
    try {
      return serialized(await handler(JSON.parse(payloadText), context));
    } catch (error) {
      return { isSuccess: false, failure: failureOf('HandledInvocationError', error) };
    }
  };
}

function handlerOf({ handler }: UserModule): TaskHandler {
  if (typeof handler !== 'function') {
    throw new TypeError(
      `the task function's module must export a function named handler, got ${typeof handler}`,
    );
  }
  return handler as TaskHandler;
}

function serialized(result: unknown): AttemptOutcome {
  try {
    // What JSON has no text for (undefined, a function) is null, as Lambda answers it.
    return { isSuccess: true, resultText: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { isSuccess: false, failure: FAILURES.notJson(reason) };
  }
}
