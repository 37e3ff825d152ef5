import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { encodedText } from '../domain/encoded-text.ts';
import { REQUEST_DEADLINE_MS } from '../domain/limits.ts';
import type { RouteName } from '../domain/operations.ts';
import type { Access } from './access.ts';
import { toApiError } from './errors.ts';
import { type ApiRequest, requestIdOf, toApiRequest } from './request.ts';
import { type CallTimes, serverTiming } from './server-timing.ts';

/** What an operation answers: a value makes it JSON, a text is JSON already. */
export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly text?: string;
}

export type Operation = (request: ApiRequest, signal: AbortSignal) => Promise<ApiAnswer>;

/** Where faults of ours are told to the operator; refusals of a caller's mistakes are not. */
export type FaultLog = (
  message: string,
  fault: { readonly requestId: string; readonly error: unknown },
) => void;

/** Lambda answers at most 6 MB, in JSON again. Below this, even a text of nothing but escapes stays far from that. */
const ENCODED_FROM_CHARACTERS = 1024 * 1024;

export interface ApiHandlerOptions {
  readonly routeName: RouteName;
  readonly access: Access;
  readonly operation: Operation;
  readonly logFault: FaultLog;
  readonly callTimes: CallTimes;
}

/** Makes a handler for API Gateway of one route: its answer and its errors in the contract's shape, and what took how long. */
export function apiHandler({ callTimes, ...options }: ApiHandlerOptions) {
  return (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const startMs = performance.now();
    return callTimes(async (waited) => {
      const response = await answered(event, options);
      const timing = serverTiming(performance.now() - startMs, waited());
      return { ...response, headers: { ...response.headers, 'server-timing': timing } };
    });
  };
}

async function answered(
  event: APIGatewayProxyEventV2,
  { routeName, access, operation, logFault }: Omit<ApiHandlerOptions, 'callTimes'>,
) {
  const requestId = requestIdOf(event);
  const receivedTime = Date.now();
  const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS);
  try {
    const { caller } = await access(event, routeName, signal);
    return toResponse(await operation({ ...toApiRequest(event, caller), receivedTime }, signal), requestId);
  } catch (error) {
    const { statusCode, code, message, details, headers, isFault } = toApiError(error);
    if (isFault) logFault(message, { requestId, error });
    return toResponse(
      { statusCode, headers, body: { ...details, Code: code, Message: message, RequestId: requestId } },
      requestId,
    );
  }
}

function toResponse({ statusCode, headers, body, text = jsonOf(body) }: ApiAnswer, requestId: string) {
  const common = { statusCode, headers: { 'x-fc-request-id': requestId, ...headers } };
  if (text === undefined) return common;
  const encoded = text.length < ENCODED_FROM_CHARACTERS ? { text } : encodedText(text);
  return {
    ...common,
    headers: { 'content-type': 'application/json; charset=utf-8', ...common.headers },
    ...('text' in encoded
      ? { body: encoded.text, isBase64Encoded: false }
      : { body: encoded.base64, isBase64Encoded: true }),
  };
}

function jsonOf(body: unknown): string | undefined {
  return body === undefined ? undefined : JSON.stringify(body);
}
