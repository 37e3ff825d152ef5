import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { EventSource } from '../event-sources/event-source.ts';
import { type Listening, listening } from '../listening.ts';
import { answerEventSource, isEventSourcePath } from './event-source-api.ts';
import { type LambdaService, MAX_EVENT_BYTES, MAX_PAYLOAD_BYTES } from './lambda-service.ts';

/** The path of Lambda's Invoke, whose function is a name or an ARN. */
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** What Lambda's API asks of the functions behind it. */
export type InvokableFunctions = Pick<
  LambdaService,
  'has' | 'isThrottled' | 'countThrottle' | 'invokeJson' | 'invokeEvent'
>;

export type LambdaApi = Listening;

/**
 * Serves the part of Lambda's own API that our functions call: Invoke, synchronous or not, and what reads and changes event
 * source mappings. Any other call answers an error that names it.
 */
export async function serveLambdaApi(
  lambda: () => InvokableFunctions,
  eventSources: ReadonlyMap<string, EventSource>,
): Promise<LambdaApi> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const answered = isEventSourcePath(path)
      ? eventSource(eventSources, path, request, response)
      : answer(lambda(), request, response);
    answered.catch((error: unknown) => {
      refuse(response, 500, 'ServiceException', error instanceof Error ? error.message : String(error));
    });
  });
  return listening(server);
}

async function answer(
  lambda: InvokableFunctions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = ''] = (request.url ?? '').split('?');
  const name = decodeURIComponent(INVOKE_PATH.exec(path)?.[1] ?? '');
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  const isKnownType = type === 'RequestResponse' || type === 'Event';
  if (name === '' || request.method !== 'POST' || !isKnownType) {
    refuse(
      response,
      400,
      'InvalidParameterValueException',
      `${request.method} ${path} (${type}) is not served here: want an Invoke of the type RequestResponse or Event`,
    );
  } else if (!lambda.has(name)) {
    refuse(response, 404, 'ResourceNotFoundException', `Function not found: ${name}`);
  } else {
    await invoke(lambda, { name, isEvent: type === 'Event' }, request, response);
  }
}

async function eventSource(
  eventSources: ReadonlyMap<string, EventSource>,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = { method: request.method, path, body: await textOf(request) };
  const { status, body, errorType } = await answerEventSource(eventSources, call);
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(errorType !== undefined && { 'x-amzn-errortype': errorType }),
  });
  response.end(JSON.stringify(body));
}

async function invoke(
  lambda: InvokableFunctions,
  { name, isEvent }: { readonly name: string; readonly isEvent: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const payload = await textOf(request);
  const maxBytes = isEvent ? MAX_EVENT_BYTES : MAX_PAYLOAD_BYTES;
  if (Buffer.byteLength(payload) > maxBytes) {
    refuse(
      response,
      413,
      'RequestTooLargeException',
      `Request must be smaller than ${maxBytes} bytes for the InvokeFunction operation`,
    );
    return;
  }
  if (isEvent) {
    lambda.invokeEvent(name, payload === '' ? '{}' : payload);
    response.writeHead(202).end();
    return;
  }
  if (lambda.isThrottled(name)) {
    lambda.countThrottle(name);
    refuse(response, 429, 'TooManyRequestsException', 'Rate Exceeded.');
    return;
  }
  const context = clientContext(request.headers['x-amz-client-context']);
  if (context === 'malformed') {
    refuse(response, 400, 'InvalidRequestContentException', 'Could not parse client context as base64 JSON.');
    return;
  }
  const wantsLogTail = request.headers['x-amz-log-type'] === 'Tail';
  const options = { wantsLogTail, ...context };
  const result = await lambda.invokeJson(name, payload === '' ? '{}' : payload, options);
  const isError = 'functionError' in result;
  response.writeHead(200, {
    'content-type': 'application/json',
    'x-amz-executed-version': '$LATEST',
    ...(isError && { 'x-amz-function-error': 'Unhandled' }),
    ...(result.logTail && { 'x-amz-log-result': result.logTail.toString('base64') }),
  });
  response.end(JSON.stringify(isError ? result.functionError : (result.payload ?? null)));
}

function clientContext(header: string | string[] | undefined): 'malformed' | { clientContext?: unknown } {
  if (typeof header !== 'string') return {};
  try {
    return { clientContext: JSON.parse(Buffer.from(header, 'base64').toString('utf8')) };
  } catch {
    return 'malformed';
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Type: 'User', Message: message }));
}
