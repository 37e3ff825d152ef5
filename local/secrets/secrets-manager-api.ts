import { AwsApiError, type AwsJsonApi, serveAwsJsonApi } from '../aws-json-api.ts';
import type { JsonObject } from '../json.ts';
import type { Secret, SecretStore, SecretValue, SecretVersion } from './secret-store.ts';

/** Secrets Manager's limit of a value. */
const MAX_VALUE_BYTES = 65_536;

/** Serves the part of Secrets Manager's API that reads and rotates a value; any other call answers an error that names it. */
export function serveSecretsManagerApi(store: SecretStore): Promise<AwsJsonApi> {
  return serveAwsJsonApi({
    service: 'secretsmanager',
    version: '1.1',
    // A value in base64, and the rest of the request.
    maxRequestBytes: 2 * MAX_VALUE_BYTES,
    calls: {
      GetSecretValue: (input) => getSecretValue(store, input),
      PutSecretValue: (input) => putSecretValue(store, input),
    },
  });
}

function getSecretValue(store: SecretStore, input: JsonObject): object {
  const { secret, version } = store.get(required(input, 'SecretId'), {
    versionId: optional(input, 'VersionId'),
    stage: optional(input, 'VersionStage'),
  });
  return { ...described(secret, version), ...version.value, CreatedDate: version.createdTime / 1000 };
}

function putSecretValue(store: SecretStore, input: JsonObject): object {
  const { VersionStages: stages } = input;
  const versionId = optional(input, 'ClientRequestToken');
  const { secret, version } = store.put(required(input, 'SecretId'), secretValue(input), {
    ...(versionId !== undefined && { versionId }),
    ...(Array.isArray(stages) && stages.length > 0 && { stages: stages.map(String) }),
  });
  return described(secret, version);
}

function secretValue(input: JsonObject): SecretValue {
  const SecretString = optional(input, 'SecretString');
  const SecretBinary = optional(input, 'SecretBinary');
  if ((SecretString === undefined) === (SecretBinary === undefined)) {
    throw new AwsApiError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  }
  if (Buffer.byteLength(SecretString ?? SecretBinary ?? '') > MAX_VALUE_BYTES) {
    throw new AwsApiError('ValidationException', `the value must have at most ${MAX_VALUE_BYTES} bytes`);
  }
  return SecretString === undefined ? { SecretBinary: SecretBinary ?? '' } : { SecretString };
}

function described({ name, arn }: Secret, { versionId, stages }: SecretVersion): object {
  return { ARN: arn, Name: name, VersionId: versionId, VersionStages: stages };
}

function required(input: JsonObject, name: string): string {
  const value = optional(input, name);
  if (value === undefined) {
    throw new AwsApiError('InvalidParameterException', `${name} must be given`);
  }
  return value;
}

function optional(input: JsonObject, name: string): string | undefined {
  const value = input[name] ?? undefined;
  if (value !== undefined && typeof value !== 'string') {
    throw new AwsApiError('InvalidParameterException', `${name} must be a string`);
  }
  return value;
}
