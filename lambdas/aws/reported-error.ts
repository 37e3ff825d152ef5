/** What a Lambda function's runtime reports of an error. */
export interface ReportedError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stack: string | undefined;
}

/** Reads what an invocation with a function error answers. Runtimes of AWS report in this shape; any other text is the message. */
export function reportedError(text: string): ReportedError {
  try {
    const report: unknown = JSON.parse(text);
    if (typeof report !== 'object') throw new TypeError('it is no object');
    const { errorType, errorMessage, trace, stackTrace } = report as Record<string, unknown>;
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
