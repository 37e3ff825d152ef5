import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod/mini';
import { TaskModeError } from '../domain/errors.ts';
import { REQUEST_ID_PATTERN } from '../domain/limits.ts';
import { quoted, truncated } from '../domain/text.ts';

/**
 * One call of the API, in the contract's words: path parameters, query, `x-fc-` and `x-task-mode-` headers under their
 * wire names. Each name has one source.
 */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: string;
  /** The caller's own when it sent a usable one, else API Gateway's. */
  readonly requestId: string;
  /** What the caller sent as its request id. */
  readonly callerRequestId: string | undefined;
  readonly caller: string | undefined;
  /** The headers of W3C Trace Context, as they came. */
  readonly traceHeaders: {
    readonly traceparent: string | undefined;
    readonly tracestate: string | undefined;
  };
  /** When its handler began to see to it. */
  readonly receivedTime: number;
}

/** @throws TaskModeError `InvalidArgument` for a body that is not UTF-8, or for fields in the query that must be headers. */
export function toApiRequest(
  event: APIGatewayProxyEventV2,
  caller: string | undefined,
): Omit<ApiRequest, 'receivedTime'> {
  const { headers, requestContext, queryStringParameters } = event;
  refuseHeadersInQuery(queryStringParameters);
  return {
    method: requestContext.http.method,
    path: event.rawPath,
    fields: {
      ...fieldHeaders(headers),
      ...definedOnly(queryStringParameters),
      ...definedOnly(event.pathParameters),
    },
    body: bodyText(event),
    requestId: requestIdOf(event),
    callerRequestId: callerRequestIdOf(event),
    caller,
    traceHeaders: { traceparent: headers.traceparent, tracestate: headers.tracestate },
  };
}

/** The id that answers and logs carry. */
export function requestIdOf(event: APIGatewayProxyEventV2): string {
  return callerRequestIdOf(event) ?? event.requestContext.requestId;
}

function callerRequestIdOf({ headers }: APIGatewayProxyEventV2): string | undefined {
  const header = headers['x-fc-request-id'];
  return header !== undefined && REQUEST_ID_PATTERN.test(header) ? header : undefined;
}

/** The headers that say what is wanted: the contract's, and ours. */
const FIELD_HEADER = /^x-(fc|task-mode)-/i;

/**
 * A link or a form of any web page can set a query, but not a header; and queries end up in access logs, with task ids
 * and tenants. To ignore such a name would be worse than to refuse it: `?x-fc-invocation-type=Async` would run the
 * function at once and synchronously, and a task id in the query would not keep a repeat from running twice.
 */
function refuseHeadersInQuery(query: APIGatewayProxyEventV2['queryStringParameters'] = {}): void {
  const name = Object.keys(query).find((key) => FIELD_HEADER.test(key));
  if (name === undefined) return;
  throw new TaskModeError(
    'InvalidArgument',
    `${truncated(name, 100)} must be a header, not a parameter of the query, got ${quoted(query[name])}`,
  );
}

function fieldHeaders(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return definedOnly(
    Object.fromEntries(
      Object.entries(headers)
        .map(([name, value]) => [name.toLowerCase(), value] as const)
        .filter(([name]) => FIELD_HEADER.test(name)),
    ),
  );
}

function definedOnly(values: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** @throws TaskModeError when the bytes are no UTF-8 text. */
function bodyText({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string {
  if (!isBase64Encoded) return body;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(Buffer.from(body, 'base64'));
  } catch {
    throw new TaskModeError(
      'InvalidArgument',
      'payload must be JSON in UTF-8: it has bytes that are no UTF-8',
    );
  }
}

/**
 * Checks the fields of a request against its operation's schema. Each schema is keyed by wire names, and each of its
 * messages says what is wanted; the value that came is added here.
 * @throws TaskModeError `InvalidArgument` naming field, value and what is wanted.
 */
export function parseFields<S extends z.ZodMiniType>(schema: S, fields: ApiRequest['fields']): z.output<S> {
  const parsed = z.safeParse(schema, fields);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? 'request');
  const value = fields[field];
  throw new TaskModeError(
    'InvalidArgument',
    `${field} ${issue?.message}, got ${value === undefined ? 'none' : quoted(value)}`,
  );
}
