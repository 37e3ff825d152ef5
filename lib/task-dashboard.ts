import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type HorizontalAnnotation,
  type IAlarm,
  type IMetric,
  type IWidget,
  Metric,
  PeriodOverride,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { FunctionAlarmName } from '../lambdas/domain/alarm-name.ts';
import { type StatusMetric, statusMetric } from '../lambdas/domain/metrics.ts';
import type { SharedAlarmName } from './alarm-definitions.ts';
import type { DeployedAlarm, DeployedAlarms } from './task-alarms.ts';
import { functionMetric, sharedMetric } from './task-metrics.ts';

export interface TaskDashboardProps {
  readonly apiId: string;
  readonly alarms: DeployedAlarms<SharedAlarmName>;
  /** Whose states are shown. The list may still grow until the page is synthesized. */
  readonly statuses: IAlarm[];
  readonly runbookUrl: string | undefined;
}

/** What a row shows of a function. */
export interface DashboardFunction {
  readonly functionName: string;
  readonly queue: IQueue;
  readonly alarms: DeployedAlarms<FunctionAlarmName>;
}

/** A row of the page: 24 columns wide. */
const ROW_HEIGHT = 6;

const MINUTE = Duration.minutes(1);

/** What tasks of a function became, in the order in which it matters. */
const OUTCOMES: readonly StatusMetric[] = [
  statusMetric('Succeeded'),
  statusMetric('Failed'),
  statusMetric('Retrying'),
  statusMetric('Stopped'),
  statusMetric('Expired'),
  statusMetric('Invalid'),
];

/** One page of CloudWatch: what all functions share, then a row for each, with the thresholds of its alarms. */
export class TaskDashboard extends Construct {
  readonly dashboard: Dashboard;
  readonly #runbookUrl: string | undefined;

  constructor(scope: Construct, id: string, { apiId, alarms, statuses, runbookUrl }: TaskDashboardProps) {
    super(scope, id);
    this.#runbookUrl = runbookUrl;
    this.dashboard = new Dashboard(this, 'Page', { periodOverride: PeriodOverride.AUTO });
    const { region } = Stack.of(this);
    this.dashboard.addWidgets(...this.#sharedRow(apiId, alarms, statuses));
    new CfnOutput(this, 'Url', {
      value: `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards:name=${this.dashboard.dashboardName}`,
      description: 'Dashboard of Task Mode',
    });
  }

  /** Adds the row of a function. */
  addFunction({ functionName, queue, alarms }: DashboardFunction): void {
    const metric = (name: Parameters<typeof functionMetric>[2], options = {}) =>
      functionMetric(this, functionName, name, { period: MINUTE, ...options });
    const threshold = (name: FunctionAlarmName) => annotations(alarms.get(name));
    this.dashboard.addWidgets(
      new TextWidget({
        width: 24,
        height: 1,
        markdown: `## ${functionName} ${this.#links([...alarms.values()])}`,
      }),
    );
    this.dashboard.addWidgets(
      graph(
        'Ends, per minute',
        OUTCOMES.map((name) => metric(name, { label: name.replace('Count', '') })),
        {
          stacked: true,
          right: [metric('EnqueuedCount', { label: 'Enqueued' })],
        },
      ),
      graph('Backlog, tasks', backlogOf(queue), { leftAnnotations: threshold('backlog') }),
      graph('Wait in the queue, ms', durations(metric, 'QueueWait')),
      graph('Attempts, ms', durations(metric, 'RunDuration'), { leftAnnotations: threshold('nearTimeout') }),
    );
  }

  #sharedRow(apiId: string, alarms: DeployedAlarms<SharedAlarmName>, statuses: IAlarm[]): IWidget[] {
    const api = (metricName: string, statistic: string, label: string) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: apiId },
        statistic,
        label,
        period: MINUTE,
      });
    return [
      ...(statuses.length > 0
        ? [
            new AlarmStatusWidget({
              title: 'Alarms of what all functions share',
              // Not a copy: parts and triggers come later.
              alarms: statuses,
              width: 6,
              height: ROW_HEIGHT,
            }),
          ]
        : []),
      graph(
        'API requests',
        [api('Count', 'Sum', 'all'), api('4xx', 'Sum', '4xx'), api('5xx', 'Sum', '5xx')],
        {
          leftAnnotations: annotations(alarms.get('apiErrors')),
        },
      ),
      graph('API latency, ms', [api('Latency', 'p50', 'p50'), api('Latency', 'p99', 'p99')]),
      graph('Sweep, runs and failures', [
        sharedMetric(this, 'SweepRunCount', { period: MINUTE, label: 'runs' }),
        sharedMetric(this, 'SweepFailureCount', { period: MINUTE, label: 'failures' }),
      ]),
    ];
  }

  /** The runbook of each alarm, as Markdown. */
  #links(alarms: readonly DeployedAlarm[]): string {
    if (this.#runbookUrl === undefined) return '';
    const links = alarms.map(({ slug }) => `[${slug}](${this.#runbookUrl}#${slug})`);
    return `runbook: ${links.join(', ')}`;
  }
}

function graph(
  title: string,
  left: IMetric[],
  more: Partial<ConstructorParameters<typeof GraphWidget>[0]> = {},
) {
  return new GraphWidget({ title, left, width: 6, height: ROW_HEIGHT, leftYAxis: { min: 0 }, ...more });
}

function backlogOf(queue: IQueue): IMetric[] {
  const options = { period: MINUTE, statistic: 'Maximum' };
  return [
    queue.metricApproximateNumberOfMessagesVisible({ ...options, label: 'waiting' }),
    queue.metricApproximateNumberOfMessagesDelayed({ ...options, label: 'delayed' }),
    queue.metricApproximateNumberOfMessagesNotVisible({ ...options, label: 'running' }),
  ];
}

function durations(
  metric: (name: 'QueueWait' | 'RunDuration', options: object) => IMetric,
  name: 'QueueWait' | 'RunDuration',
): IMetric[] {
  return [
    metric(name, { statistic: 'Average', label: 'average' }),
    ...['p50', 'p99'].map((statistic) => metric(name, { statistic, label: statistic })),
    metric(name, { statistic: 'Maximum', label: 'maximum' }),
  ];
}

function annotations(deployed: DeployedAlarm | undefined): HorizontalAnnotation[] {
  return deployed ? [{ ...deployed.alarm.toAnnotation(), label: deployed.slug }] : [];
}
