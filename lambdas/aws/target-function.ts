import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { TaskModeError } from '../domain/errors.ts';
import { FAILURES, type TaskFailure, taskFailure } from '../domain/failure.ts';
import type { Trace } from '../domain/trace.ts';
import { timed } from './call-times.ts';
import { failureOfInvoke, isNotYetRun } from './invoke-error.ts';
import { reportedError } from './reported-error.ts';

/** How an invocation of an existing function ended. A result is JSON text. */
export type TargetAnswer =
  | { readonly isSuccess: true; readonly resultText: string }
  | { readonly isSuccess: false; readonly failure: TaskFailure };

export interface TargetFunctionOptions {
  readonly client: LambdaClient;
  readonly arn: string;
}

/** An existing Lambda function, of any runtime. */
export class TargetFunction {
  readonly #options: TargetFunctionOptions;

  constructor(options: TargetFunctionOptions) {
    this.#options = options;
  }

  /**
   * Invokes it and waits for its answer. A trace is in its client context, which every runtime hands to its code and none
   * must look at.
   * @throws TaskModeError `ServiceUnavailable` when it has certainly not run, and may do so later; the cause is AWS's error.
   */
  async invoke(payloadText: string, signal: AbortSignal, trace?: Trace): Promise<TargetAnswer> {
    const { client, arn } = this.#options;
    const command = new InvokeCommand({
      FunctionName: arn,
      Payload: new TextEncoder().encode(payloadText),
      ...(trace && { ClientContext: clientContext(trace) }),
    });
    try {
      return toTargetAnswer(await timed('Lambda', () => client.send(command, { abortSignal: signal })));
    } catch (error) {
      if (!isNotYetRun(error)) return { isSuccess: false, failure: failureOfInvoke(error) };
      throw new TaskModeError('ServiceUnavailable', 'AWS Lambda has not run the function.', { cause: error });
    }
  }
}

/** As base64, at most 3,583 bytes (AWS Lambda, Invoke): a trace has a sixth of that. */
function clientContext(trace: Trace): string {
  return Buffer.from(JSON.stringify({ custom: trace })).toString('base64');
}

function toTargetAnswer({ Payload, FunctionError }: InvokeCommandOutput): TargetAnswer {
  const text = new TextDecoder().decode(Payload);
  if (FunctionError !== undefined) return { isSuccess: false, failure: reportedFailure(text) };
  const resultText = text === '' ? 'null' : text;
  try {
    // A custom runtime may answer whatever it likes. Readers of the result, and states of workflows, take JSON only.
    JSON.parse(resultText);
  } catch (error) {
    return { isSuccess: false, failure: FAILURES.notJson(String(error)) };
  }
  return { isSuccess: true, resultText };
}

/** What the runtime reports of itself (a time-out, a crash) is no error of the function's own. */
function reportedFailure(text: string): TaskFailure {
  const { errorType, errorMessage, stack } = reportedError(text);
  const isOfRuntime = /^(Runtime|Sandbox)\./.test(errorType) || /Task timed out after/.test(errorMessage);
  const kind = isOfRuntime ? 'UnhandledInvocationError' : 'HandledInvocationError';
  return taskFailure(kind, errorType, errorMessage, stack === undefined ? {} : { stack });
}
