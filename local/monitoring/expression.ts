import { AwsApiError } from '../aws-json-api.ts';
import type { Expression } from './expression-parser.ts';
import type { Points } from './metric-store.ts';

/** What an expression can come to. */
export type Value = number | string | Points | readonly Points[];

export interface ExpressionScope {
  /** What an id of the same request comes to; undefined when there is none. */
  readonly resolve: (id: string) => Value | undefined;
  /** The metrics of the request, for METRICS(). */
  readonly metrics: () => readonly Points[];
  /** The starts of all periods that are asked for. */
  readonly times: readonly number[];
  readonly periodMs: number;
}

const OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '==': (left, right) => Number(left === right),
  '!=': (left, right) => Number(left !== right),
  '<=': (left, right) => Number(left <= right),
  '>=': (left, right) => Number(left >= right),
  '<': (left, right) => Number(left < right),
  '>': (left, right) => Number(left > right),
  AND: (left, right) => Number(left !== 0 && right !== 0),
  '&&': (left, right) => Number(left !== 0 && right !== 0),
  OR: (left, right) => Number(left !== 0 || right !== 0),
  '||': (left, right) => Number(left !== 0 || right !== 0),
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const AGGREGATES: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: sumOf,
  AVG: (values) => sumOf(values) / values.length,
  MIN: (values) => values.reduce((least, value) => Math.min(least, value)),
  MAX: (values) => values.reduce((most, value) => Math.max(most, value)),
};

/** FILL's word for the value before. */
const REPEAT = 'REPEAT';

const isRepeat = (expression: Expression): boolean =>
  expression.kind === 'id' && expression.id.toUpperCase() === REPEAT;

const MAPS: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
};

/** Tells what an expression comes to: as CloudWatch has it, a period in which an operand has no value has none. */
export function evaluate(expression: Expression, scope: ExpressionScope): Value {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return expression.value;
    case 'id':
      return scope.resolve(expression.id) ?? refuse(`there is no id ${expression.id} in the request`);
    case 'list':
      return expression.items.flatMap((item) => seriesOf(evaluate(item, scope)));
    case 'negation':
      return combined('-', 0, evaluate(expression.operand, scope));
    case 'operation':
      return combined(
        expression.operator,
        evaluate(expression.left, scope),
        evaluate(expression.right, scope),
      );
    case 'call':
      return call(expression.name.toUpperCase(), expression.arguments, scope);
  }
}

function call(name: string, parameters: readonly Expression[], scope: ExpressionScope): Value {
  const values = parameters.map((parameter) => (isRepeat(parameter) ? REPEAT : evaluate(parameter, scope)));
  const [first, second] = values;
  const aggregate = AGGREGATES[name];
  if (aggregate !== undefined && values.length === 1 && first !== undefined)
    return aggregated(aggregate, first);
  const map = MAPS[name];
  if (map !== undefined && values.length === 1 && first !== undefined) return eachValue(first, map);
  if (name === 'METRICS' && values.length === 0) return scope.metrics();
  if (name === 'PERIOD' && values.length === 1) return scope.periodMs / 1000;
  if (name === 'FILL' && first !== undefined && second !== undefined) {
    return eachSeries(first, (points) => filled(points, second, scope.times));
  }
  if (name === 'IF' && (values.length === 2 || values.length === 3)) return chosen(values, scope.times);
  return refuse(
    `${name} with ${values.length} arguments is not served here: want METRICS(), PERIOD(m), FILL(m, value or REPEAT), IF(condition, then, else), or one argument of ${[...Object.keys(AGGREGATES), ...Object.keys(MAPS)].join(', ')}`,
  );
}

function combined(operator: string, left: Value, right: Value): Value {
  const apply = OPERATORS[operator] ?? refuse(`operator ${operator} is not served here`);
  if (Array.isArray(left)) return eachSeries(left, (points) => pointsOf(combined(operator, points, right)));
  if (Array.isArray(right)) return eachSeries(right, (points) => pointsOf(combined(operator, left, points)));
  if (typeof left === 'number' && typeof right === 'number') return apply(left, right);
  const times = isPoints(left) ? left : pointsOf(right);
  const points = new Map<number, number>();
  for (const time of times.keys()) {
    const [leftValue, rightValue] = [at(left, time), at(right, time)];
    if (leftValue === undefined || rightValue === undefined) continue;
    const value = apply(leftValue, rightValue);
    // Where one divides by zero there is no value.
    if (Number.isFinite(value)) points.set(time, value);
  }
  return points;
}

function aggregated(aggregate: (values: readonly number[]) => number, value: Value): Value {
  if (isPoints(value)) return value.size === 0 ? new Map() : aggregate([...value.values()]);
  if (!Array.isArray(value)) return value;
  const byTime = new Map<number, number[]>();
  for (const points of value as readonly Points[]) {
    for (const [time, each] of points) byTime.set(time, [...(byTime.get(time) ?? []), each]);
  }
  const sorted = [...byTime].sort(([a], [b]) => a - b);
  return new Map(sorted.map(([time, values]) => [time, aggregate(values)]));
}

function eachValue(value: Value, map: (value: number) => number): Value {
  if (typeof value === 'number') return map(value);
  return eachSeries(value, (points) => new Map([...points].map(([time, each]) => [time, map(each)])));
}

function eachSeries(value: Value, map: (points: Points) => Points): Value {
  return Array.isArray(value) ? value.map(map) : map(pointsOf(value));
}

function filled(points: Points, filling: Value, times: readonly number[]): Points {
  const all = new Map<number, number>();
  let last: number | undefined;
  for (const time of times) {
    last = points.get(time) ?? (filling === REPEAT ? last : at(filling, time));
    if (last !== undefined) all.set(time, last);
  }
  return all;
}

function chosen([condition = 0, then, otherwise]: readonly Value[], times: readonly number[]): Points {
  const points = new Map<number, number>();
  for (const time of times) {
    const is = at(condition, time);
    const value = is === undefined ? undefined : at(is === 0 ? otherwise : then, time);
    if (value !== undefined) points.set(time, value);
  }
  return points;
}

function at(value: Value | undefined, time: number): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  return pointsOf(value).get(time);
}

function seriesOf(value: Value): readonly Points[] {
  return Array.isArray(value) ? value : [pointsOf(value)];
}

function isPoints(value: Value): value is Points {
  return value instanceof Map;
}

function pointsOf(value: Value): Points {
  return isPoints(value) ? value : refuse(`${JSON.stringify(value)} stands where metrics must`);
}

function refuse(message: string): never {
  throw new AwsApiError('ValidationException', message);
}
