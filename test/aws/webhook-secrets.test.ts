import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { WebhookSecrets } from '../../lambdas/aws/webhook-secrets.ts';
import { SecretStore } from '../../local/secrets/secret-store.ts';
import { serveSecretsManagerApi } from '../../local/secrets/secrets-manager-api.ts';
import { temporaryFolder } from '../end-to-end/runtime.ts';
import { SECRETS } from './receivers.ts';

const store = SecretStore.open(join(temporaryFolder('secrets'), 'secrets.json'));
const api = await serveSecretsManagerApi(store);
afterAll(() => api.close());
Object.assign(process.env, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: api.endpoint,
});

const MINUTE_MS = 60_000;
const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-abcdef`;
const put = (name: string, value: string) =>
  store.deploy({ name, arn: arnOf(name), source: value }, () => value);
const keyOf = (secret: string) => Buffer.from(secret.slice('whsec_'.length), 'base64');

test('a secret that was never rotated is one key', async () => {
  put('one', SECRETS.first);
  expect(await new WebhookSecrets().keysOf(arnOf('one'), 0)).toEqual([keyOf(SECRETS.first)]);
});

test('a rotated one is both, the new one first, five minutes later at the latest', async () => {
  const secrets = new WebhookSecrets();
  put('rotated', SECRETS.first);
  await secrets.keysOf(arnOf('rotated'), 0);
  put('rotated', SECRETS.second);
  expect(await secrets.keysOf(arnOf('rotated'), 5 * MINUTE_MS - 1)).toEqual([keyOf(SECRETS.first)]);
  const both = [keyOf(SECRETS.second), keyOf(SECRETS.first)];
  expect(await secrets.keysOf(arnOf('rotated'), 5 * MINUTE_MS)).toEqual(both);
});

test('a former value that was no key does not sign', async () => {
  put('mended', 'no key');
  const secrets = new WebhookSecrets();
  await expect(secrets.keysOf(arnOf('mended'), 0)).rejects.toThrow('its secret is no whsec_ key');
  put('mended', SECRETS.first);
  expect(await secrets.keysOf(arnOf('mended'), 0)).toEqual([keyOf(SECRETS.first)]);
});

test('a secret that is not there is no key', async () => {
  await expect(new WebhookSecrets().keysOf(arnOf('gone'), 0)).rejects.toThrow('its secret is no whsec_ key');
});
