import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll } from 'vitest';

/** What Lambda answers an Invoke. */
export interface TargetReply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The connection is lost before an answer. */
  readonly isLost?: boolean;
}

export const TARGET_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:target';

/** A Lambda service with one function in it, which is `invoke`, and a client of it that never repeats a call. */
export async function startTarget(invoke: (payload: string) => TargetReply | Promise<TargetReply>): Promise<{
  readonly client: LambdaClient;
  readonly endpoint: string;
  /** How many connections were made to it. */
  readonly connections: () => number;
}> {
  let connections = 0;
  const server = createServer(async (request, response) => {
    let payload = '';
    for await (const chunk of request) payload += chunk;
    const { status = 200, headers, body = null, isLost } = await invoke(payload);
    if (isLost) request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  afterAll(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  return { client, endpoint, connections: () => connections };
}
