import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Trace } from '../domain/trace.ts';
import { callAws } from './faults.ts';
import { type ReportedError, reportedError } from './reported-error.ts';

/** How an existing function answered. */
export type TargetAnswer =
  | { readonly isSuccess: true; readonly resultText: string }
  /** What it threw, as Lambda reports it. */
  | ({ readonly isSuccess: false } & ReportedError);

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
   * @throws TaskModeError when Lambda did not run it: throttled, away, or it does not exist.
   */
  async invoke(payloadText: string, signal: AbortSignal, trace?: Trace): Promise<TargetAnswer> {
    const { client, arn } = this.#options;
    const command = new InvokeCommand({
      FunctionName: arn,
      Payload: new TextEncoder().encode(payloadText),
      ...(trace && { ClientContext: clientContext(trace) }),
    });
    const answer = await callAws('Lambda', () => client.send(command, { abortSignal: signal }));
    const text = new TextDecoder().decode(answer.Payload);
    if (answer.FunctionError === undefined) {
      return { isSuccess: true, resultText: text === '' ? 'null' : text };
    }
    return { isSuccess: false, ...reportedError(text) };
  }
}

/** As base64, at most 3,583 bytes (AWS Lambda, Invoke): a trace has a sixth of that. */
function clientContext(trace: Trace): string {
  return Buffer.from(JSON.stringify({ custom: trace })).toString('base64');
}
