import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { StartupError } from '../startup-error.ts';

/** What the intrinsic functions of a template look up. */
export interface Scope {
  /** Ref of a resource, parameter or pseudo parameter; undefined when there is none of that name. */
  ref(name: string): Json | undefined;
  getAtt(logicalId: string, attribute: string): Json | undefined;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
}

/** What `Ref: AWS::NoValue` resolves to: the property or list entry that holds it is left out. */
const NO_VALUE = Symbol('AWS::NoValue');
type Resolved = Json | typeof NO_VALUE;
type Intrinsic = (argument: Json, scope: Scope, where: string) => Resolved;

/**
 * Resolves every intrinsic function in a template value.
 * `where` names the value in errors, as `LogicalId.Property`.
 */
export function resolveIntrinsics(value: Json, scope: Scope, where: string): Json | undefined {
  const resolved = resolve(value, scope, where);
  return resolved === NO_VALUE ? undefined : resolved;
}

/** Decides a condition of the template's `Conditions` section. */
export function isConditionTrue(name: string, scope: Scope, where: string): boolean {
  const condition = scope.conditions[name];
  if (condition === undefined) {
    throw new StartupError(
      `${where}: condition ${shown(name)} is not in the template's Conditions: want one of ${shown(Object.keys(scope.conditions))}`,
    );
  }
  return truth(condition, scope, `Conditions.${name}`);
}

function resolve(value: Json, scope: Scope, where: string): Resolved {
  if (Array.isArray(value)) {
    return value
      .map((entry: Json, index) => resolve(entry, scope, `${where}[${index}]`))
      .filter((entry) => entry !== NO_VALUE);
  }
  if (!isJsonObject(value)) {
    return value;
  }
  const [key, ...otherKeys] = Object.keys(value);
  if (key !== undefined && otherKeys.length === 0 && isIntrinsicName(key)) {
    const intrinsic = INTRINSICS[key];
    if (intrinsic === undefined) {
      throw new StartupError(
        `${where}: the local runtime does not know the intrinsic function ${key}: want one of ${Object.keys(INTRINSICS).join(', ')}`,
      );
    }
    return intrinsic(value[key] as Json, scope, where);
  }
  const entries = Object.entries(value)
    .map(([name, entry]) => [name, resolve(entry, scope, `${where}.${name}`)] as const)
    .filter((entry): entry is readonly [string, Json] => entry[1] !== NO_VALUE);
  return Object.fromEntries(entries);
}

function isIntrinsicName(key: string): boolean {
  return key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, where) => {
    if (argument === 'AWS::NoValue') {
      return NO_VALUE;
    }
    return found(scope.ref(text(argument, where)), `${where}: Ref ${shown(argument)}`);
  },
  'Fn::GetAtt': (argument, scope, where) => {
    const [logicalId, attribute] = getAttParts(argument, scope, where);
    return found(scope.getAtt(logicalId, attribute), `${where}: Fn::GetAtt ${logicalId}.${attribute}`);
  },
  'Fn::Join': (argument, scope, where) => {
    const [delimiter, parts] = pair(argument, where, 'Fn::Join', '[delimiter, list]');
    return list(resolve(parts, scope, where), where, 'Fn::Join')
      .map((part) => text(part, where))
      .join(text(delimiter, where));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (argument, scope, where) => {
    const [index, entries] = pair(argument, where, 'Fn::Select', '[index, list]');
    const choices = list(resolve(entries, scope, where), where, 'Fn::Select');
    const position = Number(resolve(index, scope, where));
    return found(choices[position], `${where}: Fn::Select ${position} of ${choices.length} entries`);
  },
  'Fn::Split': (argument, scope, where) => {
    const [delimiter, source] = pair(argument, where, 'Fn::Split', '[delimiter, string]');
    return text(resolve(source, scope, where), where).split(text(delimiter, where));
  },
  'Fn::If': (argument, scope, where) => {
    const [name, whenTrue, whenFalse] = list(argument, where, 'Fn::If');
    if (name === undefined || whenTrue === undefined || whenFalse === undefined) {
      throw new StartupError(
        `${where}: Fn::If is ${shown(argument)}: want [condition, value if true, value if false]`,
      );
    }
    return resolve(isConditionTrue(text(name, where), scope, where) ? whenTrue : whenFalse, scope, where);
  },
  'Fn::FindInMap': (argument, scope, where) => {
    const keys = list(resolve(argument, scope, where), where, 'Fn::FindInMap').map((key) => text(key, where));
    let entry: Json | undefined = scope.mappings;
    for (const key of keys) {
      entry = isJsonObject(entry) ? entry[key] : undefined;
    }
    return found(entry, `${where}: Fn::FindInMap ${keys.join('.')}`);
  },
  'Fn::Base64': (argument, scope, where) =>
    Buffer.from(text(resolve(argument, scope, where), where)).toString('base64'),
  Condition: (argument, scope, where) => isConditionTrue(text(argument, where), scope, where),
  'Fn::Equals': (argument, scope, where) => {
    const [left, right] = pair(argument, where, 'Fn::Equals', '[value, value]');
    return JSON.stringify(resolve(left, scope, where)) === JSON.stringify(resolve(right, scope, where));
  },
  'Fn::Not': (argument, scope, where) =>
    !list(argument, where, 'Fn::Not').every((entry) => truth(entry, scope, where)),
  'Fn::And': (argument, scope, where) =>
    list(argument, where, 'Fn::And').every((entry) => truth(entry, scope, where)),
  'Fn::Or': (argument, scope, where) =>
    list(argument, where, 'Fn::Or').some((entry) => truth(entry, scope, where)),
};

function substitute(argument: Json, scope: Scope, where: string): string {
  const [template, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const local = isJsonObject(variables) ? variables : {};
  return text(template, where).replace(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, rawName: string) => {
    const name = rawName.trim();
    if (literal !== '') {
      return `\${${rawName}}`;
    }
    const given = local[name];
    if (given !== undefined) {
      return text(resolve(given, scope, where), where);
    }
    const dot = name.indexOf('.');
    const value = dot < 0 ? scope.ref(name) : scope.getAtt(name.slice(0, dot), name.slice(dot + 1));
    return text(found(value, `${where}: Fn::Sub ${whole}`), where);
  });
}

/** Splits the argument of Fn::GetAtt: `[logicalId, attribute]` or `logicalId.attribute`. */
export function getAttParts(argument: Json, scope: Scope | undefined, where: string): [string, string] {
  if (typeof argument === 'string') {
    const dot = argument.indexOf('.');
    if (dot > 0) {
      return [argument.slice(0, dot), argument.slice(dot + 1)];
    }
  }
  const [logicalId, attribute] = pair(argument, where, 'Fn::GetAtt', '[logicalId, attribute]');
  const name =
    scope === undefined || typeof attribute === 'string' ? attribute : resolve(attribute, scope, where);
  return [text(logicalId, where), typeof name === 'string' ? name : ''];
}

function truth(value: Json, scope: Scope, where: string): boolean {
  const resolved = resolve(value, scope, where);
  if (resolved === true || resolved === 'true') {
    return true;
  }
  if (resolved === false || resolved === 'false') {
    return false;
  }
  throw new StartupError(
    `${where}: ${shown(value)} is no condition: want Fn::Equals, Fn::Not, Fn::And, Fn::Or or Condition`,
  );
}

function text(value: Resolved | undefined, where: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  throw new StartupError(`${where}: got ${shown(value)}, want a string`);
}

function list(value: Resolved | undefined, where: string, intrinsic: string): readonly Json[] {
  if (Array.isArray(value)) {
    return value;
  }
  throw new StartupError(`${where}: ${intrinsic} got ${shown(value)}, want a list`);
}

function pair(value: Json, where: string, intrinsic: string, wanted: string): [Json, Json] {
  if (Array.isArray(value) && value.length === 2) {
    return [value[0], value[1]];
  }
  throw new StartupError(`${where}: ${intrinsic} is ${shown(value)}, want ${wanted}`);
}

function found(value: Json | undefined, what: string): Json {
  if (value === undefined) {
    throw new StartupError(`${what} names nothing that this template has`);
  }
  return value;
}
