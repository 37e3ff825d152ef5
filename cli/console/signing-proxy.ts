import type { IncomingMessage } from 'node:http';
import {
  API_VERSION,
  OPERATION_NAMES,
  OPERATIONS,
  type OperationName,
} from '../../lambdas/domain/operations.ts';
import type { HttpResponse } from '../../local/gateway/http-response.ts';
import type { Connection } from '../connection.ts';
import { explain } from '../failure.ts';

/** A payload of 1 MiB may have 6 bytes for each character, as JSON escapes it. */
const BODY_MAX_BYTES = 6 * 1024 * 1024;

/** API Gateway ends a request at 30 s (AWS API Gateway quotas, HTTP API). */
const TIMEOUT_MS = 35_000;

/** What goes on of a request and of an answer: nothing of the browser's, such as its cookies, leaves this machine. */
const REQUEST_HEADERS = /^(?:content-type|x-fc-.+|x-task-mode-.+)$/;
const ANSWER_HEADERS = /^(?:content-type|retry-after|apigw-requestid|x-fc-.+|x-task-mode-.+|x-acs-.+)$/;

const ROUTES = OPERATION_NAMES.map((operation) => {
  const { method, path } = OPERATIONS[operation];
  return { operation, method, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`) };
});

/** Tells whether a path is the API's. */
export function isApiPath(path: string): boolean {
  return path.startsWith(`/${API_VERSION}/`);
}

/** Sends a request of the console to the API, signed as the person who started it, and its answer back. */
export async function forward(request: IncomingMessage, connection: Connection): Promise<HttpResponse> {
  const target = new URL(request.url ?? '/', 'http://console');
  const operation = operationOf(request.method ?? '', target.pathname);
  if (operation === undefined) return errorAnswer(404, 'PathNotSupported', 'no operation of the API');
  const body = await bodyOf(request);
  if (body === undefined) return errorAnswer(413, 'EntityTooLarge', `more than ${BODY_MAX_BYTES} bytes`);
  const unsigned = {
    operation,
    method: OPERATIONS[operation].method,
    url: new URL(`${connection.endpoint}${target.pathname}${target.search}`),
    headers: chosen(Object.entries(request.headers), REQUEST_HEADERS),
    body,
  };
  try {
    const signed = await connection.signer(unsigned);
    const answer = await fetch(unsigned.url, {
      method: unsigned.method,
      headers: { ...unsigned.headers, ...signed },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== '' && { body }),
    });
    return {
      statusCode: answer.status,
      headers: { ...chosen([...answer.headers], ANSWER_HEADERS), 'cache-control': 'no-store' },
      body: Buffer.from(await answer.arrayBuffer()),
    };
  } catch (error) {
    const { message, hint = '' } = explain(error);
    return errorAnswer(502, 'ServiceUnavailable', `${connection.endpoint}: ${message}. ${hint}`.trim());
  }
}

function operationOf(method: string, path: string): OperationName | undefined {
  return ROUTES.find((route) => route.method === method && route.pattern.test(path))?.operation;
}

function chosen(
  headers: readonly (readonly [string, string | readonly string[] | undefined])[],
  names: RegExp,
): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap(([name, value]) =>
      typeof value === 'string' && names.test(name.toLowerCase()) ? [[name.toLowerCase(), value]] : [],
    ),
  );
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > BODY_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** An error as the API has them, so that the console shows it as one. */
function errorAnswer(statusCode: number, code: string, message: string): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: Buffer.from(JSON.stringify({ Code: code, Message: message })),
  };
}
