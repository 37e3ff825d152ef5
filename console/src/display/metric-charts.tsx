import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import LineChart from '@cloudscape-design/components/line-chart';
import MixedLineBarChart from '@cloudscape-design/components/mixed-line-bar-chart';
import type { AsyncMetricName, AsyncMetrics, MetricSeries } from '../../../client/index.ts';
import { spanText } from './time.ts';

type Statistic = Exclude<keyof MetricSeries, 'unit'>;

interface Curve {
  readonly title: string;
  readonly name: AsyncMetricName;
  readonly statistic: Statistic;
  readonly color?: string;
}

const HALF = { colspan: { default: 12, s: 6 } } as const;

/** The charts of a function: how tasks ended, what they waited and took, and what waits now. */
export default function MetricCharts({ metrics }: { readonly metrics: AsyncMetrics }) {
  return (
    <Grid gridDefinition={[HALF, HALF, HALF, HALF]}>
      <StatusChart metrics={metrics} />
      <Chart
        title="Queue wait"
        metrics={metrics}
        format={spanText}
        curves={[
          { title: 'p50', name: 'queueWait', statistic: 'p50' },
          { title: 'p99', name: 'queueWait', statistic: 'p99' },
        ]}
      />
      <Chart
        title="Run duration"
        metrics={metrics}
        format={spanText}
        curves={[
          { title: 'p50', name: 'runDuration', statistic: 'p50' },
          { title: 'p99', name: 'runDuration', statistic: 'p99' },
        ]}
      />
      <Chart
        title="Backlog"
        metrics={metrics}
        format={String}
        curves={[
          { title: 'Waiting', name: 'backlog', statistic: 'maximum' },
          { title: 'Delayed', name: 'delayed', statistic: 'maximum' },
          { title: 'In flight', name: 'inFlight', statistic: 'maximum' },
          { title: 'Instances', name: 'instances', statistic: 'maximum' },
        ]}
      />
    </Grid>
  );
}

const STATUSES: readonly Curve[] = [
  { title: 'Succeeded', name: 'succeeded', statistic: 'sum', color: 'var(--good)' },
  { title: 'Failed', name: 'failed', statistic: 'sum', color: 'var(--bad)' },
  { title: 'Stopped', name: 'stopped', statistic: 'sum', color: 'var(--stop)' },
  { title: 'Expired', name: 'expired', statistic: 'sum', color: 'var(--pause)' },
  { title: 'Retrying', name: 'retrying', statistic: 'sum', color: 'var(--number)' },
];

function StatusChart({ metrics }: { readonly metrics: AsyncMetrics }) {
  const times = metrics.timestamps.map((time) => new Date(time));
  return (
    <Container fitHeight header={<Header variant="h3">Tasks by status</Header>}>
      <MixedLineBarChart<Date>
        {...COMMON}
        stackedBars
        ariaLabel="Tasks by status"
        xScaleType="categorical"
        xDomain={times}
        xTickFormatter={clockText}
        series={STATUSES.flatMap(({ title, color, ...curve }) => {
          const data = pointsOf(metrics, { title, ...curve });
          return data.some(({ y }) => y > 0)
            ? [{ type: 'bar' as const, title, ...(color !== undefined && { color }), data }]
            : [];
        })}
        hideLegend={false}
      />
    </Container>
  );
}

interface ChartProps {
  readonly title: string;
  readonly metrics: AsyncMetrics;
  readonly curves: readonly Curve[];
  readonly format: (value: number) => string;
}

function Chart({ title, metrics, curves, format }: ChartProps) {
  const series = curves.map((curve) => ({
    type: 'line' as const,
    title: curve.title,
    data: pointsOf(metrics, curve),
    valueFormatter: format,
  }));
  const highest = Math.max(...series.flatMap(({ data }) => data.map(({ y }) => y)), 0);
  return (
    <Container fitHeight header={<Header variant="h3">{title}</Header>}>
      <LineChart<Date>
        {...COMMON}
        ariaLabel={title}
        xScaleType="time"
        xDomain={[new Date(metrics.startTime), new Date(metrics.endTime)]}
        yDomain={[0, Math.max(highest, 1)]}
        xTickFormatter={clockText}
        yTickFormatter={format}
        series={highest === 0 && series.every(({ data }) => data.length === 0) ? [] : series}
      />
    </Container>
  );
}

const COMMON = {
  height: 200,
  hideFilter: true,
  statusType: 'finished' as const,
  empty: (
    <Box textAlign="center" color="text-body-secondary">
      Nothing was measured in this time.
    </Box>
  ),
};

/** What was measured: a period without a value has no point. */
function pointsOf({ timestamps, metrics }: AsyncMetrics, { name, statistic }: Curve) {
  const values = metrics[name]?.[statistic] ?? [];
  return timestamps.flatMap((time, index) => {
    const value = values[index];
    return typeof value === 'number' ? [{ x: new Date(time), y: value }] : [];
  });
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

function clockText(time: Date): string {
  return clock.format(time);
}
