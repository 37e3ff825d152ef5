import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { TaskModeError } from '../domain/errors.ts';
import { API_VERSION, functionOf, OPERATIONS, type RouteName, UNKNOWN_ROUTE } from '../domain/operations.ts';
import { quoted } from '../domain/text.ts';
import type { RequestSignature, SignedRequest } from '../tasks/authorize-request.ts';

const ALGORITHM = 'ACS3-HMAC-SHA256';

/** The header as every SDK of Alibaba Cloud writes it. */
const AUTHORIZATION =
  /^ACS3-HMAC-SHA256 Credential=([^,\s]{1,256}), ?SignedHeaders=([a-z0-9_;-]{1,2048}), ?Signature=([0-9a-fA-F]{64})$/;

/** What a signature must cover to be worth anything; the SDK's covers content-type and all of x-acs- as well. */
const SIGNED = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
];

/** Ways to say who one is that are not offered: temporary credentials and tokens, with or without a signature. */
const TOKENS = [
  'x-acs-security-token',
  'x-acs-accesskey-id',
  'x-acs-bearer-token',
  'x-acs-zero-trust-idtoken',
];

const DATE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** A map, for a signature may name `constructor` as a header. */
type Headers = ReadonlyMap<string, string | undefined>;

/**
 * Reads the ACS3-HMAC-SHA256 signature of a request (FC contract section 1), and checks what needs neither key nor body:
 * that it covers what it must, and is for this operation. The signature covers the hash that the request claims for its
 * body; the body itself, up to 10 MB, is hashed only when `isOfBody` is called, which costs nothing for strangers.
 * @throws TaskModeError `AccessDenied` for a request that is not signed so, `SignatureNotMatch` for a signature that
 * cannot be right whatever the key.
 */
export function readSignedRequest(event: APIGatewayProxyEventV2, routeName: RouteName): SignedRequest {
  const headers: Headers = new Map(Object.entries(event.headers));
  refuseTokens(headers);
  const { accessKeyId, signedHeaders, signature } = readAuthorization(headers.get('authorization'));
  const missing = SIGNED.find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) doNotMatch(`${missing} must be one of the signed headers`);
  const absent = signedHeaders.find((name) => headers.get(name) === undefined);
  if (absent !== undefined) doNotMatch(`header ${quoted(absent)} is signed but was not received`);
  checkOperation(headers, routeName);
  const bodyHash = headers.get('x-acs-content-sha256') ?? '';
  return {
    routeName,
    functionName: functionOf(routeName, {
      path: event.pathParameters,
      query: event.queryStringParameters,
    }),
    requestId: event.requestContext.requestId,
    signature: {
      accessKeyId,
      signTime: signTime(headers.get('x-acs-date') ?? ''),
      digest: signature.toLowerCase(),
      isMadeWith: comparison(
        canonicalRequest(event, routeName, canonicalHeaders(headers, signedHeaders), bodyHash),
        signature,
      ),
      isOfBody: () => sha256(bodyBytes(event)) === bodyHash,
    },
  };
}

/**
 * What is signed, made from what the operation acts upon: API Gateway hands over path and query decoded, so they are
 * encoded anew as the SDK encodes them.
 */
function canonicalRequest(
  event: APIGatewayProxyEventV2,
  routeName: RouteName,
  headers: string,
  bodyHash: string,
): string {
  return [
    event.requestContext.http.method,
    canonicalPath(event, routeName),
    canonicalQuery(event.queryStringParameters),
    headers,
    bodyHash,
  ].join('\n');
}

function canonicalHeaders(headers: Headers, signedHeaders: readonly string[]): string {
  const lines = signedHeaders.map((name) => `${name}:${(headers.get(name) ?? '').trim()}\n`);
  return `${lines.join('')}\n${signedHeaders.join(';')}`;
}

function signatureOf(canonical: string, secret: string): Buffer {
  const text = `${ALGORITHM}\n${sha256(Buffer.from(canonical))}`;
  return createHmac('sha256', secret).update(text).digest();
}

function comparison(canonical: string, signature: string): RequestSignature['isMadeWith'] {
  const received = Buffer.from(signature, 'hex');
  return (secret) => timingSafeEqual(signatureOf(canonical, secret), received);
}

/** A slash within a parameter stays `%2F`: what the route took apart is put together by its template. */
function canonicalPath(
  { rawPath, pathParameters = {} }: APIGatewayProxyEventV2,
  routeName: RouteName,
): string {
  return routeName === UNKNOWN_ROUTE
    ? rawPath.split('/').map(pathSegment).join('/')
    : OPERATIONS[routeName].path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        pathSegment(pathParameters[name] ?? ''),
      );
}

/** `+` and `~` are what encodeURIComponent makes of them already. */
function pathSegment(text: string): string {
  return encoded(text).replaceAll('*', '%2A');
}

/**
 * The SDK leaves names as they are, and the contract's need no encoding. Others get it, or a parameter by the name of
 * `limit=20&status` would be signed by whoever signed these two.
 */
function canonicalQuery(parameters: APIGatewayProxyEventV2['queryStringParameters'] = {}): string {
  return Object.keys(parameters)
    .sort()
    .map((name) => `${queryText(name)}=${queryText(parameters[name] ?? '')}`)
    .join('&');
}

function queryText(text: string): string {
  return encoded(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Half a surrogate pair, which no URL has, would make encodeURIComponent throw. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function refuseTokens(headers: Headers): void {
  const token = TOKENS.find((name) => headers.has(name));
  if (token !== undefined) {
    throw new TaskModeError(
      'AccessDenied',
      `${token} is not taken here: sign with an access key, not with temporary credentials or a token`,
    );
  }
}

function readAuthorization(authorization: string | undefined) {
  const [, accessKeyId, names, signature] = AUTHORIZATION.exec(authorization ?? '') ?? [];
  if (accessKeyId === undefined || names === undefined || signature === undefined) {
    throw new TaskModeError(
      'AccessDenied',
      `Authorization must be "${ALGORITHM} Credential=…,SignedHeaders=…,Signature=…", got ${
        authorization === undefined ? 'none' : quoted(authorization.split(' ')[0])
      }`,
    );
  }
  return { accessKeyId, signedHeaders: names.split(';'), signature };
}

/** A signed read must not become a stop: the operation is in the signature twice, by its path and by its name. */
function checkOperation(headers: Headers, routeName: RouteName): void {
  const action = headers.get('x-acs-action');
  const version = headers.get('x-acs-version');
  if (version !== API_VERSION) doNotMatch(`x-acs-version must be ${API_VERSION}, got ${quoted(version)}`);
  if (routeName !== UNKNOWN_ROUTE && action !== routeName) {
    doNotMatch(`x-acs-action must be ${routeName} on this method and path, got ${quoted(action)}`);
  }
}

function signTime(date: string): number {
  const time = DATE.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time))
    doNotMatch(`x-acs-date must be a time such as 2026-01-31T12:00:00Z, got ${quoted(date)}`);
  return time;
}

function bodyBytes({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Buffer {
  return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function doNotMatch(message: string): never {
  throw new TaskModeError('SignatureNotMatch', message);
}
