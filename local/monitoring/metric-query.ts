import { AwsApiError } from '../aws-json-api.ts';
import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { type ExpressionScope, evaluate, type Value } from './expression.ts';
import { type Expression, parseExpression } from './expression-parser.ts';
import { type Metric, parseStatistic, type Statistic } from './metric.ts';
import { type MetricStore, MINUTE_MS, type Points, type Window } from './metric-store.ts';

/** One query of GetMetricData or of an alarm: a statistic of a metric, or an expression over other queries. */
export interface MetricQuery {
  readonly id: string;
  readonly label: string;
  readonly isReturned: boolean;
  readonly source: MetricSource | ExpressionSource;
}

interface MetricSource {
  readonly kind: 'metric';
  readonly metric: Metric;
  readonly statistic: Statistic;
  readonly periodMs: number;
}

interface ExpressionSource {
  readonly kind: 'expression';
  readonly expression: Expression;
  readonly periodMs: number | undefined;
}

/** Reads queries in the shape of GetMetricData's MetricDataQueries, which is an alarm's Metrics as well. */
export function parseQueries(queries: readonly Json[]): MetricQuery[] {
  return queries.map((query) => {
    if (!isJsonObject(query) || typeof query.Id !== 'string')
      refuse(`a query is ${shown(query)}: want an Id`);
    const { Id: id, Label: label, ReturnData: isReturned } = query;
    const source = isJsonObject(query.MetricStat)
      ? metricSource(query.MetricStat)
      : expressionSource(query, id);
    return {
      id,
      label: typeof label === 'string' ? label : source.kind === 'metric' ? source.metric.name : id,
      isReturned: isReturned !== false && isReturned !== 'false',
      source,
    };
  });
}

function metricSource(stat: JsonObject): MetricSource {
  if (!isJsonObject(stat.Metric)) refuse(`MetricStat.Metric is ${shown(stat.Metric)}: want a metric`);
  return {
    kind: 'metric',
    metric: parseMetric(stat.Metric),
    statistic: parseStatistic(String(stat.Stat)),
    periodMs: parsePeriod(stat.Period),
  };
}

function expressionSource(query: JsonObject, id: string): ExpressionSource {
  if (typeof query.Expression !== 'string') refuse(`query ${id} has neither MetricStat nor Expression`);
  return {
    kind: 'expression',
    expression: parseExpression(query.Expression),
    periodMs: query.Period === undefined ? undefined : parsePeriod(query.Period),
  };
}

export function parseMetric({ Namespace, MetricName, Dimensions = [] }: JsonObject): Metric {
  if (typeof Namespace !== 'string' || typeof MetricName !== 'string' || !Array.isArray(Dimensions)) {
    refuse(`a metric is ${shown({ Namespace, MetricName })}: want Namespace, MetricName and Dimensions`);
  }
  const dimensions = Dimensions.map((dimension: Json) => {
    if (!isJsonObject(dimension)) refuse(`a dimension is ${shown(dimension)}: want Name and Value`);
    return [String(dimension.Name), String(dimension.Value)] as const;
  });
  return { namespace: Namespace, name: MetricName, dimensions: Object.fromEntries(dimensions) };
}

export function parsePeriod(period: Json | undefined): number {
  const periodMs = Number(period) * 1000;
  if (!(periodMs > 0 && periodMs % MINUTE_MS === 0)) {
    refuse(`Period is ${shown(period)}: want a multiple of 60, for metrics are kept by the minute here`);
  }
  return periodMs;
}

/** The longest period that a query asks for: by it the time is divided for all. */
export function periodOf(queries: readonly MetricQuery[]): number {
  const periods = queries.flatMap(({ source }) => source.periodMs ?? []);
  return Math.max(...(periods.length > 0 ? periods : [MINUTE_MS]));
}

/** Tells each query's values in a window, by its id. */
export function runQueries(
  store: MetricStore,
  queries: readonly MetricQuery[],
  window: Window,
): ReadonlyMap<string, Points> {
  const run = new QueryRun(store, queries, window);
  return new Map(queries.map(({ id }) => [id, seriesOf(run.resolve(id), id, run.times)]));
}

class QueryRun implements ExpressionScope {
  readonly times: readonly number[];
  readonly periodMs: number;
  readonly #store: MetricStore;
  readonly #queries: readonly MetricQuery[];
  readonly #window: Window;
  readonly #values = new Map<string, Value>();
  readonly #resolving = new Set<string>();

  constructor(store: MetricStore, queries: readonly MetricQuery[], window: Window) {
    this.#store = store;
    this.#queries = queries;
    this.#window = window;
    this.periodMs = window.periodMs;
    const count = Math.ceil((window.endMs - window.startMs) / window.periodMs);
    this.times = Array.from({ length: count }, (_, index) => window.startMs + index * window.periodMs);
  }

  resolve(id: string): Value | undefined {
    const query = this.#queries.find((candidate) => candidate.id === id);
    if (query === undefined || this.#values.has(id)) return this.#values.get(id);
    if (this.#resolving.has(id)) refuse(`expression ${id} refers to itself`);
    this.#resolving.add(id);
    const value = this.#run(query.source);
    this.#values.set(id, value);
    return value;
  }

  metrics(): readonly Points[] {
    return this.#queries.flatMap(({ source }) => (source.kind === 'metric' ? this.#read(source) : []));
  }

  #run(source: MetricQuery['source']): Value {
    return source.kind === 'metric' ? this.#read(source) : evaluate(source.expression, this);
  }

  #read({ metric, statistic, periodMs }: MetricSource): Points {
    return this.#store.read(metric, statistic, { ...this.#window, periodMs });
  }
}

/** A number stands for itself in every period. */
function seriesOf(value: Value | undefined, id: string, times: readonly number[]): Points {
  if (typeof value === 'number') return new Map(times.map((time) => [time, value]));
  if (value instanceof Map) return value as Points;
  return refuse(`query ${id} comes to several series: make one of them, as with SUM`);
}

function refuse(message: string): never {
  throw new AwsApiError('ValidationException', message);
}
