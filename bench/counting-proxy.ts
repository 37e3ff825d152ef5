import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CountingProxy {
  readonly url: string;
  readonly counts: Map<string, number>;
  close(): void;
}

/** One request as it came. */
export interface CountedRequest {
  readonly operation: string;
  /** Its body, from JSON. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** Stands before an engine, counts the requests that reach it by the operation they name, and passes each to `onRequest`. */
export async function countingProxy(
  target: string,
  onRequest?: (request: CountedRequest) => void,
): Promise<CountingProxy> {
  const counts = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const operation = operationOf(incoming);
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
    const { method, headers, url } = incoming;
    const forwarded = request(new URL(url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
    if (onRequest) passBody(incoming, (body) => onRequest({ operation, input: JSON.parse(body) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A client that goes away in mid-request has made none. */
function passBody(incoming: IncomingMessage, take: (body: string) => void): void {
  const parts: Buffer[] = [];
  incoming.on('data', (part: Buffer) => parts.push(part));
  incoming.on('end', () => take(Buffer.concat(parts).toString()));
}

/** Both protocols name the operation in this header, as `Service_Version.Operation`. */
function operationOf({ headers }: IncomingMessage): string {
  return String(headers['x-amz-target']).split('.').at(-1) ?? 'unknown';
}
