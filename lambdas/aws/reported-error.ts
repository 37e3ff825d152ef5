/** What a Lambda function's runtime reports of an error. */
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack: string | undefined;
}

/** Reads what an invocation with a function error answers. Each runtime reports in this shape; what does not is told as it is. */
export function reportedError(text: string): ReportedError {
  try {
    const { errorType, errorMessage, trace, stackTrace } = JSON.parse(text);
    const frames: unknown = trace ?? stackTrace;
    return {
      errorType: String(errorType ?? 'Error'),
      errorMessage: String(errorMessage ?? ''),
      stack: Array.isArray(frames) ? frames.join('\n') : undefined,
    };
  } catch {
    return { errorType: 'Error', errorMessage: text, stack: undefined };
  }
}
