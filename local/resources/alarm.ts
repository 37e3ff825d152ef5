import { AwsApiError } from '../aws-json-api.ts';
import type { Json, JsonObject } from '../json.ts';
import { COMPARISONS, type Comparison, MISSING_DATA } from '../monitoring/alarm-evaluation.ts';
import { parseCompositeRule } from '../monitoring/composite-rule.ts';
import { type MetricQuery, parseQueries, periodOf } from '../monitoring/metric-query.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';

/** CloudWatch's limit of an alarm's name. */
const MAX_NAME = 255;

/** The id of an alarm's metric that has no id of its own. */
const ONLY_ID = 'm1';

/** Deploys AWS::CloudWatch::Alarm: it is looked at once all else is deployed. */
export function deployAlarm(resource: Resource, host: Host): DeployedResource {
  const { properties } = resource;
  for (const property of ['ThresholdMetricId', 'EvaluationCriteria', 'EvaluationInterval']) {
    if (properties.has(property))
      properties.refuse(property, 'none: the local runtime compares with thresholds');
  }
  const queries = queriesOf(properties);
  const evaluationPeriods = properties.number('EvaluationPeriods', 1);
  const comparison = properties.string('ComparisonOperator');
  const missingData = properties.optionalString('TreatMissingData') ?? 'missing';
  const judged = queries.filter(({ isReturned }) => isReturned);
  const [{ id: judgedId } = { id: '' }] = judged;
  if (judged.length !== 1) properties.refuse('Metrics', 'exactly one query that returns data');
  const common = commonOf(resource, host);
  host.monitoring.addAlarm({
    kind: 'metric',
    ...common,
    queries,
    judgedId,
    periodMs: periodOf(queries),
    rule: {
      comparison: isComparison(comparison)
        ? comparison
        : properties.refuse('ComparisonOperator', `one of ${Object.keys(COMPARISONS).join(', ')}`),
      threshold: properties.optionalNumber('Threshold') ?? properties.refuse('Threshold', 'a number'),
      evaluationPeriods,
      datapointsToAlarm: properties.number('DatapointsToAlarm', evaluationPeriods),
      missingData:
        MISSING_DATA.find((known) => known === missingData) ??
        properties.refuse('TreatMissingData', `one of ${MISSING_DATA.join(', ')}`),
    },
  });
  return { ref: common.name, attributes: { Arn: common.arn } };
}

/** Deploys AWS::CloudWatch::CompositeAlarm. */
export function deployCompositeAlarm(resource: Resource, host: Host): DeployedResource {
  const { properties } = resource;
  if (properties.has('ActionsSuppressor')) {
    properties.refuse('ActionsSuppressor', 'none: the local runtime suppresses no actions');
  }
  const common = commonOf(resource, host);
  host.monitoring.addAlarm({
    kind: 'composite',
    ...common,
    rule:
      parseCompositeRule(properties.string('AlarmRule')) ??
      properties.refuse('AlarmRule', 'states of alarms such as ALARM("name"), with AND, OR, NOT'),
  });
  return { ref: common.name, attributes: { Arn: common.arn } };
}

function commonOf({ properties, logicalId }: Resource, host: Host) {
  const name = properties.optionalString('AlarmName') ?? physicalName(host.stackName, logicalId, MAX_NAME);
  const actions = (property: string) => properties.list(property).map((action: Json) => String(action));
  return {
    name,
    arn: `arn:aws:cloudwatch:${host.region}:${host.accountId}:alarm:${name}`,
    areActionsEnabled: properties.boolean('ActionsEnabled', true),
    actions: {
      OK: actions('OKActions'),
      ALARM: actions('AlarmActions'),
      INSUFFICIENT_DATA: actions('InsufficientDataActions'),
    },
    properties: properties.all,
    deployedTime: host.monitoring.now(),
  };
}

function queriesOf(properties: Properties): MetricQuery[] {
  try {
    return parseQueries(properties.has('Metrics') ? properties.list('Metrics') : [onlyMetric(properties)]);
  } catch (error) {
    if (error instanceof AwsApiError) {
      const property = properties.has('Metrics') ? 'Metrics' : 'MetricName';
      return properties.refuse(property, `metrics that can be evaluated here (${error.message})`);
    }
    throw error;
  }
}

function onlyMetric(properties: Properties): JsonObject {
  const Metric = {
    Namespace: properties.string('Namespace'),
    MetricName: properties.string('MetricName'),
    Dimensions: properties.list('Dimensions'),
  };
  const Stat = properties.optionalString('Statistic') ?? properties.string('ExtendedStatistic');
  return { Id: ONLY_ID, MetricStat: { Metric, Stat, Period: properties.number('Period', 60) } };
}

function isComparison(text: string): text is Comparison {
  return Object.hasOwn(COMPARISONS, text);
}
