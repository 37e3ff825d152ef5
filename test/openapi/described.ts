import { expect } from 'vitest';
import * as z from 'zod/mini';
import type { ErrorCode } from '../../lambdas/domain/errors.ts';
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../lambdas/domain/operations.ts';
import { DESCRIPTIONS } from '../../lambdas/http/openapi/descriptions.ts';
import { errorSchema, errorsOf, headersOf } from '../../lambdas/http/openapi/document.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What HTTP itself and API Gateway add to an answer: of its body, of its connection, and the id of its request. */
const OF_GATEWAY = [
  'apigw-requestid',
  'content-type',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'date',
];

/** Says of an answer that the OpenAPI document has it: its status, its code, its headers, and every field of its body. */
export function expectDescribed(operation: OperationName, { status, headers, body }: Answered): void {
  const { answers } = DESCRIPTIONS[operation];
  const known = [...OF_GATEWAY, ...Object.keys(headersOf(operation, status))];
  expect(
    Object.keys(headers).filter((name) => !known.includes(name)),
    `headers of ${operation} ${status} that lambdas/http/openapi/headers.ts has not`,
  ).toEqual([]);
  const what = `${operation} answers ${status} ${body.slice(0, 500)}, which lambdas/http/openapi has not`;
  const answer = answers[status];
  if (answer === undefined) {
    const { Code: code } = JSON.parse(body) as { readonly Code: ErrorCode };
    expect(errorsOf(operation).get(code), what).toBe(status);
    expectValid(errorSchema([code]), body, what);
  } else if (answer.body === undefined) {
    expect(body, what).toBe('');
  } else {
    expectValid(answer.body, body, what);
  }
}

function expectValid(schema: z.ZodMiniType, body: string, what: string): void {
  const { error } = z.safeParse(schema, JSON.parse(body));
  expect(error?.issues, what).toBeUndefined();
}

/** The operation that a request is for; undefined when it is for none. */
export function operationOf(method: string, pathname: string): OperationName | undefined {
  return OPERATION_NAMES.find((name) => {
    const pattern = OPERATIONS[name].path.replaceAll(/\{\w+\}/g, '[^/]+');
    return OPERATIONS[name].method === method && new RegExp(`^${pattern}$`).test(pathname);
  });
}
