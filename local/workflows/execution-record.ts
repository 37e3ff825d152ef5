/** The statuses of an execution. */
export const EXECUTION_STATUSES = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number];

/** What is known of one execution. Input and output are JSON texts. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly input: string;
  readonly startMs: number;
  readonly status: ExecutionStatus;
  readonly traceHeader?: string;
  readonly stopMs?: number;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}
