import { METRICS, type MetricDefinition } from '../lambdas/domain/metric-catalog.ts';
import { unitOf } from '../lambdas/domain/metrics.ts';

/** Between these lines of docs/monitoring.md stands what is generated from the catalog of metrics. */
export const METRIC_MARKERS = { begin: '<!-- metrics:begin -->', end: '<!-- metrics:end -->' } as const;

/** The table of the metrics, as Markdown. */
export function metricsMarkdown(): string {
  return [
    '| metric | unit | counts or measures | of Function Compute |',
    '| --- | --- | --- | --- |',
    ...Object.entries<MetricDefinition>(METRICS).map(
      ([name, { meaning, contract }]) =>
        `| \`${name}\` | ${unitOf(name).toLowerCase()} | ${meaning} | ${contract ?? ''} |`,
    ),
  ].join('\n');
}

/** @throws Error when the page has no place for it. */
export function withMetrics(page: string): string {
  const [head, rest] = page.split(METRIC_MARKERS.begin);
  const tail = rest?.split(METRIC_MARKERS.end)[1];
  if (head === undefined || tail === undefined) {
    throw new Error(`the page must hold the lines ${METRIC_MARKERS.begin} and ${METRIC_MARKERS.end}`);
  }
  return `${head}${METRIC_MARKERS.begin}\n${metricsMarkdown()}\n${METRIC_MARKERS.end}${tail}`;
}
