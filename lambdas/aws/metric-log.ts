import { type MetricValues, metricLine } from '../domain/metrics.ts';

/** Notes values of a function's metrics, or of the whole deployment's when none is named. Never throws. */
export type CountMetrics = (functionName: string | undefined, values: MetricValues) => void;

// As it is before user code can put another in its place.
const writeToStdout = process.stdout.write.bind(process.stdout);

/**
 * CloudWatch as functions write to it: lines of their logs, which cost no call. Past the console, which Lambda wraps
 * what it prints in JSON of its own.
 */
export function metricLog(
  service: string,
  write: (line: string) => void = (line) => void writeToStdout(line),
): CountMetrics {
  return (functionName, values) => {
    try {
      write(`${metricLine({ service, functionName, time: Date.now(), values })}\n`);
    } catch {
      // What cannot be measured must be done all the same.
    }
  };
}
