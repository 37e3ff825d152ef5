import { OPERATIONS, type OperationName } from '../lambdas/domain/operations.ts';
import { type ClientErrorCode, errorOfAnswer, requestIdOf, TaskModeClientError } from './client-error.ts';
import { type Signer, unsigned } from './signer.ts';

export interface TransportOptions {
  /** Where the API is: `https://….execute-api.<region>.amazonaws.com`, or `http://127.0.0.1:3000`. */
  readonly endpoint: string;
  /** How requests are signed. @default - not at all */
  readonly signer?: Signer;
  /** How often a call that may be repeated is tried. @default 4 */
  readonly maxAttempts?: number;
  /** How long one try may take, in milliseconds; a synchronous invocation has 30 s. @default 10000 */
  readonly timeoutMs?: number;
  /** @default - the platform's */
  readonly fetch?: typeof fetch;
}

/**
 * What may follow a try of which nobody knows whether it was done: `always` another, or `refused` only where the answer
 * says that nothing was.
 */
type Repeatable = 'always' | 'refused';

export interface Call {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly contentType?: string;
  readonly repeatable?: Repeatable;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly statusCode: number;
  readonly headers: Headers;
  readonly text: string;
  readonly requestId: string | undefined;
  /** Whether an earlier try of this call may have been done: nobody answered it. */
  readonly followsUnanswered: boolean;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Nothing was done: these can be repeated whatever was asked. */
const REFUSED: ReadonlySet<ClientErrorCode> = new Set(['Throttling.User', 'ResourceExhausted']);

/** Whether it was done is not known. */
const UNANSWERED: ReadonlySet<ClientErrorCode> = new Set([
  'ConnectionFailed',
  'RequestTimeout',
  'ServiceUnavailable',
  'InternalServerError',
]);

/** As many as one page of a list can have. */
export const PAGE_LIMIT = 100;

/** API Gateway ends a request at 30 s (AWS API Gateway quotas, HTTP API). */
export const GATEWAY_TIMEOUT_MS = 30_000;

const DEFAULT_ATTEMPTS = 4;
const DEFAULT_TIMEOUT_MS = 10_000;

/** Pauses between tries: exponential with full jitter, as AWS's SDKs have it; told to wait longer, the caller decides. */
const BACK_OFF_MS = { base: 100, max: 5000, toldMax: 20_000 } as const;

/** Sends calls, and repeats those that can be repeated. */
export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    if (!URL.canParse(options.endpoint)) {
      throw new TypeError(`endpoint must be a URL, got "${options.endpoint}"`);
    }
    this.#options = options;
  }

  /** @throws TaskModeClientError */
  async call(operation: OperationName, call: Call): Promise<Answer> {
    const { maxAttempts = DEFAULT_ATTEMPTS } = this.#options;
    let followsUnanswered = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { ...(await this.#send(operation, call)), followsUnanswered };
      } catch (error) {
        if (!(error instanceof TaskModeClientError) || call.signal?.aborted) throw error;
        const isUnanswered = UNANSWERED.has(error.code);
        const mayRepeat = REFUSED.has(error.code) || (isUnanswered && call.repeatable !== 'refused');
        const toldMs = (error.retryAfterSeconds ?? 0) * 1000;
        if (!mayRepeat || attempt >= maxAttempts || toldMs > BACK_OFF_MS.toldMax) {
          throw followsUnanswered ? unansweredBefore(error) : error;
        }
        followsUnanswered ||= isUnanswered;
        const backOffMs = Math.random() * Math.min(BACK_OFF_MS.max, BACK_OFF_MS.base * 2 ** attempt);
        await pause(Math.max(toldMs, backOffMs), call.signal);
      }
    }
  }

  async #send(operation: OperationName, call: Call): Promise<Omit<Answer, 'followsUnanswered'>> {
    const { endpoint, signer = unsigned, fetch: send = fetch } = this.#options;
    const { method } = OPERATIONS[operation];
    const url = urlOf(endpoint, operation, call);
    const body = call.body ?? '';
    const headers = {
      ...definedOnly(call.headers ?? {}),
      ...(body !== '' && { 'content-type': call.contentType ?? 'application/json' }),
    };
    const signed = await signer({ operation, method, url, headers, body });
    const timeout = AbortSignal.timeout(call.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
    try {
      const init = { method, headers: { ...headers, ...signed }, signal };
      const response = await send(url, body === '' ? init : { ...init, body });
      const text = await response.text();
      if (!response.ok) throw errorOfAnswer(response, text);
      return {
        statusCode: response.status,
        headers: response.headers,
        text,
        requestId: requestIdOf(response),
      };
    } catch (error) {
      if (error instanceof TaskModeClientError || call.signal?.aborted) throw error;
      throw timeout.aborted
        ? new TaskModeClientError('RequestTimeout', `${operation} was not answered in time`, { cause: error })
        : new TaskModeClientError(
            'ConnectionFailed',
            `${operation} could not be sent to ${url.origin}: ${(error as Error).message}`,
            { cause: error },
          );
    }
  }
}

/** Has the caller know that what was refused now may have been done by the try before. */
function unansweredBefore(error: TaskModeClientError): TaskModeClientError {
  const { code, message, statusCode, requestId, details, retryAfterSeconds } = error;
  return new TaskModeClientError(code, message, {
    statusCode,
    requestId,
    retryAfterSeconds,
    details: { ...details, followsUnanswered: true },
    cause: error,
  });
}

function urlOf(endpoint: string, operation: OperationName, { parameters = {}, query = {} }: Call): URL {
  const path = OPERATIONS[operation].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? ''),
  );
  const url = new URL(`${endpoint.replace(/\/+$/, '')}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function definedOnly(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Reads an answer that is JSON. */
export function jsonOf<T>({ text, statusCode, requestId }: Answer): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const message = `answered what is not JSON: ${text.slice(0, 200)}`;
    throw new TaskModeClientError('UnexpectedResponse', message, { statusCode, requestId, cause });
  }
}

/** Waits, or throws the signal's reason when it is aborted before. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
