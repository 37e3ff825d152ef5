import { Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import {
  FUNCTION_DIMENSION,
  type FunctionMetricName,
  METRIC_NAMESPACE,
  SERVICE_DIMENSION,
  type SharedMetric,
} from '../lambdas/domain/metrics.ts';
import { acknowledge } from './acknowledge.ts';
import type { BundledFunction } from './bundled-function.ts';

/** What a function's metrics are told apart by from those of other deployments: the stack's name. */
export function serviceOf(scope: IConstruct): string {
  return Stack.of(scope).stackName;
}

/** One of a function's metrics. Of counts the sum is what matters, of durations the average, p50, p99 and maximum. */
export function functionMetric(
  scope: IConstruct,
  functionName: string,
  metricName: FunctionMetricName,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [SERVICE_DIMENSION]: serviceOf(scope), [FUNCTION_DIMENSION]: functionName },
    statistic: metricName.endsWith('Count') ? 'Sum' : 'Average',
    ...options,
  });
}

/** One of the metrics that are of the whole deployment, such as the sweep's. */
export function sharedMetric(
  scope: IConstruct,
  metricName: SharedMetric,
  options: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [SERVICE_DIMENSION]: serviceOf(scope) },
    statistic: 'Sum',
    ...options,
  });
}

/**
 * Lets a function read metrics and how alarms stand: of the whole account, for GetMetricData knows no resources, and
 * DescribeAlarms tells nothing of composite alarms to whom it is granted for less (AWS CloudWatch, API reference).
 */
export function grantReadMetrics(reader: BundledFunction): void {
  reader.addToRolePolicy(
    new PolicyStatement({
      actions: ['cloudwatch:GetMetricData', 'cloudwatch:DescribeAlarms'],
      resources: ['*'],
    }),
  );
  acknowledge(
    reader.role ?? reader,
    'IAM5[Resource::*]',
    'AWS knows no narrower resource of these two calls',
  );
}
