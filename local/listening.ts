import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from './engines/engine.ts';

/** A server of this machine that listens, until it is closed. */
export interface Listening {
  readonly endpoint: string;
  close(): void;
}

/** Has a server listen on a free port of loopback, which nobody else can reach. */
export async function listening(server: Server): Promise<Listening> {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
