import * as z from 'zod/mini';
import { TASK_STATUSES, type TaskStatus } from '../domain/lifecycle.ts';
import {
  DELAY_MAX_SECONDS,
  FUNCTION_NAME_PATTERN,
  LIST_LIMIT_RANGE,
  TASK_ID_PATTERN,
  TENANT_PATTERN,
  WAIT_MAX_SECONDS,
} from '../domain/limits.ts';

/** The contract's operations as schemas: one per operation, keyed by wire names, each message saying what is wanted. */

const ID_RULE = 'starting with a letter or _ and of letters, digits, _ and - only';

export const functionName = z
  .string()
  .check(z.regex(FUNCTION_NAME_PATTERN, `must have 1 to 64 characters, ${ID_RULE}`));

export const taskId = z.string().check(z.regex(TASK_ID_PATTERN, `must have 1 to 128 characters, ${ID_RULE}`));

export const qualifier = z.optional(z.string());

export const tenant = z
  .string()
  .check(z.regex(TENANT_PATTERN, 'must have 1 to 128 printable ASCII characters and no spaces'));

export function wholeNumber(min: number, max: number, unit: string) {
  const wanted = `must be a whole number${unit} from ${min} to ${max}`;
  return z.pipe(
    z.pipe(z.string().check(z.regex(/^[0-9]{1,15}$/, wanted)), z.transform(Number)),
    z.int(wanted).check(z.minimum(min, wanted), z.maximum(max, wanted)),
  );
}

function oneOf<const T extends Readonly<Record<string, string>>>(values: T) {
  return z.enum(values, `must be one of ${Object.values(values).join(', ')}`);
}

/** One of some words, in whatever case; absent, it is the first. */
function anyCaseOf<const T extends readonly [string, ...string[]]>(...words: T) {
  const known = new Map(words.map((word) => [word.toLowerCase(), word]));
  return z._default(
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((value) => known.get(value.toLowerCase())),
      ),
      z.enum(words, `must be one of ${words.join(', ')}`),
    ),
    words[0],
  );
}

/** What only an asynchronous invocation can have. */
const ASYNC_ONLY = [
  'x-fc-async-task-id',
  'x-fc-stateful-async-invocation-id',
  'x-fc-async-delay',
  'x-task-mode-on-duplicate',
] as const;

const ABSENT =
  'must be absent from a synchronous invocation, which the contract has where x-fc-invocation-type is not Async';

export const invokeFunctionFields = z
  .object({
    functionName,
    qualifier,
    'x-fc-invocation-type': anyCaseOf('Sync', 'Async'),
    'x-fc-log-type': anyCaseOf('None', 'Tail'),
    'x-fc-async-task-id': z.optional(taskId),
    /** The name of the same header in FC 2.0. */
    'x-fc-stateful-async-invocation-id': z.optional(taskId),
    'x-fc-async-delay': z.optional(wholeNumber(0, DELAY_MAX_SECONDS, ' of seconds')),
    /** Ours. */
    'x-task-mode-tenant': z.optional(tenant),
    'x-task-mode-on-duplicate': z.optional(oneOf({ refuse: 'refuse', return: 'return' })),
  })
  .check(({ value, issues }) => {
    if (value['x-fc-invocation-type'] === 'Async') return;
    // Who names a task means one: a function that runs at once would not be what they meant.
    for (const name of ASYNC_ONLY.filter((field) => value[field] !== undefined)) {
      issues.push({ code: 'custom', path: [name], message: ABSENT, input: value });
    }
  });

export type InvokeFunctionFields = z.output<typeof invokeFunctionFields>;

export const taskFields = z.object({ functionName, taskId, qualifier });

export const getAsyncTaskFields = z.object({
  functionName,
  taskId,
  qualifier,
  /** Ours. */
  wait: z._default(wholeNumber(0, WAIT_MAX_SECONDS, ' of seconds'), 0),
});

/** The contract's SDK documents `Dequeued` where its service says `Processed`. */
const STATUS_ALIASES: Readonly<Record<string, TaskStatus>> = { Dequeued: 'Processed' };

export const status = z.pipe(
  z.pipe(
    z.string(),
    z.transform((value) => STATUS_ALIASES[value] ?? value),
  ),
  z.enum(TASK_STATUSES, `must be one of ${TASK_STATUSES.join(', ')}`),
);

/** Half a surrogate pair, which JSON can escape, becomes U+FFFD: AWS takes well-formed text only. */
export const wellFormed = z.overwrite<string>((text) => text.toWellFormed());

export const TIME_MAX_MS = 999_999_999_999_999;

export const time = wholeNumber(0, TIME_MAX_MS, ' of milliseconds since 1970');

export const idPrefix = z
  .string()
  .check(z.regex(/^[A-Za-z0-9_-]{0,128}$/, 'must be the beginning of a task id'));

export const listAsyncTasksFields = z.object({
  functionName,
  qualifier,
  status: z.optional(status),
  prefix: z.optional(idPrefix),
  startedTimeBegin: z._default(time, 0),
  startedTimeEnd: z._default(time, TIME_MAX_MS),
  sortOrderByTime: z._default(oneOf({ asc: 'asc', desc: 'desc' }), 'desc'),
  limit: z._default(wholeNumber(LIST_LIMIT_RANGE.min, LIST_LIMIT_RANGE.max, ''), LIST_LIMIT_RANGE.default),
  includePayload: z._default(oneOf({ true: 'true', false: 'false' }), 'false'),
  nextToken: z.optional(z.string()),
});
