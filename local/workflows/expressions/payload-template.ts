import { isJsonObject, type Json, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { evaluate, parseExpression } from './expression.ts';
import type { Data } from './json-path.ts';

/** A payload template, ready to be filled in. */
export type PayloadTemplate = (data: Data) => Json;

/** Parses a payload template: the value of each key that ends in `.$` is an expression, all else stands for itself. */
export function parseTemplate(value: Json, where: string): PayloadTemplate {
  if (Array.isArray(value)) {
    const entries = value.map((entry: Json, index) => parseTemplate(entry, `${where}[${index}]`));
    return (data) => entries.map((fill) => fill(data));
  }
  if (!isJsonObject(value)) {
    return () => value;
  }
  const entries = Object.entries(value).map(([key, entry]) => parseEntry(key, entry, where));
  const keys = entries.map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) {
    throw new StartupError(`${where} has both ${twice} and ${twice}.$: want one of them`);
  }
  return (data) => Object.fromEntries(entries.map(([key, fill]) => [key, fill(data)]));
}

function parseEntry(key: string, value: Json, where: string): readonly [string, PayloadTemplate] {
  if (!key.endsWith('.$')) {
    return [key, parseTemplate(value, `${where}.${key}`)];
  }
  if (typeof value !== 'string') {
    throw new StartupError(`${where}.${key} is ${shown(value)}: want a JSONPath or an intrinsic function`);
  }
  const expression = parseExpression(value, `${where}.${key}`);
  return [key.slice(0, -2), (data) => evaluate(expression, data, key)];
}
