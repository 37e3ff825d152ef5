/** The error codes that the API answers (FC contract section 12; ours are marked). */
export type ErrorCode =
  | 'InvalidArgument'
  | 'EntityTooLarge'
  | 'PathNotSupported'
  | 'FunctionNotFound'
  | 'AliasNotFound'
  | 'AsyncConfigNotExists'
  | 'ConcurrentUpdateError'
  | 'AccessDenied'
  | 'SignatureNotMatch'
  | 'InvalidAccessKeyID'
  | 'AsyncTaskNotFound'
  | 'AsyncTaskAlreadyExists'
  /** Ours: the contract has no code for stopping a task that ended otherwise. */
  | 'AsyncTaskFinished'
  /** Ours: only a task that ended without success can be run again. */
  | 'RedriveNotAllowed'
  /** Ours: of bulk jobs, of which one that has ended cannot be stopped. */
  | 'BulkJobNotFound'
  | 'BulkJobAlreadyExists'
  | 'BulkJobFinished'
  /** Ours: of workflows and their executions. */
  | 'WorkflowNotFound'
  | 'ExecutionNotFound'
  | 'ExecutionAlreadyExists'
  /** Ours: an execution that ended otherwise cannot be stopped. */
  | 'ExecutionFinished'
  /** Ours: of executions of Express workflows there is no record. */
  | 'WorkflowTypeNotSupported'
  /** Ours: another state of a workflow waits for the task. */
  | 'TaskAlreadyAwaited'
  /** Alibaba's own for a user's rate: the FC SDK reads `x-acs-retry-after` of codes with this word only (section 12). */
  | 'Throttling.User'
  /** As many invocations as may run at once do. */
  | 'ResourceExhausted'
  /** Ours: a synchronous invocation whose answer came too late. */
  | 'InvocationTimeout'
  /** Ours: AWS did not take or answer a call in time; repeating the request is safe. */
  | 'ServiceUnavailable'
  | 'InternalServerError';

/** What an error tells beside its message: fields of ours in the body of the answer. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

export interface TaskModeErrorOptions extends ErrorOptions {
  readonly details?: ErrorDetails;
  readonly retryAfterSeconds?: number;
}

/** A refusal that the caller is told about, in words meant for the caller. */
export class TaskModeError extends Error {
  override readonly name = 'TaskModeError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** When to come again, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    { details = {}, retryAfterSeconds, ...options }: TaskModeErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
