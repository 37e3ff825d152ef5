/** The error codes that the API answers (FC contract section 12; ours are marked). */
export type ErrorCode =
  | 'InvalidArgument'
  | 'EntityTooLarge'
  | 'PathNotSupported'
  | 'FunctionNotFound'
  | 'AliasNotFound'
  | 'AsyncTaskNotFound'
  | 'AsyncTaskAlreadyExists'
  /** Ours: the contract has no code for stopping a task that ended otherwise. */
  | 'AsyncTaskFinished'
  /** Ours: only a task that ended without success can be run again. */
  | 'RedriveNotAllowed'
  /** Ours: AWS did not take or answer a call in time; repeating the request is safe. */
  | 'ServiceUnavailable'
  | 'InternalServerError';

/** A refusal that the caller is told about, in words meant for the caller. */
export class TaskModeError extends Error {
  override readonly name = 'TaskModeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
