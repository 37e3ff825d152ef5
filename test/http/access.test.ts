import { globSync, readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, test, vi } from 'vitest';
import { withCallTimes } from '../../lambdas/aws/call-times.ts';
import { OPERATION_NAMES, UNKNOWN_ROUTE } from '../../lambdas/domain/operations.ts';
import { iamAccess } from '../../lambdas/http/access.ts';
import { apiHandler } from '../../lambdas/http/operation.ts';

const event = (requestContext: object) =>
  ({
    rawPath: '/x',
    headers: {},
    requestContext: { http: { method: 'GET' }, requestId: 'request-1', ...requestContext },
  }) as unknown as APIGatewayProxyEventV2;

const userArn = 'arn:aws:iam::123456789012:user/alice';

function handlerUnderIam() {
  const operation = vi.fn(async ({ caller }) => ({ statusCode: 200, body: { caller } }));
  const logFault = vi.fn();
  const handler = apiHandler({
    routeName: 'GetAsyncTask',
    access: iamAccess,
    operation,
    logFault,
    callTimes: withCallTimes,
  });
  return { handler, operation, logFault };
}

describe('under IAM', () => {
  test("the caller is API Gateway's", async () => {
    const { handler } = handlerUnderIam();
    const response = await handler(event({ authorizer: { iam: { userArn } } }));
    expect(JSON.parse(response.body ?? '')).toEqual({ caller: userArn });
  });

  test.each([
    ['no authorizer', {}],
    ['another authorizer', { authorizer: { jwt: { claims: {} } } }],
  ])('a request that passed %s is refused before anything is done', async (_, context) => {
    const { handler, operation, logFault } = handlerUnderIam();
    const response = await handler(event(context));
    expect(response.statusCode).toBe(403);
    expect(JSON.parse(response.body ?? '')).toMatchObject({ Code: 'AccessDenied', RequestId: 'request-1' });
    expect(operation).not.toHaveBeenCalled();
    expect(logFault).not.toHaveBeenCalled();
  });
});

describe('every route of the API', () => {
  const entryOf = (name: string) => {
    const file = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
    return readFileSync(`lambdas/${file}.lambda.ts`, 'utf-8');
  };

  test.each([...OPERATION_NAMES, UNKNOWN_ROUTE])('%s has its access check, under its own name', (name) => {
    expect(entryOf(name)).toMatch(new RegExp(`export const handler = apiOperation\\('${name}', `));
  });

  test('gets its handler in one way only', () => {
    const makers = globSync('lambdas/**/*.ts').filter((file) =>
      /\bapiHandler\(\{/.test(readFileSync(file, 'utf-8')),
    );
    expect(makers).toEqual(['lambdas/api-operation.ts', 'lambdas/http/operation.ts']);
  });
});
