import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { machineTime } from '../clock/process-clock.ts';
import { LOOPBACK } from '../engines/engine.ts';
import { type LambdaService, MAX_PAYLOAD_BYTES } from '../functions/lambda-service.ts';
import type { Json } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import { httpEvent, newRequestId, type ReceivedRequest, splitTarget } from './http-event.ts';
import { functionResponse, gatewayResponse, type HttpResponse } from './http-response.ts';
import { type Route, Router, routeKeyFault } from './router.ts';

/** API Gateway's limit for a request's body. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Longer than the usual client keeps a connection: a client must never write into one that we are closing. */
const KEEP_ALIVE_MS = 65_000;

export interface Integration {
  readonly functionArn: string;
  readonly timeoutMs: number;
}

export interface RouteDefinition {
  readonly routeKey: string;
  readonly integrationId: string;
  readonly isIamAuthorized: boolean;
}

/** What is measured of a request that was answered. */
export interface AnsweredRequest {
  readonly apiId: string;
  readonly statusCode: number;
  readonly latencyMs: number;
}

/** What this runtime serves beside the API, such as the web console. */
export interface OwnPages {
  owns(path: string): boolean;
  answer(message: IncomingMessage, path: string, body: Buffer): Promise<HttpResponse>;
}

interface Serving {
  readonly router: Router<RouteTarget>;
  readonly lambda: LambdaService;
  readonly onAnswered: (request: AnsweredRequest) => void;
}

interface RouteTarget {
  readonly integration: Integration;
  readonly isIamAuthorized: boolean;
}

/** API Gateway on this machine: serves the template's one HTTP API at the root of a port. */
export class Gateway {
  readonly url: string;
  readonly #server: Server;
  readonly #integrations = new Map<string, Integration>();
  readonly #routes: Route<RouteTarget>[] = [];
  #api: { readonly id: string; readonly logicalId: string } | undefined;
  #serving: Serving | undefined;
  readonly #ownPages: OwnPages[] = [];

  private constructor(server: Server) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.url = `http://${LOOPBACK}:${port}`;
    server.on('request', (message, response) => void this.#answer(message, response));
  }

  /** Takes the port, so that a taken one is known before anything is done; requests get 503 until `serve`. */
  static async listen(port: number): Promise<Gateway> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
    server.listen(port, LOOPBACK);
    try {
      await once(server, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
        throw new StartupError(
          `port ${port} on ${LOOPBACK} is in use: give another with --port, or --port 0 for any free one`,
        );
      }
      throw error;
    }
    return new Gateway(server);
  }

  serveApi(id: string, logicalId: string): void {
    if (this.#api !== undefined) {
      throw new StartupError(
        `the template has two HTTP APIs, ${this.#api.logicalId} and ${logicalId}: the local runtime serves one`,
      );
    }
    this.#api = { id, logicalId };
  }

  addIntegration(id: string, integration: Integration): void {
    this.#integrations.set(id, integration);
  }

  /** Adds a route, or tells which property of it is wrong. */
  addRoute(route: RouteDefinition): { property: string; wanted: string } | undefined {
    const fault = routeKeyFault(route.routeKey);
    if (fault !== undefined) {
      return { property: 'RouteKey', wanted: fault };
    }
    const integration = this.#integrations.get(route.integrationId);
    if (integration === undefined) {
      return { property: 'Target', wanted: '"integrations/<id of an integration of this template>"' };
    }
    this.#routes.push({
      routeKey: route.routeKey,
      target: { integration, isIamAuthorized: route.isIamAuthorized },
    });
    return undefined;
  }

  /** Tells whether the API has a route: `GET /a/{b}`. */
  hasRoute(routeKey: string): boolean {
    return this.#routes.some((route) => route.routeKey === routeKey);
  }

  /** Has somebody answer what is theirs, before the API's routes are looked at. */
  serveOwn(pages: OwnPages): void {
    this.#ownPages.push(pages);
  }

  serve(lambda: LambdaService, onAnswered: (request: AnsweredRequest) => void): void {
    this.#serving = { router: new Router(this.#routes), lambda, onAnswered };
  }

  /** Takes no more requests, on open connections neither; those that run are answered until `close`. */
  stopAccepting(): void {
    this.#serving = undefined;
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newRequestId();
    const startMs = performance.now();
    const serving = this.#ownerOf(message) === undefined ? this.#serving : undefined;
    let answer: HttpResponse;
    try {
      answer = await this.#respond(message, requestId);
    } catch {
      // The client went away in the middle of its body: there is nobody to answer.
      response.destroy();
      return;
    }
    const { statusCode, headers, body } = answer;
    const latencyMs = performance.now() - startMs;
    serving?.onAnswered({ apiId: this.#api?.id ?? '', statusCode, latencyMs });
    const hasBody = statusCode !== 204 && statusCode !== 304;
    const contentHeaders = hasBody ? { 'content-length': body.length } : {};
    try {
      response.writeHead(statusCode, {
        // By the clock that tasks have their times from.
        date: new Date().toUTCString(),
        ...headers,
        ...contentHeaders,
        'apigw-requestid': requestId,
      } as Record<string, string>);
    } catch {
      const failed = gatewayResponse(500, 'Internal Server Error');
      response.writeHead(500, { 'content-type': 'application/json', 'apigw-requestid': requestId });
      response.end(failed.body);
      return;
    }
    response.end(hasBody && message.method !== 'HEAD' ? body : undefined);
  }

  #ownerOf(message: IncomingMessage): OwnPages | undefined {
    const { path } = splitTarget(message);
    return this.#ownPages.find((pages) => pages.owns(path));
  }

  async #respond(message: IncomingMessage, requestId: string): Promise<HttpResponse> {
    // A page of another origin can have its name resolve to this machine; its Host header gives it away.
    if (!/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(message.headers.host ?? '')) {
      message.resume();
      return gatewayResponse(403, 'Forbidden');
    }
    // The caller's time, which the signature of a request has as well: an advance of the clock here is none there.
    const receivedTime = new Date(machineTime());
    const body = await readBody(message);
    if (body === undefined) {
      return gatewayResponse(413, 'Request Entity Too Large');
    }
    const owner = this.#ownerOf(message);
    if (owner !== undefined) {
      return owner.answer(message, splitTarget(message).path, body);
    }
    if (this.#serving === undefined) {
      return gatewayResponse(503, 'Service Unavailable');
    }
    const { router, lambda } = this.#serving;
    let match: ReturnType<typeof router.match>;
    try {
      match = router.match(message.method ?? 'GET', splitTarget(message).path);
    } catch {
      return gatewayResponse(400, 'Bad Request');
    }
    if (match === undefined) {
      return gatewayResponse(404, 'Not Found');
    }
    const { route, pathParameters } = match;
    const { integration, isIamAuthorized } = route.target;
    const { routeKey } = route;
    const apiId = this.#api?.id ?? '';
    return invoke(lambda, integration, {
      message,
      body,
      apiId,
      routeKey,
      pathParameters,
      isIamAuthorized,
      requestId,
      receivedTime,
    });
  }
}

async function invoke(
  lambda: LambdaService,
  integration: Integration,
  request: ReceivedRequest,
): Promise<HttpResponse> {
  const eventJson = JSON.stringify(httpEvent(request));
  if (Buffer.byteLength(eventJson) > MAX_PAYLOAD_BYTES) {
    return gatewayResponse(413, 'Request Entity Too Large');
  }
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), integration.timeoutMs);
  const result = await Promise.race([lambda.invokeJson(integration.functionArn, eventJson), late.promise]);
  clearTimeout(timer);
  if (result === 'late') {
    return gatewayResponse(503, 'Service Unavailable');
  }
  const response = 'functionError' in result ? undefined : functionResponse(result.payload as Json);
  return response ?? gatewayResponse(500, 'Internal Server Error');
}

/** Reads a body to its end; undefined when it is too large, whatever Content-Length said. */
async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_BODY_BYTES) {
      chunks.push(chunk);
    } else {
      chunks.length = 0;
    }
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks, size) : undefined;
}
