import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { LOOPBACK } from './engines/engine.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { type Listening, listening } from './listening.ts';

/** A refusal that a service's own API would answer, by its wire name. */
export class AwsApiError extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type AwsJsonApi = Listening;

export interface AwsJsonApiOptions {
  /** What stands before the operation in the header X-Amz-Target. */
  readonly service: string;
  readonly version: '1.0' | '1.1';
  readonly maxRequestBytes: number;
  /** The operations that are served, by name. */
  readonly calls: Readonly<Record<string, (input: JsonObject) => object | Promise<object>>>;
}

/** Serves a part of a service's API in AWS's JSON protocol; any other call answers an error that names it. */
export async function serveAwsJsonApi(options: AwsJsonApiOptions): Promise<AwsJsonApi> {
  const server = createServer((request, response) => {
    answer(options, request).then(
      (result) => send(response, 200, result, options.version),
      (error: unknown) => {
        const isRefusal = error instanceof AwsApiError;
        const type = isRefusal ? error.type : 'InternalServiceError';
        const Message = error instanceof Error ? error.message : String(error);
        send(response, isRefusal ? 400 : 500, { __type: type, Message }, options.version);
      },
    );
  });
  return listening(server);
}

async function answer(
  { service, maxRequestBytes, calls }: AwsJsonApiOptions,
  request: IncomingMessage,
): Promise<object> {
  const body = await textOf(request, maxRequestBytes);
  // A page of another origin can have its name resolve to this machine; its Host header gives it away.
  if (!(request.headers.host ?? '').startsWith(`${LOOPBACK}:`)) {
    throw new AwsApiError('AccessDeniedException', `this endpoint is ${LOOPBACK}'s alone`);
  }
  const target = String(request.headers['x-amz-target'] ?? '');
  const call = target.startsWith(`${service}.`) ? calls[target.slice(service.length + 1)] : undefined;
  if (call === undefined) {
    throw new AwsApiError(
      'InvalidAction',
      `${target || request.url} is not served here: want one of ${Object.keys(calls).join(', ')}`,
    );
  }
  return call(inputOf(body));
}

function inputOf(body: string): JsonObject {
  try {
    const input: unknown = JSON.parse(body);
    if (isJsonObject(input)) return input;
  } catch {
    // Answered below, as JSON that is no object is.
  }
  throw new AwsApiError('SerializationException', 'the body of the request must be a JSON object');
}

async function textOf(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) {
    throw new AwsApiError('ValidationException', `the request has ${size} bytes: want at most ${maxBytes}`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object, version: string): void {
  response.writeHead(status, { 'content-type': `application/x-amz-json-${version}` });
  response.end(JSON.stringify(body));
}
