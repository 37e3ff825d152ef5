import type { IncomingMessage } from 'node:http';
import type { TimeControl } from '../clock/time-control.ts';
import { isJsonObject, shown } from '../json.ts';
import { gatewayResponse, type HttpResponse } from './http-response.ts';

const PATH = '/_local/clock';
const ADVANCE_PATH = `${PATH}/advance`;

/** 30 days: what is longer is more likely a wrong unit, and several advances come to any time. */
const MAX_SECONDS = 30 * 24 * 60 * 60;

/** Of a millisecond at least. */
const MIN_SECONDS = 0.001;

type ControlledClock = Pick<TimeControl, 'time' | 'advancedMs' | 'isMovable' | 'advance'>;

/** Serves the clock of this runtime, which nothing on AWS has: it is read, and advanced. */
export class ClockApi {
  readonly #control: ControlledClock;

  constructor(control: ControlledClock) {
    this.#control = control;
  }

  /** Tells whether a path is the clock's. */
  owns(path: string): boolean {
    return path === PATH || path.startsWith(`${PATH}/`);
  }

  async answer(message: IncomingMessage, path: string, body: Buffer): Promise<HttpResponse> {
    const { method, headers } = message;
    if (isForeign(message)) return gatewayResponse(403, 'Pages of other sites are not answered');
    if (path === PATH) {
      return method === 'GET' ? this.#state() : gatewayResponse(405, `${method} ${PATH}: want GET`);
    }
    if (path !== ADVANCE_PATH)
      return gatewayResponse(404, `${path} is not served: want ${PATH} or ${ADVANCE_PATH}`);
    if (method !== 'POST') return gatewayResponse(405, `${method} ${ADVANCE_PATH}: want POST`);
    // A form of another site can send all types but this one without being asked for leave.
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
      return gatewayResponse(415, `content-type is ${shown(headers['content-type'])}: want application/json`);
    }
    const byMs = byMsOf(body.toString('utf8'));
    if (typeof byMs === 'string') return gatewayResponse(400, byMs);
    if (!this.#control.isMovable) {
      return gatewayResponse(
        409,
        'the clock cannot be advanced with --sqs-endpoint: the time of its messages is its own',
      );
    }
    await this.#control.advance(byMs);
    return this.#state();
  }

  #state(): HttpResponse {
    const { time, advancedMs } = this.#control;
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: Buffer.from(JSON.stringify({ time, advancedMs })),
    };
  }
}

/** A page of another site may send requests here as well; its Host was looked at before, of names that lead here. */
function isForeign({ headers }: IncomingMessage): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && origin !== `http://${host}`;
}

/** The milliseconds to advance by, or what is wrong with them. */
function byMsOf(text: string): number | string {
  let seconds: unknown;
  try {
    const input: unknown = JSON.parse(text);
    if (!isJsonObject(input)) return `the body is ${shown(input)}: want {"seconds": N}`;
    const [other] = Object.keys(input).filter((name) => name !== 'seconds');
    if (other !== undefined) return `${other} is not known: want {"seconds": N}`;
    seconds = input.seconds;
  } catch {
    return `the body is ${shown(text)}: want {"seconds": N}`;
  }
  const isInRange = typeof seconds === 'number' && seconds >= MIN_SECONDS && seconds <= MAX_SECONDS;
  if (!isInRange) {
    return `seconds is ${shown(seconds)}: want a number from ${MIN_SECONDS} to ${MAX_SECONDS} (30 days): the clock goes forward only`;
  }
  return Math.round(Number(seconds) * 1000);
}
