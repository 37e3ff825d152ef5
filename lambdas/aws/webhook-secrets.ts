import { DeliveryError } from '../domain/destination.ts';
import { WEBHOOK_SECRET_CACHE_MS } from '../domain/limits.ts';
import { secretsManagerClient } from './clients.ts';
import { callAws } from './faults.ts';
import { signingKey } from './webhook-signature.ts';

// By the name on the wire. A secret that was never rotated has no previous version.
const NOT_FOUND = ['ResourceNotFoundException'];

/**
 * The keys that webhooks are signed with: the current version of a secret, and while it is rotated the one before.
 * One instance lives as long as its handler, and trusts what it read for five minutes.
 */
export class WebhookSecrets {
  readonly #cache = new Map<string, { readonly keys: readonly Buffer[]; readonly readTime: number }>();

  /** @throws DeliveryError when there is no such secret, or its current version is no signing key. */
  async keysOf(secretArn: string, now: number): Promise<readonly Buffer[]> {
    const cached = this.#cache.get(secretArn);
    if (cached && now - cached.readTime < WEBHOOK_SECRET_CACHE_MS) return cached.keys;
    const [current, previous] = await Promise.all([
      this.#read(secretArn, 'AWSCURRENT'),
      this.#read(secretArn, 'AWSPREVIOUS'),
    ]);
    const key = signingKey(current ?? '');
    if (!key) throw new DeliveryError('its secret is no whsec_ key of 24 to 64 bytes in base64');
    const formerKey = signingKey(previous ?? '');
    const keys = formerKey ? [key, formerKey] : [key];
    this.#cache.set(secretArn, { keys, readTime: now });
    return keys;
  }

  async #read(SecretId: string, VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS'): Promise<string | undefined> {
    const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const command = new GetSecretValueCommand({ SecretId, VersionStage });
    const client = await secretsManagerClient();
    try {
      return (await callAws('Secrets Manager', () => client.send(command), NOT_FOUND)).SecretString;
    } catch (error) {
      if (error instanceof Error && NOT_FOUND.includes(error.name)) return undefined;
      throw error;
    }
  }
}
