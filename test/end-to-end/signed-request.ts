import { createHash, randomUUID } from 'node:crypto';
import { OpenApiUtil } from '@alicloud/openapi-core';
import type { Key } from './access-keys-runtime.ts';

export interface SignedRequest {
  readonly method: string;
  readonly pathname: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly action: string;
  readonly key: Key;
  readonly time?: number;
}

/** What goes over the wire: a test can change it, and send it as often as it likes. */
export interface WireRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Signs a request by the FC SDK's own code. */
export function sign(url: string, request: SignedRequest): WireRequest {
  const { method, pathname, query = {}, body, action, key, time = Date.now() } = request;
  const bodyHash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const headers: Record<string, string> = {
    host: new URL(url).host,
    'x-acs-version': '2023-03-30',
    'x-acs-action': action,
    'x-acs-date': `${new Date(time).toISOString().slice(0, 19)}Z`,
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': bodyHash,
    ...(body !== undefined && { 'content-type': 'application/octet-stream' }),
    ...request.headers,
  };
  const authorization = OpenApiUtil.getAuthorization(
    { method, pathname, query, headers } as never,
    'ACS3-HMAC-SHA256',
    bodyHash,
    key.id,
    key.secret,
  );
  const search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return {
    url: `${url}${pathname}${search === '' ? '' : `?${search}`}`,
    method,
    headers: { ...headers, authorization },
    ...(body !== undefined && { body }),
  };
}

export function send({ url, ...request }: WireRequest): Promise<Response> {
  return fetch(url, request);
}
