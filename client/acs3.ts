import { Sha256 } from '@aws-crypto/sha256-js';
import { API_VERSION } from '../lambdas/domain/operations.ts';
import { randomId } from './random-id.ts';
import type { Signer, UnsignedRequest } from './signer.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';

export interface Acs3Options {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** Signs as the Alibaba FC SDK does (FC contract section 1), for a stack with `auth: 'accessKeys'`. */
export function acs3({ accessKeyId, accessKeySecret }: Acs3Options): Signer {
  return async (request) => {
    const bodyHash = hex(await digestOf(request.body));
    const headers: Record<string, string> = {
      'x-acs-action': request.operation,
      'x-acs-content-sha256': bodyHash,
      // To the second.
      'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      'x-acs-signature-nonce': randomId(),
      'x-acs-version': API_VERSION,
    };
    const signed = Object.entries({ ...headers, ...contentType(request), host: request.url.host }).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    );
    const names = signed.map(([name]) => name).join(';');
    const canonical = [
      request.method,
      request.url.pathname,
      canonicalQuery(request.url),
      ...signed.map(([name, value]) => `${name}:${value}`),
      '',
      names,
      bodyHash,
    ].join('\n');
    const mac = new Sha256(accessKeySecret);
    mac.update(`${ALGORITHM}\n${hex(await digestOf(canonical))}`);
    const signature = hex(await mac.digest());
    return {
      ...request.headers,
      ...headers,
      authorization: `${ALGORITHM} Credential=${accessKeyId},SignedHeaders=${names},Signature=${signature}`,
    };
  };
}

function contentType({ headers }: UnsignedRequest): Record<string, string> {
  const type = headers['content-type'];
  return type === undefined ? {} : { 'content-type': type };
}

function canonicalQuery({ searchParams }: URL): string {
  return [...searchParams]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${queryText(value)}`)
    .join('&');
}

function queryText(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function digestOf(text: string): Promise<Uint8Array> {
  const hash = new Sha256();
  hash.update(text);
  return hash.digest();
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
