/** A function that was invoked at once, and failed. */
export class FunctionFailedError extends Error {
  override readonly name = 'FunctionFailedError';
  /** `HandledInvocationError`: it threw. `UnhandledInvocationError`: it timed out, crashed, or could not be loaded. */
  readonly kind: string;
  readonly errorType: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    kind: string,
    report: { readonly errorMessage?: string; readonly errorType?: string },
    requestId: string | undefined,
  ) {
    super(report.errorMessage ?? 'the function failed');
    this.kind = kind;
    this.errorType = report.errorType;
    this.requestId = requestId;
  }
}
