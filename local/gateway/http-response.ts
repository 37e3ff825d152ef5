import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** What goes back to the client. */
export interface HttpResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
}

/** Makes a response of the gateway's own. */
export function gatewayResponse(statusCode: number, message: string): HttpResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/**
 * Makes the HTTP response of a function's result in payload format 2.0: a result without a statusCode is the
 * body of a 200. Undefined when API Gateway would call the result malformed and answer 500.
 */
export function functionResponse(result: Json): HttpResponse | undefined {
  if (!isJsonObject(result) || result.statusCode === undefined) {
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(typeof result === 'string' ? result : JSON.stringify(result)),
    };
  }
  const statusCode = Number(result.statusCode);
  const headers = headersOf(result);
  const { body, isBase64Encoded } = result;
  const isBodyValid = body === undefined || body === null || typeof body === 'string';
  if (
    !Number.isInteger(statusCode) ||
    statusCode < 100 ||
    statusCode > 599 ||
    headers === undefined ||
    !isBodyValid
  ) {
    return undefined;
  }
  return {
    statusCode,
    headers,
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function headersOf(result: JsonObject): Record<string, string | readonly string[]> | undefined {
  const given = result.headers ?? {};
  const cookies = result.cookies ?? [];
  if (!isJsonObject(given) || !Array.isArray(cookies)) {
    return undefined;
  }
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'object') {
      return undefined;
    }
    headers[name.toLowerCase()] = String(value);
  }
  if (cookies.length > 0) {
    headers['set-cookie'] = cookies.map(String);
  }
  // What API Gateway says of a body that the function says nothing about.
  headers['content-type'] ??= 'text/plain;charset=utf-8';
  return headers;
}
