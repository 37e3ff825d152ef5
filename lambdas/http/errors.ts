import { type ErrorCode, type ErrorDetails, TaskModeError } from '../domain/errors.ts';

/** The HTTP status of each code (FC contract section 12): chosen here and nowhere else. */
const HTTP_STATUS: Record<ErrorCode, number> = {
  InvalidArgument: 400,
  EntityTooLarge: 400,
  PathNotSupported: 400,
  FunctionNotFound: 404,
  AliasNotFound: 404,
  AsyncTaskNotFound: 404,
  AsyncConfigNotExists: 404,
  AccessDenied: 403,
  SignatureNotMatch: 403,
  InvalidAccessKeyID: 403,
  AsyncTaskAlreadyExists: 409,
  ConcurrentUpdateError: 409,
  AsyncTaskFinished: 412,
  BulkJobNotFound: 404,
  BulkJobAlreadyExists: 409,
  BulkJobFinished: 412,
  WorkflowNotFound: 404,
  ExecutionNotFound: 404,
  ExecutionAlreadyExists: 409,
  ExecutionFinished: 412,
  WorkflowTypeNotSupported: 412,
  RedriveNotAllowed: 412,
  TaskAlreadyAwaited: 409,
  'Throttling.User': 429,
  ResourceExhausted: 429,
  InternalServerError: 500,
  ServiceUnavailable: 503,
  InvocationTimeout: 504,
};

/** The HTTP status that a code is answered with. */
export function statusOf(code: ErrorCode): number {
  return HTTP_STATUS[code];
}

/** That a function takes its time is not among them. */
const FAULTS: ReadonlySet<ErrorCode> = new Set(['InternalServerError', 'ServiceUnavailable']);

export interface ApiError {
  readonly statusCode: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly headers: Readonly<Record<string, string>>;
  /** Ours, or AWS's: what an operator is to be told of. */
  readonly isFault: boolean;
}

/** Turns whatever went wrong into what the caller may know of it. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof TaskModeError) {
    const { code, message, details, retryAfterSeconds } = error;
    return {
      statusCode: HTTP_STATUS[code],
      code,
      message,
      details,
      headers: retryHeaders(retryAfterSeconds),
      isFault: FAULTS.has(code),
    };
  }
  return {
    statusCode: HTTP_STATUS.InternalServerError,
    code: 'InternalServerError',
    message: 'an internal error has occurred. Please retry.',
    details: {},
    headers: {},
    isFault: true,
  };
}

/** When to come again, in whole seconds: HTTP's own header, and the one that the FC SDK reads (contract section 12). */
function retryHeaders(seconds: number | undefined): ApiError['headers'] {
  return seconds === undefined
    ? {}
    : { 'retry-after': String(seconds), 'x-acs-retry-after': String(seconds) };
}
