import { FunctionFailedError } from './function-failed-error.ts';
import { type Answer, type CallOptions, jsonOf } from './transport.ts';

export interface InvokeOptions extends CallOptions {
  /** Answers the last 4 KB of the invocation's log as well. @default false */
  readonly wantsLogTail?: boolean;
}

export interface Invoked<Result> {
  readonly result: Result;
  readonly durationMs: number;
  readonly requestId: string | undefined;
  /** The end of its log, where it was asked for. */
  readonly logTail: string | undefined;
}

/**
 * Reads the answer of a synchronous invocation.
 * @throws FunctionFailedError when the function itself failed.
 */
export function invokedOf<Result>(answer: Answer): Invoked<Result> {
  const { headers, requestId } = answer;
  const logTail = textOf(headers.get('x-fc-log-result'));
  const kind = headers.get('x-fc-error-type');
  if (kind !== null) throw new FunctionFailedError(kind, jsonOf(answer), { requestId, logTail });
  const durationMs = Number(headers.get('x-fc-invocation-duration') ?? 0);
  return { result: jsonOf<Result>(answer), durationMs, requestId, logTail };
}

function textOf(base64: string | null): string | undefined {
  if (base64 === null) return undefined;
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
