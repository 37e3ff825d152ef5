import { type AccessKey, type AccessKeys as Keys, parseAccessKeys } from '../domain/access-key.ts';
import { TaskModeError } from '../domain/errors.ts';
import { ACCESS_KEYS_CACHE_MS, ACCESS_KEYS_RETRY_MS, ACCESS_KEYS_STALE_MS } from '../domain/limits.ts';
import { secretsManagerClient } from './clients.ts';
import { callAws } from './faults.ts';

export interface AccessKeysOptions {
  readonly secretId: string;
}

interface Cached {
  readonly keys: Keys;
  readonly readTime: number;
  readonly nextReadTime: number;
}

/** The access keys, as their secret has them now. One instance lives as long as its handler, and trusts them for a minute. */
export class AccessKeys {
  readonly #secretId: string;
  #cached: Cached | undefined;

  constructor({ secretId }: AccessKeysOptions) {
    this.#secretId = secretId;
  }

  /**
   * Finds a key; undefined when there is none of this id.
   * @throws TaskModeError when the keys cannot be had, or are not what keys must be: then nobody comes in.
   */
  async find(accessKeyId: string, now: number, signal?: AbortSignal): Promise<AccessKey | undefined> {
    if (this.#cached === undefined || now >= this.#cached.nextReadTime) {
      this.#cached = await this.#read(signal).then(
        (keys) => ({ keys, readTime: now, nextReadTime: now + ACCESS_KEYS_CACHE_MS }),
        (error: unknown) => this.#stillTrusted(error, now),
      );
    }
    return this.#cached.keys.get(accessKeyId);
  }

  async #read(signal: AbortSignal | undefined): Promise<Keys> {
    const { GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager');
    const command = new GetSecretValueCommand({ SecretId: this.#secretId });
    const client = await secretsManagerClient();
    const { SecretString } = await callAws('Secrets Manager', () =>
      client.send(command, signal ? { abortSignal: signal } : {}),
    );
    try {
      return parseAccessKeys(SecretString ?? '');
    } catch (error) {
      this.#cached = undefined;
      throw new TaskModeError('InternalServerError', 'an internal error has occurred. Please retry.', {
        cause: error,
      });
    }
  }

  /** What was read before, while Secrets Manager is away; what it holds that are no keys counts at once. */
  #stillTrusted(error: unknown, now: number): Cached {
    const cached = this.#cached;
    const isAway = error instanceof TaskModeError && error.code === 'ServiceUnavailable';
    if (cached === undefined || !isAway || now - cached.readTime > ACCESS_KEYS_STALE_MS) throw error;
    return { ...cached, nextReadTime: now + ACCESS_KEYS_RETRY_MS };
  }
}
