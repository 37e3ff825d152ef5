import { isJsonObject } from '../json.ts';
import { CHARACTER_KINDS, type CharacterKind, generateSecret } from '../secrets/generate-secret.ts';
import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName, stableHash } from './physical-name.ts';

/** What GenerateSecretString takes for an absent PasswordLength. */
const DEFAULT_LENGTH = 32;

/** Deploys AWS::SecretsManager::Secret; a value that was made or put at an earlier start stays. */
export function deploySecret(resource: Resource, host: Host): DeployedResource {
  const { properties, logicalId } = resource;
  const name = properties.optionalString('Name') ?? physicalName(host.stackName, logicalId, 255);
  const suffix = stableHash(`${host.stackName}/${logicalId}`).slice(0, 6);
  const arn = `arn:aws:secretsmanager:${host.region}:${host.accountId}:secret:${name}-${suffix}`;
  if (properties.has('SecretString') && properties.has('GenerateSecretString')) {
    properties.refuse('GenerateSecretString', 'none beside a SecretString');
  }
  // A hash: the file that keeps values need not hold what an earlier template said in clear.
  const said = JSON.stringify([properties.get('SecretString'), properties.get('GenerateSecretString')]);
  host.secrets.deploy({ name, arn, source: stableHash(said) }, () =>
    properties.has('GenerateSecretString')
      ? generatedValue(resource)
      : properties.optionalString('SecretString'),
  );
  return { ref: arn, attributes: { Id: arn } };
}

function generatedValue({ properties }: Resource): string {
  const at = (name: string) => `GenerateSecretString.${name}`;
  const password =
    generateSecret({
      length: properties.number(at('PasswordLength'), DEFAULT_LENGTH),
      excludedCharacters: properties.optionalString(at('ExcludeCharacters')) ?? '',
      excludes: Object.fromEntries(
        CHARACTER_KINDS.map((kind) => [kind, properties.boolean(at(`Exclude${kind}`), false)]),
      ) as Record<CharacterKind, boolean>,
      includesSpace: properties.boolean(at('IncludeSpace'), false),
      requiresEachKind: properties.boolean(at('RequireEachIncludedType'), true),
    }) ?? properties.refuse('GenerateSecretString', 'rules that leave characters enough for its length');
  const template = properties.optionalString(at('SecretStringTemplate'));
  const key = properties.optionalString(at('GenerateStringKey'));
  if (template === undefined && key === undefined) return password;
  const around: unknown = parsed(template);
  if (!isJsonObject(around) || key === undefined) {
    return properties.refuse(
      'GenerateSecretString',
      'a SecretStringTemplate that is a JSON object together with a GenerateStringKey',
    );
  }
  return JSON.stringify({ ...around, [key]: password });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
