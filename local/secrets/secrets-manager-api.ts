import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../engines/engine.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import {
  type Secret,
  type SecretStore,
  SecretsManagerError,
  type SecretValue,
  type SecretVersion,
} from './secret-store.ts';

/** Secrets Manager's limit of a value. */
const MAX_VALUE_BYTES = 65_536;

/** A value in base64, and the rest of the request. */
const MAX_REQUEST_BYTES = 2 * MAX_VALUE_BYTES;

export interface SecretsManagerApi {
  readonly endpoint: string;
  close(): void;
}

/** Serves the part of Secrets Manager's API that reads and rotates a value; any other call answers an error that names it. */
export async function serveSecretsManagerApi(store: SecretStore): Promise<SecretsManagerApi> {
  const server = createServer((request, response) => {
    answer(store, request).then(
      (result) => send(response, 200, result),
      (error: unknown) => {
        const isRefusal = error instanceof SecretsManagerError;
        const type = isRefusal ? error.type : 'InternalServiceError';
        const Message = error instanceof Error ? error.message : String(error);
        send(response, isRefusal ? 400 : 500, { __type: type, Message });
      },
    );
  });
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${LOOPBACK}:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const CALLS: Readonly<Record<string, (store: SecretStore, input: JsonObject) => object>> = {
  GetSecretValue: (store, input) => {
    const { secret, version } = store.get(required(input, 'SecretId'), {
      versionId: optional(input, 'VersionId'),
      stage: optional(input, 'VersionStage'),
    });
    return {
      ...described(secret, version),
      ...version.value,
      CreatedDate: version.createdTime / 1000,
    };
  },
  PutSecretValue: (store, input) => {
    const { VersionStages: stages } = input;
    const versionId = optional(input, 'ClientRequestToken');
    const { secret, version } = store.put(required(input, 'SecretId'), secretValue(input), {
      ...(versionId !== undefined && { versionId }),
      ...(Array.isArray(stages) && stages.length > 0 && { stages: stages.map(String) }),
    });
    return described(secret, version);
  },
};

async function answer(store: SecretStore, request: IncomingMessage): Promise<object> {
  const body = await textOf(request);
  // A page of another origin can have its name resolve to this machine; its Host header gives it away.
  if (!(request.headers.host ?? '').startsWith(`${LOOPBACK}:`)) {
    throw new SecretsManagerError('AccessDeniedException', `this endpoint is ${LOOPBACK}'s alone`);
  }
  const target = String(request.headers['x-amz-target'] ?? '');
  const call = CALLS[target.replace(/^secretsmanager\./, '')];
  if (call === undefined) {
    throw new SecretsManagerError(
      'InvalidAction',
      `${target || request.url} is not served here: want one of ${Object.keys(CALLS).join(', ')}`,
    );
  }
  return call(store, inputOf(body));
}

function inputOf(body: string): JsonObject {
  try {
    const input: unknown = JSON.parse(body);
    if (isJsonObject(input)) return input;
  } catch {
    // Answered below, as JSON that is no object is.
  }
  throw new SecretsManagerError('SerializationException', 'the body of the request must be a JSON object');
}

function secretValue(input: JsonObject): SecretValue {
  const SecretString = optional(input, 'SecretString');
  const SecretBinary = optional(input, 'SecretBinary');
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new SecretsManagerError(
      'InvalidRequestException',
      'You must provide either SecretString or SecretBinary.',
    );
  }
  if (Buffer.byteLength(SecretString ?? SecretBinary ?? '') > MAX_VALUE_BYTES) {
    throw new SecretsManagerError(
      'ValidationException',
      `the value must have at most ${MAX_VALUE_BYTES} bytes`,
    );
  }
  return SecretString === undefined ? { SecretBinary: SecretBinary ?? '' } : { SecretString };
}

function described({ name, arn }: Secret, { versionId, stages }: SecretVersion): object {
  return { ARN: arn, Name: name, VersionId: versionId, VersionStages: stages };
}

function required(input: JsonObject, name: string): string {
  const value = optional(input, name);
  if (value === undefined) {
    throw new SecretsManagerError('InvalidParameterException', `${name} must be given`);
  }
  return value;
}

function optional(input: JsonObject, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw new SecretsManagerError('InvalidParameterException', `${name} must be a string`);
  }
  return value;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  if (size > MAX_REQUEST_BYTES) {
    throw new SecretsManagerError(
      'ValidationException',
      `the request has ${size} bytes: want at most ${MAX_REQUEST_BYTES}`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
