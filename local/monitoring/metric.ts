import { AwsApiError } from '../aws-json-api.ts';

/** What names a metric: two with other dimensions are two metrics. */
export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The same text for the same metric, in whatever order its dimensions are written. */
export function metricKey({ namespace, name, dimensions }: Metric): string {
  const sorted = Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, name, sorted]);
}

const PLAIN_STATISTICS = ['SampleCount', 'Sum', 'Average', 'Minimum', 'Maximum'] as const;

type PlainStatistic = (typeof PLAIN_STATISTICS)[number];

/** What is asked of the values of a period. */
export type Statistic = PlainStatistic | { readonly percentile: number };

/** Reads a statistic as CloudWatch writes it: `Sum`, `p99`, `p99.9`. */
export function parseStatistic(text: string): Statistic {
  const plain = PLAIN_STATISTICS.find((name) => name === text);
  if (plain !== undefined) return plain;
  const percentile = /^p(\d{1,2}(?:\.\d{1,10})?|100)$/.exec(text)?.[1];
  if (percentile === undefined) {
    throw new AwsApiError(
      'InvalidParameterValue',
      `statistic ${text} is not served here: want one of ${PLAIN_STATISTICS.join(', ')} or a percentile such as p99`,
    );
  }
  return { percentile: Number(percentile) };
}

export function statisticName(statistic: Statistic): string {
  return typeof statistic === 'string' ? statistic : `p${statistic.percentile}`;
}
