/** A Lambda function as it was deployed here. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  /** Short name in front of its log lines. */
  readonly label: string;
  /** Folder of the unpacked code. */
  readonly taskRoot: string;
  /** `file.export`, as Lambda's Handler property. */
  readonly handler: string;
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** ReservedConcurrentExecutions: more invocations than this wait. */
  readonly reservedConcurrency?: number;
  readonly logging?: FunctionLogging;
}

/** What LoggingConfig says; a log group named after the function, and text, where it says nothing. */
export interface FunctionLogging {
  readonly logGroup: string | undefined;
  readonly format: string | undefined;
  readonly level: string | undefined;
}
