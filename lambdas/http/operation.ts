import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { REQUEST_DEADLINE_MS } from '../domain/limits.ts';
import type { RouteName } from '../domain/operations.ts';
import type { Access } from './access.ts';
import { toApiError } from './errors.ts';
import { type ApiRequest, requestIdOf, toApiRequest } from './request.ts';

/** What an operation answers: a body makes it JSON. */
export interface ApiAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type Operation = (request: ApiRequest, signal: AbortSignal) => Promise<ApiAnswer>;

/** Where faults of ours are told to the operator; refusals of a caller's mistakes are not. */
export type FaultLog = (
  message: string,
  fault: { readonly requestId: string; readonly error: unknown },
) => void;

/**
 * Lambda answers at most 6 MB, in JSON again. A body of JSON text inside JSON text could double once more by its
 * escapes; base64 adds a third, whatever is in it.
 */
const BASE64_FROM_BYTES = 1024 * 1024;

export interface ApiHandlerOptions {
  readonly routeName: RouteName;
  readonly access: Access;
  readonly operation: Operation;
  readonly logFault: FaultLog;
}

/** Makes a handler for API Gateway of one route: its answer and its errors in the contract's shape. */
export function apiHandler({ routeName, access, operation, logFault }: ApiHandlerOptions) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const requestId = requestIdOf(event);
    const signal = AbortSignal.timeout(REQUEST_DEADLINE_MS);
    try {
      const { caller } = await access(event, routeName, signal);
      return toResponse(await operation(toApiRequest(event, caller), signal), requestId);
    } catch (error) {
      const { statusCode, code, message, details } = toApiError(error);
      if (statusCode >= 500) logFault(message, { requestId, error });
      return toResponse(
        { statusCode, body: { ...details, Code: code, Message: message, RequestId: requestId } },
        requestId,
      );
    }
  };
}

function toResponse({ statusCode, headers, body }: ApiAnswer, requestId: string) {
  const common = { statusCode, headers: { 'x-fc-request-id': requestId, ...headers } };
  if (body === undefined) return common;
  const text = JSON.stringify(body);
  const isLarge = text.length > BASE64_FROM_BYTES;
  return {
    ...common,
    headers: { 'content-type': 'application/json; charset=utf-8', ...common.headers },
    body: isLarge ? Buffer.from(text).toString('base64') : text,
    isBase64Encoded: isLarge,
  };
}
