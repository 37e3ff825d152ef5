/** What the plan and the app have to know of one function. */
export interface ChaosFunction {
  /** Its share of all tasks, in percent. */
  readonly percent: number;
  readonly maxConcurrency: number;
  readonly instanceConcurrency: number;
  /** Whether the webhook is told how each of its tasks ended, except Stopped ones. */
  readonly isTold: boolean;
  /** False where task mode is off: its invocations leave no record. */
  readonly hasRecord: boolean;
}

/** The functions of the chaos app. Together they have some more instances than two cores like. */
export const CHAOS_FUNCTIONS = {
  quick: { percent: 30, maxConcurrency: 4, instanceConcurrency: 1, isTold: true, hasRecord: true },
  flaky: { percent: 18, maxConcurrency: 3, instanceConcurrency: 1, isTold: true, hasRecord: true },
  slow: { percent: 18, maxConcurrency: 8, instanceConcurrency: 1, isTold: false, hasRecord: true },
  crowd: { percent: 14, maxConcurrency: 3, instanceConcurrency: 4, isTold: false, hasRecord: true },
  busy: { percent: 8, maxConcurrency: 3, instanceConcurrency: 1, isTold: false, hasRecord: true },
  loose: { percent: 12, maxConcurrency: 3, instanceConcurrency: 2, isTold: true, hasRecord: false },
} as const satisfies Record<string, ChaosFunction>;

export type ChaosFunctionName = keyof typeof CHAOS_FUNCTIONS;

export const CHAOS_FUNCTION_NAMES = Object.keys(CHAOS_FUNCTIONS) as ChaosFunctionName[];
