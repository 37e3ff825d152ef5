import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { type Engine, LOOPBACK } from './engine.ts';

type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts dynalite, which keeps DynamoDB tables in a folder. */
export async function startTableEngine(dataDir: string): Promise<Engine> {
  await mkdir(dataDir, { recursive: true });
  const server = dynalite({ path: dataDir, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  surviveAbortedRequests(server);
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

/**
 * dynalite throws when a client goes away in the middle of its request, as a killed execution environment does:
 * that would end the whole runtime.
 */
function surviveAbortedRequests(server: Server): void {
  const handlers = server.listeners('request') as RequestHandler[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    for (const handle of handlers) {
      handle(request, response);
    }
    request.removeAllListeners('error');
    request.on('error', () => response.destroy());
  });
}
