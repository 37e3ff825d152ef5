import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import dynalite from 'dynalite';
import { type Engine, LOOPBACK } from './engine.ts';

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts dynalite, which keeps DynamoDB tables in a folder. */
export async function startTableEngine(dataDir: string): Promise<Engine> {
  await mkdir(dataDir, { recursive: true });
  const server = dynalite({ path: dataDir, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const open = surviveAbortedRequests(server);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    stop: async () => {
      await settled(open);
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/** At a stop, requests may be finished for this long: under load, some 100 are under way. */
const SETTLE_MS = 500;

/** What dynalite is working on, also of clients that are gone: it throws when its database is closed meanwhile. */
async function settled(open: ReadonlySet<ServerResponse>): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS;
  while (open.size > 0 && performance.now() < untilMs) await delay(5);
}

/**
 * dynalite throws when a client goes away in the middle of its request, as a killed execution environment does:
 * that would end the whole runtime. Answers the requests that are being worked on.
 */
function surviveAbortedRequests(server: Server): ReadonlySet<ServerResponse> {
  const open = new Set<ServerResponse>();
  const handlers = server.listeners('request') as RequestHandler[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    open.add(response);
    const { end } = response;
    response.end = (...parts: unknown[]) => {
      open.delete(response);
      return Reflect.apply(end, response, parts);
    };
    for (const handle of handlers) {
      handle(request, response);
    }
    request.removeAllListeners('error');
    request.on('error', () => {
      // Of a request that did not come whole, nobody works on an answer.
      if (!request.complete) open.delete(response);
      response.destroy();
    });
  });
  return open;
}
