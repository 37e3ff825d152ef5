import * as z from 'zod/mini';
import { TaskModeError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';

/**
 * An object that has no other fields than these: a misspelt one would change nothing, and nobody would know. The FC SDK
 * sends none that its own models do not have.
 */
export function bodyObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? `must have no fields but ${known}`
        : `must be a JSON object with ${known}`,
  });
}

/**
 * Checks a request's JSON body against its operation's schema, each of whose messages says what is wanted. A field that
 * is null counts as absent, as it does to the FC SDK (contract section 2).
 * @throws TaskModeError `InvalidArgument` naming field, value and what is wanted.
 */
export function parseBody<S extends z.ZodMiniType>(schema: S, text: string): z.output<S> {
  return checkBody(
    schema,
    jsonOf(text, (_, value) => value ?? undefined),
  );
}

/** Checks a body that holds a caller's own JSON, in which a null is a value. */
export function parseWholeBody<S extends z.ZodMiniType>(schema: S, text: string): z.output<S> {
  return checkBody(schema, jsonOf(text));
}

/**
 * Checks a value of a body against its schema.
 * @throws TaskModeError `InvalidArgument` naming field, value and what is wanted.
 */
export function checkBody<S extends z.ZodMiniType>(schema: S, body: unknown): z.output<S> {
  const parsed = z.safeParse(schema, body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path ?? [];
  const field = path.length > 0 ? path.join('.') : 'body';
  const got = issue?.code === 'unrecognized_keys' ? issue.keys[0] : valueAt(body, path);
  throw refusal(`${field} ${issue?.message}`, got);
}

function jsonOf(text: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    throw refusal('body must be a JSON object', text);
  }
}

function refusal(wanted: string, got: unknown): TaskModeError {
  const value = got === undefined ? 'none' : quoted(got);
  return new TaskModeError('InvalidArgument', `${wanted}, got ${value}`);
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  let value = body;
  for (const key of path) {
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined;
  }
  return value;
}
