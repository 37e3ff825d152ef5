import { AwsApiError } from '../aws-json-api.ts';
import type { Host } from '../resources/deployer.ts';
import { stableHash } from '../resources/physical-name.ts';
import { StartupError } from '../startup-error.ts';

/** The environment variable by which a function of the API learns which secret holds the access keys. */
export const ACCESS_KEYS_VARIABLE = 'ACCESS_KEYS_SECRET_ARN';

/**
 * Makes a text the access keys of the API: the current version of every secret that its functions read them from.
 * @throws StartupError when no function reads any.
 */
export function putAccessKeys(text: string, { secrets, accessKeySecrets }: Host): void {
  if (accessKeySecrets.size === 0) {
    throw new StartupError(
      "--access-keys is given, but this app's API checks none: want --auth accessKeys in an app that hands the context value \"auth\" to TaskMode, or TaskMode with auth: 'accessKeys'",
    );
  }
  for (const secretId of accessKeySecrets) {
    if (currentText(secretId, secrets) !== text) secrets.put(secretId, { SecretString: text });
  }
}

function currentText(secretId: string, secrets: Host['secrets']): string | undefined {
  try {
    const { value } = secrets.get(secretId).version;
    return 'SecretString' in value ? value.SecretString : undefined;
  } catch (error) {
    if (!(error instanceof AwsApiError)) throw error;
    // A secret that is not of the template: it is made here, under the name that the functions have for it.
    secrets.deploy({ name: secretId, arn: secretId, source: stableHash(secretId) }, () => undefined);
    return undefined;
  }
}
