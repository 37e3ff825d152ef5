import type { ErrorCode } from '../lambdas/domain/errors.ts';

/**
 * Why a call failed: one of the API's codes, or one of the client's own. `ConnectionFailed`: no answer came;
 * `RequestTimeout`: none came in time; `UnexpectedResponse`: one that the API does not give, such as a proxy's.
 */
export type ClientErrorCode = ErrorCode | 'ConnectionFailed' | 'RequestTimeout' | 'UnexpectedResponse';

export interface ClientErrorOptions extends ErrorOptions {
  readonly statusCode?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number | undefined;
}

/** A call that failed, by the code that says why. */
export class TaskModeClientError extends Error {
  override readonly name = 'TaskModeClientError';
  readonly code: ClientErrorCode;
  /** Absent when no answer came. */
  readonly statusCode: number | undefined;
  /** By which the operator finds the request in the logs. */
  readonly requestId: string | undefined;
  /** What else the answer said, such as the `status` of the task that has an id already. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ClientErrorCode, message: string, options: ClientErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.statusCode = options.statusCode;
    this.requestId = options.requestId;
    this.details = options.details ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Tells whether a call failed for one of these reasons; without codes, whether it is a failed call at all. */
export function isTaskModeError<C extends ClientErrorCode>(
  error: unknown,
  ...codes: C[]
): error is TaskModeClientError & { readonly code: C } {
  return (
    error instanceof TaskModeClientError &&
    (codes.length === 0 || (codes as ClientErrorCode[]).includes(error.code))
  );
}

/** What a status means whose body is not the API's: API Gateway answers some requests by itself. */
const GATEWAY_CODES: Readonly<Record<number, ClientErrorCode>> = {
  403: 'AccessDenied',
  413: 'EntityTooLarge',
  429: 'Throttling.User',
  500: 'InternalServerError',
  502: 'ServiceUnavailable',
  503: 'ServiceUnavailable',
  504: 'ServiceUnavailable',
};

/** Makes the error of an answer that is none of success. */
export function errorOfAnswer(response: Response, text: string): TaskModeClientError {
  const { Code, Message, RequestId, ...details } = objectOf(text);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new TaskModeClientError(
    typeof Code === 'string' ? (Code as ErrorCode) : (GATEWAY_CODES[response.status] ?? 'UnexpectedResponse'),
    typeof Message === 'string' ? Message : `answered ${response.status} ${text.slice(0, 200)}`.trim(),
    {
      statusCode: response.status,
      requestId: typeof RequestId === 'string' ? RequestId : requestIdOf(response),
      details,
      retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    },
  );
}

export function requestIdOf({ headers }: Response): string | undefined {
  return headers.get('x-fc-request-id') ?? headers.get('apigw-requestid') ?? undefined;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
