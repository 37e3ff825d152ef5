import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { between, type Random, seededRandom } from './random.ts';
import { type StatusWrite, statusWriteIn } from './status-writes.ts';

export const FAULTS = ['refused', 'answer lost', 'delayed', 'sent twice'] as const;

export type Fault = (typeof FAULTS)[number];

/** What tasks are made of. Deploying is not part of the exercise, and fails where it is not repeated. */
const OPERATIONS =
  /^(PutItem|UpdateItem|GetItem|BatchGetItem|Query|SendMessage|ReceiveMessage|DeleteMessage|ChangeMessageVisibility)(Batch)?$/;

/** Beyond what a client waits for one answer would be a fault of another kind: this is a slow network. */
const DELAY_MS = { min: 50, max: 800 };

export interface FaultProxyOptions {
  readonly seed: number;
  /** How probable each fault is for one request, from 0 to 1; a delay is twice as probable. */
  readonly rate: number;
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/**
 * Stands before an engine, and is a bad network: some requests never reach it, some answers never come back. The
 * n-th request of an operation suffers the same from the same seed.
 */
export class FaultProxy {
  /** How often each fault was done to each operation. */
  readonly counts = new Map<`${Fault} ${string}`, number>();
  /** The writes that were taken, by which tasks entered statuses. */
  readonly statusWrites: StatusWrite[] = [];
  /** While false, every request passes. */
  isActive = false;
  readonly #target: string;
  readonly #options: FaultProxyOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #randoms = new Map<string, Random>();
  readonly #server = createServer((incoming, outgoing) => {
    this.#handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  private constructor(target: string, options: FaultProxyOptions) {
    this.#target = target;
    this.#options = options;
  }

  static async listen(target: string, options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'POST', headers, url: path = '/' } = incoming;
    const exchange = { method, path, headers, body: await buffer(incoming) };
    const operation = String(headers['x-amz-target']).split('.').at(-1) ?? '';
    const random = this.#randomOf(operation);
    const fault = this.isActive && OPERATIONS.test(operation) ? this.#draw(operation, random) : undefined;
    if (fault === 'refused') return void outgoing.destroy();
    if (fault === 'delayed') await pause(between(random, DELAY_MS.min, DELAY_MS.max));
    if (fault === 'sent twice') await this.#forward(exchange, outgoing);
    const answer = await this.#forward(exchange, outgoing);
    if (answer.statusCode === 200) this.#note(operation, exchange);
    if (fault === 'answer lost') return void outgoing.destroy();
    outgoing.writeHead(answer.statusCode, answer.headers).end(answer.body);
  }

  #note(operation: string, { headers, body }: Exchange): void {
    const write = statusWriteIn(operation, String(headers['user-agent']), body.toString());
    if (write) this.statusWrites.push(write);
  }

  #randomOf(operation: string): Random {
    const random = this.#randoms.get(operation) ?? seededRandom(this.#options.seed, operation);
    this.#randoms.set(operation, random);
    return random;
  }

  #draw(operation: string, random: Random): Fault | undefined {
    const place = random() / this.#options.rate;
    const fault = (['refused', 'answer lost', 'delayed', 'delayed', 'sent twice'] as const)[
      Math.floor(place)
    ];
    if (fault === undefined || (fault === 'sent twice' && operation !== 'SendMessage')) return undefined;
    this.counts.set(`${fault} ${operation}`, (this.counts.get(`${fault} ${operation}`) ?? 0) + 1);
    return fault;
  }

  #forward({ method, path, headers, body }: Exchange, outgoing: ServerResponse): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const forwarded = request(new URL(path, this.#target), { method, headers, agent: this.#agent });
      forwarded.on('error', reject);
      forwarded.on('response', (response) => {
        buffer(response).then(
          (answer) =>
            resolve({ statusCode: response.statusCode ?? 502, headers: response.headers, body: answer }),
          reject,
        );
      });
      // A client that was killed takes no message from a long poll. What else it asked for is done.
      if (String(headers['x-amz-target']).includes('ReceiveMessage')) {
        outgoing.on('close', () => forwarded.destroy());
      }
      forwarded.end(body);
    });
  }
}
