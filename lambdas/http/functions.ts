import * as z from 'zod/mini';
import { configOf } from '../domain/async-invoke-config.ts';
import { tasksAtOnceOf } from '../domain/concurrency.ts';
import { LIST_LIMIT_RANGE } from '../domain/limits.ts';
import type { CountedFunction } from '../tasks/count-tasks.ts';
import { wholeNumber } from './schemas.ts';

export const listFunctionsFields = z.object({
  prefix: z._default(
    z.string().check(z.regex(/^[A-Za-z0-9_-]{0,64}$/, 'must be the beginning of a function name')),
    '',
  ),
  limit: z._default(wholeNumber(LIST_LIMIT_RANGE.min, LIST_LIMIT_RANGE.max, ''), LIST_LIMIT_RANGE.default),
  nextToken: z.optional(z.string()),
});

/** A function as the contract names it, and ours: how many of its tasks have each status, and what its queue holds. */
export function toFunction({ record, counts, atLeast, queue }: CountedFunction) {
  return {
    functionName: record.functionName,
    functionArn: record.functionArn,
    asyncTask: configOf(record).asyncTask,
    tasksAtOnce: tasksAtOnceOf(record),
    counts: Object.fromEntries(counts),
    /** Of these there may be more. */
    countsAtLeast: atLeast,
    queue,
  };
}
