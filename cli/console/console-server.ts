import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConsoleFiles } from '../../local/gateway/console-files.ts';
import type { HttpResponse } from '../../local/gateway/http-response.ts';
import type { Connection } from '../connection.ts';
import { CommandError } from '../failure.ts';
import { ConsoleGuard } from './guard.ts';
import { forward, isApiPath } from './signing-proxy.ts';

/** Nobody but this machine reaches it. */
const LOOPBACK = '127.0.0.1';

export interface ConsoleServer {
  /** The address to open. */
  readonly url: string;
  close(): void;
}

export interface ConsoleServerOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly files: Pick<ConsoleFiles, 'owns' | 'answer'>;
  readonly connection: Connection;
}

/** Serves the web console on this machine, and signs what its pages ask of the API. */
export async function serveConsole({
  port,
  files,
  connection,
}: ConsoleServerOptions): Promise<ConsoleServer> {
  const server = createServer();
  server.listen(port, LOOPBACK);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isTaken = code === 'EADDRINUSE';
    throw new CommandError(
      isTaken ? `port ${port} on ${LOOPBACK} is in use` : message,
      isTaken ? 'Give another one with --port, or 0 for any free one.' : undefined,
      { cause },
    );
  }
  const origin = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const guard = new ConsoleGuard(origin);
  server.on('request', (request, response) => {
    answer(request, guard, files, connection).then(
      (result) => send(response, result),
      () => send(response, text(500, 'The console could not answer')),
    );
  });
  return {
    url: guard.entranceUrl,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  guard: ConsoleGuard,
  files: ConsoleServerOptions['files'],
  connection: Connection,
): Promise<HttpResponse> {
  const refusal = guard.refusalOf(request);
  if (refusal !== undefined) return text(refusal.statusCode, refusal.message);
  const { pathname } = new URL(request.url ?? '/', `http://${LOOPBACK}`);
  const cookie = guard.cookieFor(request);
  // The token goes from the address into a cookie: the address stays in the browser's history.
  if (cookie !== undefined) return redirect('/console/', { 'set-cookie': cookie });
  if (isApiPath(pathname)) return forward(request, connection);
  if (files.owns(pathname)) return files.answer(request, pathname);
  return pathname === '/' ? redirect('/console/') : text(404, 'There is nothing here');
}

function send(response: ServerResponse, { statusCode, headers, body }: HttpResponse): void {
  response.writeHead(statusCode, { ...headers } as Record<string, string | string[]>);
  response.end(body);
}

function redirect(location: string, headers: Record<string, string> = {}): HttpResponse {
  return {
    statusCode: 303,
    headers: { ...headers, location, 'cache-control': 'no-store' },
    body: Buffer.alloc(0),
  };
}

function text(statusCode: number, message: string): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: Buffer.from(`${message}\n`),
  };
}
