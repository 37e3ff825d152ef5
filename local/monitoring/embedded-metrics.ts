import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import type { Metric } from './metric.ts';

/** CloudWatch takes at most 100 values of a metric in one line, and 30 dimensions. */
const MAX_VALUES = 100;
const MAX_DIMENSIONS = 30;

export interface EmbeddedMetric {
  readonly metric: Metric;
  readonly values: readonly number[];
  readonly timeMs: number;
}

/**
 * Reads a line of CloudWatch's embedded metric format: each metric once for each set of dimensions that it names.
 * @throws Error that says what is wrong with the line. CloudWatch would drop it and tell nobody.
 */
export function embeddedMetrics(line: string): EmbeddedMetric[] {
  const root: unknown = JSON.parse(line);
  if (!isJsonObject(root) || !isJsonObject(root._aws)) throw new Error('there is no object _aws');
  const { Timestamp: timeMs, CloudWatchMetrics: directives } = root._aws;
  if (typeof timeMs !== 'number')
    throw new Error(`_aws.Timestamp is ${shown(timeMs)}: want epoch milliseconds`);
  return objects(directives, '_aws.CloudWatchMetrics').flatMap((directive) =>
    metricsOf(directive, root, timeMs),
  );
}

function metricsOf(directive: JsonObject, root: JsonObject, timeMs: number): EmbeddedMetric[] {
  const { Namespace: namespace, Dimensions: sets = [], Metrics: metrics } = directive;
  if (typeof namespace !== 'string' || namespace === '') {
    throw new Error(`Namespace is ${shown(namespace)}: want a text`);
  }
  if (!Array.isArray(sets)) throw new Error(`Dimensions is ${shown(sets)}: want lists of names`);
  const dimensionSets = (sets.length > 0 ? sets : [[]]).map((set: Json) => dimensionsOf(set, root));
  return objects(metrics, 'Metrics').flatMap(({ Name: name }) => {
    if (typeof name !== 'string') throw new Error(`a metric's Name is ${shown(name)}: want a text`);
    const values = valuesOf(root[name], name);
    return dimensionSets.map((dimensions) => ({ metric: { namespace, name, dimensions }, values, timeMs }));
  });
}

function dimensionsOf(set: Json, root: JsonObject): Record<string, string> {
  if (!Array.isArray(set) || set.length > MAX_DIMENSIONS) {
    throw new Error(`a set of dimensions is ${shown(set)}: want a list of at most ${MAX_DIMENSIONS} names`);
  }
  return Object.fromEntries(
    set.map((name: Json) => {
      const value = root[String(name)];
      if (typeof value !== 'string') throw new Error(`dimension ${name} is ${shown(value)}: want a text`);
      return [String(name), value];
    }),
  );
}

function valuesOf(value: Json | undefined, name: string): number[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.length > MAX_VALUES || !values.every(Number.isFinite)) {
    throw new Error(`metric ${name} is ${shown(value)}: want a number, or a list of at most ${MAX_VALUES}`);
  }
  return values as number[];
}

function objects(value: Json | undefined, where: string): JsonObject[] {
  if (!Array.isArray(value) || !value.every(isJsonObject)) {
    throw new Error(`${where} is ${shown(value)}: want a list of objects`);
  }
  return value;
}
