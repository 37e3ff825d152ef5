import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ACCOUNT_ID, LOOPBACK } from '../engines/engine.ts';

/** API Gateway passes these bodies on as text, all others as base64; so it does without a content type. */
const TEXT_TYPE =
  /^\s*(?:text\/[^;\s]+|application\/(?:json|javascript|xml|[^;\s]+\+json|[^;\s]+\+xml))\s*(?:;|$)/i;

/** Locally there is one user, and every signature is taken for theirs. */
const LOCAL_CALLER = {
  accessKey: 'local',
  accountId: ACCOUNT_ID,
  callerId: 'local',
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: `arn:aws:iam::${ACCOUNT_ID}:user/local`,
  userId: 'local',
} as const;

export interface ReceivedRequest {
  readonly message: IncomingMessage;
  readonly body: Buffer;
  readonly apiId: string;
  readonly routeKey: string;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly isIamAuthorized: boolean;
  readonly requestId: string;
  readonly receivedTime: Date;
}

/** Makes the Lambda event of payload format 2.0, as API Gateway's HTTP API does. */
export function httpEvent(request: ReceivedRequest): object {
  const { message, body, routeKey, pathParameters } = request;
  const { path, query } = splitTarget(message);
  const headers = forwardedHeaders(message, body);
  const { cookie, ...otherHeaders } = headers;
  const isText = TEXT_TYPE.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey,
    // API Gateway decodes it, in spite of the name.
    rawPath: decodeURIComponent(path),
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; */) }),
    headers: otherHeaders,
    ...optional('queryStringParameters', joinedParameters(query)),
    requestContext: requestContext(request, path, headers),
    ...optional('pathParameters', pathParameters),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

/** Splits a request target into the path and the query string, both still percent-encoded. */
export function splitTarget(message: IncomingMessage): { path: string; query: string } {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** A new request id that looks like API Gateway's: `JKJaXmPLvHcESHA=`. */
export function newRequestId(): string {
  return `${randomBytes(11).toString('base64').replaceAll(/[+/=]/g, 'A').slice(0, 15)}=`;
}

function requestContext(request: ReceivedRequest, path: string, headers: Record<string, string>): object {
  const { message, apiId, routeKey, requestId, receivedTime, isIamAuthorized } = request;
  const domainName = (headers.host ?? 'localhost').replace(/:\d+$/, '');
  return {
    accountId: ACCOUNT_ID,
    apiId,
    ...(isIamAuthorized ? { authorizer: { iam: LOCAL_CALLER } } : {}),
    domainName,
    domainPrefix: domainName.split('.')[0],
    http: {
      method: message.method,
      path: decodeURIComponent(path),
      protocol: `HTTP/${message.httpVersion}`,
      sourceIp: message.socket.remoteAddress ?? LOOPBACK,
      userAgent: headers['user-agent'] ?? '',
    },
    requestId,
    routeKey,
    stage: '$default',
    time: commonLogTime(receivedTime),
    timeEpoch: receivedTime.getTime(),
  };
}

/** The client's headers without those of its connection, and with those that API Gateway adds. */
function forwardedHeaders(message: IncomingMessage, body: Buffer): Record<string, string> {
  const {
    connection: _,
    'keep-alive': __,
    'transfer-encoding': ___,
    ...headers
  } = joinedHeaders(message.rawHeaders);
  const epoch = Math.floor(Date.now() / 1000).toString(16);
  return {
    ...headers,
    // A chunked body arrives here whole, with its length.
    'content-length': String(body.length),
    'x-amzn-trace-id': `Root=1-${epoch}-${randomBytes(12).toString('hex')}`,
    'x-forwarded-for': message.socket.remoteAddress ?? LOOPBACK,
    'x-forwarded-port': String(message.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  };
}

function joinedHeaders(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const separator = name === 'cookie' ? '; ' : ',';
    headers[name] = headers[name] === undefined ? value : `${headers[name]}${separator}${value}`;
  }
  return headers;
}

function joinedParameters(query: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = Object.hasOwn(parameters, name) ? `${parameters[name]},${value}` : value;
  }
  return parameters;
}

function optional(name: string, values: Readonly<Record<string, string>>): object {
  return Object.keys(values).length === 0 ? {} : { [name]: values };
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) (\S+)/.exec(time.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${clock} +0000`;
}
