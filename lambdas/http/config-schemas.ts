import * as z from 'zod/mini';
import {
  DESTINATION_MAX_CHARACTERS,
  EVENT_AGE_SECONDS_RANGE,
  INSTANCE_CONCURRENCY_RANGE,
  LIST_LIMIT_RANGE,
  MAX_CONCURRENCY_RANGE,
  RETRY_ATTEMPTS_RANGE,
} from '../domain/limits.ts';
import { bodyObject } from './json-body.ts';
import { functionName, qualifier, wholeNumber } from './schemas.ts';

/** The contract's operations on what is set on functions, as schemas: of their fields, and of their JSON bodies. */

export const functionFields = z.object({ functionName, qualifier });

export const listConfigsFields = z.object({
  functionName: z.optional(functionName),
  limit: z._default(wholeNumber(LIST_LIMIT_RANGE.min, LIST_LIMIT_RANGE.max, ''), LIST_LIMIT_RANGE.default),
  nextToken: z.optional(z.string()),
});

function jsonWholeNumber(min: number, max: number, unit: string) {
  const wanted = `must be a whole number${unit} from ${min} to ${max}`;
  return z.int(wanted).check(z.minimum(min, wanted), z.maximum(max, wanted));
}

const DESTINATION_RULE = `must be a destination of at most ${DESTINATION_MAX_CHARACTERS} characters, or "" for none`;

const destination = z.optional(
  bodyObject({
    destination: z.optional(
      z.string(DESTINATION_RULE).check(z.maxLength(DESTINATION_MAX_CHARACTERS, DESTINATION_RULE)),
    ),
  }),
);

export const putAsyncInvokeConfigBody = bodyObject({
  asyncTask: z.optional(z.boolean('must be true or false')),
  destinationConfig: z.optional(bodyObject({ onSuccess: destination, onFailure: destination })),
  maxAsyncEventAgeInSeconds: z.optional(
    jsonWholeNumber(EVENT_AGE_SECONDS_RANGE.min, EVENT_AGE_SECONDS_RANGE.max, ' of seconds'),
  ),
  maxAsyncRetryAttempts: z.optional(jsonWholeNumber(RETRY_ATTEMPTS_RANGE.min, RETRY_ATTEMPTS_RANGE.max, '')),
});

/** The most that any function could have; what the one at hand can have is checked against how it was deployed. */
const TASKS_AT_ONCE_MAX = MAX_CONCURRENCY_RANGE.max * INSTANCE_CONCURRENCY_RANGE.max;

export const putConcurrencyBody = bodyObject({
  reservedConcurrency: jsonWholeNumber(0, TASKS_AT_ONCE_MAX, ' of tasks at once'),
});
