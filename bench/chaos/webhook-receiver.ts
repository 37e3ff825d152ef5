import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { isTaskStatus, type TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { type Random, seededRandom } from './random.ts';

/** One request by which the webhook was told of an end. */
export interface Delivery {
  /** The id under which it was told: the same at each delivery of an end. */
  readonly webhookId: string;
  readonly functionName: string;
  /** The id in the payload, which is the task's id where there is a task. */
  readonly payloadId: string;
  /** Which submit it is about: the client may have repeated an invocation without a record. */
  readonly requestId: string;
  /** Undefined for an invocation without a record. */
  readonly series: number | undefined;
  readonly status: TaskStatus;
  /** Whether it was answered with success, and the answer sent. */
  readonly isTaken: boolean;
  readonly time: number;
}

/** What the receiver did to a request that it did not take. */
export const REFUSALS = ['answered 503', 'never answered', 'answer lost'] as const;

export type Refusal = (typeof REFUSALS)[number];

/** Share of the requests that get no answer although the receiver is up and took them in. */
const LOST_SHARE = 0.03;

/** Of a receiver that is down. Few: each one keeps a process of its own waiting for 15 s. */
const NEVER_ANSWERED_SHARE = 0.1;

interface Body {
  readonly requestContext: {
    readonly functionName: string;
    readonly requestId: string;
    readonly taskId?: string;
    readonly series?: number;
    readonly status: string;
  };
  readonly requestPayload: string;
}

/** Which requests come while the receiver is down, by their numbers: from 0 on, `to` excluded. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** The destination of the chaos app. While it is down, it answers 503, or not at all. */
export class WebhookReceiver {
  readonly deliveries: Delivery[] = [];
  readonly refusals: Record<Refusal, number> = { 'answered 503': 0, 'never answered': 0, 'answer lost': 0 };
  /** @default - it is never down */
  outage: Outage = { from: 0, to: 0 };
  readonly #random: Random;
  readonly #server = createServer((request, response) => {
    this.#receive(request, response).catch(() => response.destroy());
  });

  private constructor(seed: number) {
    this.#random = seededRandom(seed, 'webhook');
  }

  static async listen(seed: number): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(seed);
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/told`;
  }

  /** How long it was down, in seconds. */
  get downSeconds(): number {
    const times = this.deliveries.slice(this.outage.from, this.outage.to).map(({ time }) => time);
    return ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { requestContext, requestPayload } = JSON.parse(await text(request)) as Body;
    const { functionName, requestId, taskId, series, status } = requestContext;
    if (!isTaskStatus(status)) throw new Error(`an end has the status ${status}`);
    const refusal = this.#draw(this.deliveries.length);
    this.deliveries.push({
      webhookId: String(request.headers['webhook-id']),
      payloadId: taskId ?? (JSON.parse(requestPayload) as { id: string }).id,
      isTaken: refusal === undefined,
      time: Date.now(),
      ...{ functionName, requestId, series, status },
    });
    if (refusal !== undefined) this.refusals[refusal] += 1;
    if (refusal === 'answer lost') response.destroy();
    else if (refusal !== 'never answered') response.writeHead(refusal === undefined ? 204 : 503).end();
  }

  #draw(number: number): Refusal | undefined {
    const place = this.#random();
    const isDown = number >= this.outage.from && number < this.outage.to;
    if (isDown) return place < NEVER_ANSWERED_SHARE ? 'never answered' : 'answered 503';
    return place < LOST_SHARE ? 'answer lost' : undefined;
  }
}
