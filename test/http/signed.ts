import { createHash } from 'node:crypto';
import { OpenApiUtil } from '@alicloud/openapi-core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { OPERATIONS, type OperationName } from '../../lambdas/domain/operations.ts';

export const KEY = { id: 'TMtest0000000001', secret: 'a-secret-of-the-test-0001' };

export interface Signed {
  readonly operation: OperationName;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Whether API Gateway hands the body over as text. */
  readonly isText?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly time?: number;
  readonly nonce?: string;
  readonly key?: { readonly id: string; readonly secret: string };
  /** Of the request that is made, after it was signed. */
  readonly requestId?: string;
}

let nonces = 0;

/** The event of a request that the FC SDK has signed: its own code does it, with the path as its client makes it. */
export function signedEvent(signed: Signed): APIGatewayProxyEventV2 {
  const { operation, parameters = {}, query = {}, body = '', key = KEY } = signed;
  const { method, path: template } = OPERATIONS[operation];
  const pathname = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parameters[name] ?? 'x').replace('*', '%2A'),
  );
  const bytes = Buffer.from(body as string);
  const bodyHash = createHash('sha256').update(bytes).digest('hex');
  nonces += 1;
  const headers: Record<string, string> = {
    host: 'abc123.execute-api.us-east-1.amazonaws.com',
    'x-acs-version': '2023-03-30',
    'x-acs-action': operation,
    'x-acs-date': `${new Date(signed.time ?? Date.now()).toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': signed.nonce ?? `nonce-${nonces}`,
    'x-acs-content-sha256': bodyHash,
    'x-acs-credentials-provider': 'static_ak',
    accept: 'application/json',
    ...signed.headers,
  };
  headers.authorization = OpenApiUtil.getAuthorization(
    { method, pathname, query, headers } as never,
    'ACS3-HMAC-SHA256',
    bodyHash,
    key.id,
    key.secret,
  );
  return {
    rawPath: decodeURIComponent(pathname),
    headers,
    pathParameters: Object.fromEntries(
      [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => [name, parameters[name] ?? 'x']),
    ),
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    requestContext: { http: { method }, requestId: signed.requestId ?? `request-${nonces}` },
    ...(bytes.length > 0 && { body: bytes.toString(signed.isText ? 'utf8' : 'base64') }),
    isBase64Encoded: bytes.length > 0 && !signed.isText,
  } as unknown as APIGatewayProxyEventV2;
}
