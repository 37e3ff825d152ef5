/** A function that was invoked at once, and failed. */
export class FunctionFailedError extends Error {
  override readonly name = 'FunctionFailedError';
  /** `HandledInvocationError`: it threw. `UnhandledInvocationError`: it timed out, crashed, or could not be loaded. */
  readonly kind: string;
  readonly errorType: string | undefined;
  readonly stackTrace: readonly string[] | undefined;
  readonly requestId: string | undefined;
  /** The end of its log, where it was asked for. */
  readonly logTail: string | undefined;

  constructor(
    kind: string,
    report: {
      readonly errorMessage?: string;
      readonly errorType?: string;
      readonly stackTrace?: readonly string[];
    },
    { requestId, logTail }: { readonly requestId: string | undefined; readonly logTail: string | undefined },
  ) {
    super(report.errorMessage ?? 'the function failed');
    this.kind = kind;
    this.errorType = report.errorType;
    this.stackTrace = report.stackTrace;
    this.requestId = requestId;
    this.logTail = logTail;
  }
}
