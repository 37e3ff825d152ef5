import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { OPERATIONS, type OperationName, type RouteName } from '../../lambdas/domain/operations.ts';
import type { Answer } from './answers.ts';
import type { FuzzRequest } from './requests.ts';

export type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** Loads the handler of a route; its environment must be set. */
export async function handlerOf(name: RouteName): Promise<Handler> {
  const file = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const module: { handler: Handler } = await import(`../../lambdas/${file}.lambda.ts`);
  return module.handler;
}

let requests = 0;

/** The event that API Gateway makes of a request. */
export function eventOf(
  { operation, parameters, query, headers, body }: FuzzRequest,
  requestContext: object,
): APIGatewayProxyEventV2 {
  const { method, path } = OPERATIONS[operation];
  requests += 1;
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: pathOf(operation, parameters),
    rawQueryString: '',
    headers,
    pathParameters: parameters,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: { http: { method }, requestId: `request-${requests}=`, ...requestContext },
    ...(body !== undefined && { body: Buffer.from(body).toString('base64') }),
    isBase64Encoded: body !== undefined,
  } as unknown as APIGatewayProxyEventV2;
}

function pathOf(operation: OperationName, parameters: FuzzRequest['parameters']): string {
  return OPERATIONS[operation].path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
}

export function answerOf({
  statusCode = 0,
  headers = {},
  body = '',
  isBase64Encoded,
}: APIGatewayProxyStructuredResultV2): Answer {
  return {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body,
  };
}
