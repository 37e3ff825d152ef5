import * as z from 'zod/mini';
import type { ErrorCode } from '../../domain/errors.ts';
import { REQUEST_ID_PATTERN } from '../../domain/limits.ts';
import { OPERATION_NAMES, OPERATIONS, type OperationName } from '../../domain/operations.ts';
import { statusOf } from '../errors.ts';
import { ERROR_DETAILS, errorFields } from './answers.ts';
import { COMMON_ERRORS, DESCRIPTIONS, type OperationDescription, TAGS } from './descriptions.ts';
import { COMMON_HEADERS, type Headers, RETRY_HEADERS } from './headers.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** The codes that an operation may answer, each with the status that it comes with. */
export function errorsOf(name: OperationName): ReadonlyMap<ErrorCode, number> {
  const codes = [...COMMON_ERRORS, ...DESCRIPTIONS[name].errors];
  return new Map(codes.map((code) => [code, statusOf(code)]));
}

/** The schema of the errors of some codes, which come with the same status. */
export function errorSchema(codes: readonly ErrorCode[]): z.ZodMiniType {
  const schemas = codes.map((code) =>
    z.strictObject({ ...ERROR_DETAILS[code], Code: z.literal(code), ...errorFields }),
  );
  const [first, ...others] = schemas;
  return first !== undefined && others.length === 0 ? first : z.union(schemas);
}

/** The headers that an answer with a status may carry. */
export function headersOf(name: OperationName, status: number): Headers {
  const own = DESCRIPTIONS[name].answers[status]?.headers;
  return { ...COMMON_HEADERS, ...(status === statusOf('Throttling.User') && RETRY_HEADERS), ...own };
}

const requestId = z.optional(z.string().check(z.regex(REQUEST_ID_PATTERN)));

/** The OpenAPI 3.1 description of the whole API, made of the schemas that the handlers check requests with. */
export function openApiDocument(): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const name of OPERATION_NAMES) {
    const { method, path } = OPERATIONS[name];
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(name, path, DESCRIPTIONS[name]) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Task Mode for AWS Lambda',
      version: '2023-03-30',
      description:
        'The wire contract of Alibaba Function Compute 3.0 for asynchronous tasks, with extensions. What API Gateway answers by itself has another shape, {"message"}: 403 to callers that IAM does not let in, 413, 429, 500 and 503.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'Where this description is served' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ iam: [] }, { accessKeys: [] }],
    paths,
    components: {
      securitySchemes: {
        iam: authorization('AWS Signature Version 4, of the service execute-api'),
        accessKeys: authorization('ACS3-HMAC-SHA256, as the Alibaba FC SDK signs'),
      },
    },
  };
}

function authorization(description: string): JsonSchema {
  return { type: 'apiKey', in: 'header', name: 'authorization', description };
}

function operation(
  operationId: OperationName,
  path: string,
  { summary, tag, fields, body, answers }: OperationDescription,
): JsonSchema {
  const content = (schema: z.ZodMiniType, io: 'input' | 'output' = 'output') => ({
    content: { 'application/json': { schema: jsonSchema(schema, io) } },
  });
  const headers = (status: string) =>
    Object.fromEntries(
      Object.entries(headersOf(operationId, Number(status))).map(([name, description]) => [
        name,
        { description, schema: { type: 'string' } },
      ]),
    );
  const statuses = new Map<number, ErrorCode[]>();
  for (const [code, status] of errorsOf(operationId)) {
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  return {
    operationId,
    summary,
    tags: [tag],
    parameters: parameters(path, fields),
    ...(body && { requestBody: { required: body.isRequired, ...content(body.schema, 'input') } }),
    responses: Object.fromEntries([
      ...Object.entries(answers).map(([status, answer]) => [
        status,
        {
          description: answer.description,
          headers: headers(status),
          ...(answer.body && content(answer.body)),
        },
      ]),
      ...[...statuses].map(([status, codes]) => [
        String(status),
        { description: codes.join(', '), headers: headers(String(status)), ...content(errorSchema(codes)) },
      ]),
    ]),
  };
}

/** Path, query and headers: each field by where it is read from. */
function parameters(path: string, fields: z.ZodMiniObject): JsonSchema[] {
  const shape: Readonly<Record<string, z.ZodMiniType>> = { ...fields.shape, 'x-fc-request-id': requestId };
  return Object.entries(shape).map(([name, schema]) => {
    const place = path.includes(`{${name}}`) ? 'path' : name.startsWith('x-') ? 'header' : 'query';
    const isList = jsonSchema(schema, 'output').type === 'array';
    return {
      name,
      in: place,
      required: place === 'path',
      schema: jsonSchema(schema, 'output'),
      // With commas between them.
      ...(isList && { style: 'form', explode: false }),
    };
  });
}

/** Of what is read from a text, the value that it stands for: `output`. Of a body, what may be sent: `input`. */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...told } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return told;
}
