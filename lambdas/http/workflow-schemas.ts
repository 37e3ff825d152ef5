import * as z from 'zod/mini';
import {
  EXECUTION_CAUSE_MAX_CHARACTERS,
  EXECUTION_ERROR_MAX_CHARACTERS,
  EXECUTION_NAME_PATTERN,
  LIST_LIMIT_RANGE,
  NEW_EXECUTION_NAME_PATTERN,
  STEPS_LIMIT_RANGE,
} from '../domain/limits.ts';
import { EXECUTION_STATUSES } from '../domain/workflow.ts';
import { bodyObject } from './json-body.ts';
import { functionName, wellFormed, wholeNumber } from './schemas.ts';

/** Our operations on workflows, as schemas: of their fields, and of their JSON bodies. */

/** The same rule as for functions: both are names in an app. */
const workflowName = functionName;

const executionName = z
  .string()
  .check(
    z.regex(EXECUTION_NAME_PATTERN, 'must have 1 to 80 characters, as Step Functions takes them for a name'),
  );

const limit = z._default(
  wholeNumber(LIST_LIMIT_RANGE.min, LIST_LIMIT_RANGE.max, ''),
  LIST_LIMIT_RANGE.default,
);

const nextToken = z.optional(z.string());

export const listWorkflowsFields = z.object({ limit, nextToken });

export const workflowFields = z.object({ workflowName });

export const executionFields = z.object({ workflowName, executionName });

export const listExecutionsFields = z.object({
  workflowName,
  status: z.optional(z.enum(EXECUTION_STATUSES, `must be one of ${EXECUTION_STATUSES.join(', ')}`)),
  limit,
  nextToken,
});

export const executionHistoryFields = z.object({
  workflowName,
  executionName,
  limit: z._default(wholeNumber(STEPS_LIMIT_RANGE.min, STEPS_LIMIT_RANGE.max, ''), STEPS_LIMIT_RANGE.default),
  nextToken,
});

const NAME_RULE = 'must have 1 to 80 letters, digits, _ and -';

export const startExecutionBody = bodyObject({
  name: z.nullish(z.string(NAME_RULE).check(z.regex(NEW_EXECUTION_NAME_PATTERN, NAME_RULE))),
  input: z.optional(z.unknown()),
});

function text(maxCharacters: number) {
  const wanted = `must be a text of at most ${maxCharacters} characters`;
  return z.optional(z.string(wanted).check(z.maxLength(maxCharacters, wanted), wellFormed));
}

export const stopExecutionBody = bodyObject({
  error: text(EXECUTION_ERROR_MAX_CHARACTERS),
  cause: text(EXECUTION_CAUSE_MAX_CHARACTERS),
});
