import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  HostBreaker,
  WebhookDestination,
  type WebhookDestinationOptions,
} from '../../lambdas/aws/webhook-destination.ts';
import type { WebhookSecrets } from '../../lambdas/aws/webhook-secrets.ts';
import type { Trace } from '../../lambdas/domain/trace.ts';
import { bodyOf, serve } from './receivers.ts';

const message = {
  id: 'told/t/s/1/Succeeded',
  body: '{"é":1}',
  status: 'Succeeded',
  endTime: 1,
  functionArn: '',
} as const;

const secrets = { keysOf: async () => [Buffer.alloc(24, 1)] } as unknown as WebhookSecrets;

function tell(
  destination: string,
  options: Partial<WebhookDestinationOptions> = {},
  secretArn: string | undefined = 'arn',
  trace?: Trace,
) {
  const adapter = new WebhookDestination({
    secrets,
    clock: () => 1_795_510_275_999,
    isLoopbackAllowed: true,
    timeoutMs: 5000,
    ...options,
  });
  return adapter.deliver({ destination, ...(secretArn && { secretArn }) }, { ...message, trace });
}

/** A resolver that answers every name with these addresses. */
const resolving = (...addresses: string[]) =>
  vi.fn((_host: unknown, _options: unknown, callback: unknown) =>
    (callback as (error: null, answer: unknown) => void)(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
  ) as unknown as typeof lookup;

test('the headers of a trace are sent by name, and nothing else that its object holds', async () => {
  const received: IncomingHttpHeaders[] = [];
  const url = await serve((request, response) => {
    received.push(request.headers);
    response.writeHead(204).end();
  });
  const trace = {
    traceparent: 'p',
    tracestate: 's',
    host: 'other.example',
    'webhook-signature': 'v1,forged',
  };
  await tell(url, {}, 'arn', trace);
  const [{ traceparent, tracestate, host, ...headers } = {}] = received;
  expect({ traceparent, tracestate, host }).toEqual({
    traceparent: 'p',
    tracestate: 's',
    host: new URL(url).host,
  });
  expect(headers['webhook-signature']).not.toContain('forged');
});

describe('an answer whose body may refuse', () => {
  const refusalOf = async (answer: string) => {
    const url = await serve((_request, response) => response.writeHead(200).end(answer));
    const adapter = new WebhookDestination({
      secrets,
      clock: () => 1_795_510_275_999,
      isLoopbackAllowed: true,
      timeoutMs: 5000,
    });
    const texts: string[] = [];
    const delivered = adapter.deliver({ destination: url, secretArn: 'arn' }, message, (text) => {
      texts.push(text);
      return text.startsWith('no') ? text.slice(0, 4) : undefined;
    });
    return { texts, delivered };
  };

  test('is read, and what it refuses was not told', async () => {
    const taken = await refusalOf('ok');
    await taken.delivered;
    expect(taken.texts).toEqual(['ok']);
    const refused = await refusalOf('nope');
    await expect(refused.delivered).rejects.toThrow('it answered 200, and refused: nope');
  });

  test('is read no further than its beginning', async () => {
    const { texts, delivered } = await refusalOf('x'.repeat(1_000_000));
    await delivered;
    expect(texts[0]?.length).toBe(4096);
  });
});

describe('what a receiver gets', () => {
  test('has the trace of the submit', async () => {
    let headers: IncomingHttpHeaders = {};
    const url = await serve((request, response) => {
      headers = request.headers;
      response.writeHead(200).end();
    });
    const trace = { traceparent: `00-${'4b'.repeat(16)}-${'0f'.repeat(8)}-01`, tracestate: 'a=1' };
    await tell(url, {}, 'arn', trace);
    expect(headers).toMatchObject(trace);
  });

  test('is the body by POST, signed', async () => {
    const requests: unknown[] = [];
    const url = await serve(async (request, response) => {
      const { method, url, headers } = request;
      requests.push({ method, url, headers, body: await bodyOf(request) });
      response.writeHead(200).end();
    });
    await tell(`${url}/hook?a=1`);
    expect(requests).toEqual([
      {
        method: 'POST',
        url: '/hook?a=1',
        headers: {
          host: new URL(url).host,
          'content-type': 'application/json',
          'content-length': '8',
          'user-agent': 'lambda-task-mode',
          'webhook-id': message.id,
          'webhook-timestamp': '1795510275',
          'webhook-signature': expect.stringMatching(/^v1,[\w+/]{43}=$/),
          connection: 'close',
        },
        body: message.body,
      },
    ]);
  });
});

describe('what a receiver answers', () => {
  const answering = (listener: RequestListener) => serve(listener);

  test.each([200, 201, 202, 204, 299])('is taken: %d', async (status) => {
    await tell(await answering((_, response) => response.writeHead(status).end()));
  });

  test.each([301, 302, 307, 308])('is no redirect to follow: %d', async (status) => {
    const paths: (string | undefined)[] = [];
    const url = await answering(({ url }, response) => {
      paths.push(url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    await expect(tell(`${url}/hook`)).rejects.toMatchObject({
      message: `it answered ${status}`,
      isFinal: false,
    });
    expect(paths).toEqual(['/hook']);
  });

  test.each([
    [400, false],
    [401, false],
    [404, false],
    [410, true],
    [429, false],
    [500, false],
    [503, false],
  ])('is a failure: %d, for good: %s', async (status, isFinal) => {
    const url = await answering((_, response) => response.writeHead(status).end());
    await expect(tell(url)).rejects.toMatchObject({ message: `it answered ${status}`, isFinal });
  });

  test.each([
    ['120', 120],
    ['Tue, 24 Nov 2026 08:52:16 GMT', 60.001],
    ['Tue, 24 Nov 2020 08:52:16 GMT', 0],
    ['soon', 0],
    ['-5', 0],
  ])('says how long to wait: %s', async (header, seconds) => {
    const url = await answering((_, response) => response.writeHead(503, { 'retry-after': header }).end());
    const clock = () => Date.parse('2026-11-24T08:51:15.999Z');
    const error = await tell(url, { clock }).catch((reason: unknown) => reason);
    expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeCloseTo(seconds, 2);
  });

  test('is not read beyond its head, and the connection ends', async () => {
    let closed: Promise<unknown> | undefined;
    const url = await answering((_, response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      const flood = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', flood);
      };
      flood();
    });
    // Not by its time-out, which would end it as well.
    await tell(url, { timeoutMs: 60_000 });
    await closed;
  });

  test('may not take longer than it has', async () => {
    const url = await answering(() => undefined);
    await expect(tell(url, { timeoutMs: 100 })).rejects.toThrow('it did not answer within 0.1 s');
  });

  test('has its host left alone for 30 s once it took too long, and no other host', async () => {
    const clock = { now: 0 };
    const breaker = new HostBreaker(() => clock.now);
    const hanging = await answering(() => undefined);
    const other = await answering((_, response) => response.writeHead(204).end());
    const timesOut = 'it did not answer within 0.1 s';
    const isClosed = 'its host did not answer another delivery in time: not tried within 30 s of that';
    await expect(tell(hanging, { timeoutMs: 100, breaker })).rejects.toThrow(timesOut);
    clock.now = 29_999;
    await expect(tell(`${hanging}/other-path`, { timeoutMs: 100, breaker })).rejects.toThrow(isClosed);
    await tell(other, { breaker });
    clock.now = 30_000;
    await expect(tell(hanging, { timeoutMs: 100, breaker })).rejects.toThrow(timesOut);
  });

  test('has its host tried again at once after any other failure', async () => {
    const breaker = new HostBreaker(() => 0);
    const failing = await answering((_, response) => response.writeHead(500).end());
    for (let n = 0; n < 2; n += 1) {
      await expect(tell(failing, { breaker })).rejects.toThrow('it answered 500');
    }
  });

  test('may not have an endless head', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(tell(`http://127.0.0.1:${port}/`)).rejects.toThrow(
      'it could not be reached: HPE_HEADER_OVERFLOW',
    );
    server.close();
  });

  test('is nothing where nobody listens', async () => {
    const server = createTcpServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    await expect(tell(`http://127.0.0.1:${port}/`)).rejects.toThrow('it could not be reached: ECONNREFUSED');
  });
});

describe('a deployment that does not say otherwise', () => {
  const strictly = { isLoopbackAllowed: false };

  test('tells nobody without TLS, and does not connect', async () => {
    const listener = vi.fn();
    const url = await serve(listener);
    await expect(tell(url, strictly)).rejects.toThrow('its URL must begin with https://');
    expect(listener).not.toHaveBeenCalled();
  });

  test.each([
    'https://127.0.0.1',
    'https://[::1]',
    'https://2130706433',
    'https://0x7f000001',
    'https://0177.0.0.1',
    'https://[::ffff:127.0.0.1]',
    'https://10.0.0.1',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/meta-data/',
    'https://100.64.0.1',
  ])('looks nothing up for the address %s, and does not connect', async (url) => {
    const resolve = resolving('8.8.8.8');
    await expect(tell(url, { ...strictly, resolve })).rejects.toThrow('an address that is not public');
    expect(resolve).not.toHaveBeenCalled();
  });

  test.each([['127.0.0.1'], ['::1'], ['8.8.8.8', '10.0.0.1'], ['169.254.169.254'], ['::ffff:8.8.8.8']])(
    'does not connect to a name that resolves to %s',
    async (...addresses) => {
      const connected = vi.fn();
      const server = createTcpServer(connected);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const resolve = resolving(...addresses);
      await expect(tell(`https://hooks.example:${port}/`, { ...strictly, resolve })).rejects.toMatchObject({
        message: 'its host has an address that is not public',
      });
      expect(resolve).toHaveBeenCalledTimes(1);
      expect(connected).not.toHaveBeenCalled();
      server.close();
    },
  );
});

describe('a deployment that allows receivers on its own machine', () => {
  test('tells no other without TLS', async () => {
    await expect(tell('http://8.8.8.8/')).rejects.toThrow('an address that is not public');
    const resolve = resolving('8.8.8.8');
    await expect(tell('http://hooks.example/', { resolve })).rejects.toThrow('an address that is not public');
  });

  test.each(['https://10.0.0.1/', 'https://169.254.169.254/'])('tells no inner network: %s', async (url) => {
    await expect(tell(url)).rejects.toThrow('an address that is not public');
  });
});

describe('TLS', () => {
  const read = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf-8');

  /** A receiver that is certified for hooks.example, and what it was asked for. */
  async function startSecure() {
    const asked: unknown[] = [];
    const server = createServer(
      { key: read('hooks.key.pem'), cert: read('hooks.cert.pem') },
      ({ socket, headers }, response) => {
        asked.push({
          servername: (socket as TLSSocket & { servername: string }).servername,
          host: headers.host,
        });
        response.writeHead(204).end();
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    afterAll(() => server.close());
    return { port: (server.address() as AddressInfo).port, asked };
  }

  const resolve = resolving('127.0.0.1');

  test('is spoken with the name of the host, at the address that was checked', async () => {
    const { port, asked } = await startSecure();
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, read('hooks.cert.pem')]);
    try {
      await tell(`https://hooks.example:${port}/`, { resolve });
      await expect(tell(`https://other.example:${port}/`, { resolve })).rejects.toThrow(
        'it could not be reached: ERR_TLS_CERT_ALTNAME_INVALID',
      );
    } finally {
      setDefaultCACertificates(trusted);
    }
    expect(asked).toEqual([{ servername: 'hooks.example', host: `hooks.example:${port}` }]);
  });

  test('is verified, whatever the environment says', async () => {
    const { port, asked } = await startSecure();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    try {
      await expect(tell(`https://hooks.example:${port}/`, { resolve })).rejects.toThrow(
        'it could not be reached: DEPTH_ZERO_SELF_SIGNED_CERT',
      );
    } finally {
      vi.unstubAllEnvs();
    }
    expect(asked).toEqual([]);
  });
});

test('nobody is told unsigned', async () => {
  const listener = vi.fn();
  const url = await serve(listener);
  await expect(tell(url, {}, '')).rejects.toThrow('it has no secret to sign with');
  expect(listener).not.toHaveBeenCalled();
});
