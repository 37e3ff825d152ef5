import { lookup as lookUp } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AllowedDestination, DeliveryError, type FollowUpMessage } from '../domain/destination.ts';
import { WEBHOOK_BREAKER_MS, WEBHOOK_TIMEOUT_MS } from '../domain/limits.ts';
import { traceHeaders } from '../domain/trace.ts';
import {
  checkedLookup,
  type IsAllowed,
  isLoopbackAddress,
  isPublicAddress,
  literalAddress,
  notPublic,
} from './webhook-address.ts';
import type { WebhookSecrets } from './webhook-secrets.ts';
import { signatureHeaders } from './webhook-signature.ts';

export interface WebhookDestinationOptions {
  readonly secrets: WebhookSecrets;
  readonly clock: () => number;
  /** Whether a receiver on the machine itself may be told, and without TLS. */
  readonly isLoopbackAllowed: boolean;
  /** @default - each delivery is tried, whatever happened to the ones before */
  readonly breaker?: HostBreaker;
  readonly timeoutMs?: number;
  /** Stands in for the machine's own. */
  readonly resolve?: typeof lookUp;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The beginning of the body, where anybody asks for it. */
  readonly text: string;
}

/** Says why a receiver did not take what it answered with success; undefined when it took it. */
export type RefusalIn = (text: string) => string | undefined;

/** Remembers which hosts did not answer in time, for as long as the instance lives. */
export class HostBreaker {
  readonly #clock: () => number;
  readonly #closedTimes = new Map<string, number>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** @throws DeliveryError within 30 s after a delivery to this host timed out. */
  check({ host }: URL): void {
    if (this.#clock() >= (this.#closedTimes.get(host) ?? 0)) return;
    throw new DeliveryError(
      `its host did not answer another delivery in time: not tried within ${WEBHOOK_BREAKER_MS / 1000} s of that`,
    );
  }

  timedOut({ host }: URL): void {
    this.#closedTimes.set(host, this.#clock() + WEBHOOK_BREAKER_MS);
  }
}

/** As much of an answer as says whether it refuses. */
const ANSWER_MAX_BYTES = 4096;

/**
 * Receivers on the public internet that are told over HTTPS, signed by the Standard Webhooks specification. No
 * redirect is followed, and of the answer nothing but its head is read, unless a refusal may be in its body.
 */
export class WebhookDestination {
  readonly #options: WebhookDestinationOptions;

  constructor(options: WebhookDestinationOptions) {
    this.#options = options;
  }

  /** @throws DeliveryError when it was not told, final when it is gone for good (410). */
  async deliver(
    { destination, secretArn }: AllowedDestination,
    message: Pick<FollowUpMessage, 'id' | 'body' | 'trace'>,
    refusalIn?: RefusalIn,
  ): Promise<void> {
    const { secrets, clock } = this.#options;
    if (secretArn === undefined) throw new DeliveryError('it has no secret to sign with');
    const keys = await secrets.keysOf(secretArn, clock());
    const timestampSeconds = Math.floor(clock() / 1000);
    const headers = {
      ...signatureHeaders({ ...message, timestampSeconds }, keys),
      ...traceHeaders(message.trace),
    };
    const isRead = refusalIn !== undefined;
    const { status, retryAfter, text } = await this.#post(
      new URL(destination),
      headers,
      message.body,
      isRead,
    );
    if (status >= 200 && status < 300) {
      const refusal = refusalIn?.(text);
      if (refusal !== undefined) throw new DeliveryError(`it answered ${status}, and refused: ${refusal}`);
      return;
    }
    throw new DeliveryError(`it answered ${status}`, {
      isFinal: status === 410,
      retryAfterSeconds: secondsOf(retryAfter, clock()),
    });
  }

  async #post(
    url: URL,
    headers: Readonly<Record<string, string>>,
    body: string,
    isRead: boolean,
  ): Promise<Answer> {
    const { resolve = lookUp, timeoutMs = WEBHOOK_TIMEOUT_MS, breaker } = this.#options;
    breaker?.check(url);
    const isAllowed = this.#addressesOf(url);
    const literal = literalAddress(url);
    if (literal !== undefined && !isAllowed(literal)) throw notPublic(literal);
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'lambda-task-mode',
      },
      // A connection of its own: none that was made for another host, or past a proxy.
      agent: false,
      lookup: checkedLookup(resolve, isAllowed),
      // Also where the environment says NODE_TLS_REJECT_UNAUTHORIZED=0.
      rejectUnauthorized: true,
      signal: AbortSignal.timeout(timeoutMs),
    } as const;
    try {
      return await new Promise<Answer>((done, fail) => {
        const sending = request(url, options, (response) =>
          isRead ? beginningOf(response).then(done, fail) : done(headOf(response)),
        );
        sending.on('error', fail);
        sending.on('socket', (socket) => {
          // Nothing was sent yet: what is not allowed learns of the connection and no more.
          socket.once('connect', () => {
            if (isAllowed(socket.remoteAddress ?? '')) sending.end(body);
            else sending.destroy(notPublic(socket.remoteAddress));
          });
        });
      });
    } catch (error) {
      if (isTimeout(error)) breaker?.timedOut(url);
      throw undelivered(error, timeoutMs);
    }
  }

  /** Which addresses may be connected to for a URL. What goes without TLS stays on the machine. */
  #addressesOf({ protocol }: URL): IsAllowed {
    const { isLoopbackAllowed } = this.#options;
    if (protocol === 'https:' && !isLoopbackAllowed) return isPublicAddress;
    if (!isLoopbackAllowed) throw new DeliveryError('its URL must begin with https://');
    return protocol === 'https:'
      ? (address) => isPublicAddress(address) || isLoopbackAddress(address)
      : isLoopbackAddress;
  }
}

/** Takes the head of an answer and closes the connection: its body may be endless. */
function headOf(response: IncomingMessage): Answer {
  response.on('error', () => undefined);
  response.destroy();
  return { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], text: '' };
}

/** Takes the beginning of an answer's body too. */
async function beginningOf(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    // To leave the loop closes the connection.
    if (bytes >= ANSWER_MAX_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, ANSWER_MAX_BYTES).toString();
  return { ...headOf(response), text };
}

/** Whether a request was ended by its own time-out, which is the only signal that ends one. */
function isTimeout(error: unknown): boolean {
  const { name } = error as Error;
  return name === 'AbortError' || name === 'TimeoutError';
}

function undelivered(error: unknown, timeoutMs: number): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const { name, code } = error as NodeJS.ErrnoException;
  if (isTimeout(error)) {
    return new DeliveryError(`it did not answer within ${timeoutMs / 1000} s`, { cause: error });
  }
  return new DeliveryError(`it could not be reached: ${code ?? name}`, { cause: error });
}

/** The header Retry-After: seconds, or a date. */
function secondsOf(retryAfter: string | undefined, now: number): number {
  if (retryAfter === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : 0;
}
