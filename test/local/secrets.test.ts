import { readFile, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, it } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import { type LocalRuntime, startLocalRuntime } from '../../local/runtime.ts';
import { functionResource, temporaryFolder, writeAssembly } from './fixtures/assembly.ts';

const runtimes: LocalRuntime[] = [];
afterEach(async () => {
  await Promise.all(runtimes.splice(0).map((runtime) => runtime.stop()));
});

interface Started {
  readonly runtime: LocalRuntime;
  readonly id: string;
  readonly client: SecretsManagerClient;
  readonly dataDir: string;
}

async function start(
  properties: object,
  options: { dataDir?: string; fresh?: boolean } = {},
): Promise<Started> {
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const resources = { Keys: { Type: 'AWS::SecretsManager::Secret', Properties: properties } };
  const assemblyDir = await writeAssembly({ resources });
  const runtime = await startLocalRuntime({
    assemblyDir,
    port: 0,
    log: () => undefined,
    ...options,
    dataDir,
  });
  runtimes.push(runtime);
  const client = new SecretsManagerClient({
    region: 'us-east-1',
    endpoint: runtime.endpoints.secretsManager,
    credentials: CREDENTIALS,
  });
  return { runtime, id: runtime.ref('Keys') ?? '', client, dataDir };
}

async function stop(runtime: LocalRuntime): Promise<void> {
  runtimes.splice(runtimes.indexOf(runtime), 1);
  await runtime.stop();
}

const value = async ({ client, id }: Started, stage?: string) =>
  (await client.send(new GetSecretValueCommand({ SecretId: id, VersionStage: stage }))).SecretString;

describe('a secret of the template', () => {
  it('has the value that the template gives, by ARN, by name, and by ARN without its suffix', async () => {
    const started = await start({ Name: 'keys/main', SecretString: 'open sesame' });
    const { client, id } = started;
    expect(id).toMatch(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:keys\/main-\w{6}$/);
    for (const SecretId of [id, 'keys/main', id.slice(0, -7)]) {
      expect(await client.send(new GetSecretValueCommand({ SecretId }))).toMatchObject({
        ARN: id,
        Name: 'keys/main',
        SecretString: 'open sesame',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: expect.any(Date),
      });
    }
  });

  it('keeps a generated value and one that was put, until the template says another', async () => {
    const generated = { GenerateSecretString: { PasswordLength: 20, ExcludePunctuation: true } };
    const first = await start(generated);
    const made = await value(first);
    expect(made).toMatch(/^[A-Za-z0-9]{20}$/);
    await stop(first.runtime);

    const second = await start(generated, { dataDir: first.dataDir });
    expect(await value(second)).toBe(made);
    await second.client.send(new PutSecretValueCommand({ SecretId: second.id, SecretString: 'put' }));
    await stop(second.runtime);

    const third = await start(generated, { dataDir: first.dataDir });
    expect(await value(third)).toBe('put');
    expect(await value(third, 'AWSPREVIOUS')).toBe(made);
    await stop(third.runtime);

    const fourth = await start({ SecretString: 'said' }, { dataDir: first.dataDir });
    expect(await value(fourth)).toBe('said');
    expect(await value(fourth, 'AWSPREVIOUS')).toBe('put');
    await stop(fourth.runtime);

    const fresh = await start(generated, { dataDir: first.dataDir, fresh: true });
    expect(await value(fresh)).toMatch(/^[A-Za-z0-9]{20}$/);
    await expect(value(fresh, 'AWSPREVIOUS')).rejects.toThrow('staging label: AWSPREVIOUS');
  });

  it('is kept in a file that only its user can read, which does not hold what the template said of it', async () => {
    const { dataDir } = await start({ SecretString: 'x' });
    const file = join(dataDir, 'secrets.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject([
      { source: expect.stringMatching(/^\w{64}$/) },
    ]);
  });

  it('can be generated into a template of JSON', async () => {
    const started = await start({
      GenerateSecretString: {
        SecretStringTemplate: '{"user":"me"}',
        GenerateStringKey: 'password',
        ExcludeLowercase: true,
        ExcludeUppercase: true,
        ExcludePunctuation: true,
        ExcludeCharacters: '01',
      },
    });
    expect(JSON.parse((await value(started)) ?? '')).toEqual({
      user: 'me',
      password: expect.stringMatching(/^[2-9]{32}$/),
    });
  });

  it('is refused when its value cannot be made', async () => {
    await expect(start({ GenerateSecretString: { PasswordLength: 3 } })).rejects.toThrow(
      'Keys.GenerateSecretString is {"PasswordLength":3}: want rules that leave characters enough',
    );
    await expect(
      start({ GenerateSecretString: { SecretStringTemplate: '[]', GenerateStringKey: 'k' } }),
    ).rejects.toThrow('want a SecretStringTemplate that is a JSON object');
    await expect(start({ SecretString: 'x', GenerateSecretString: {} })).rejects.toThrow(
      'want none beside a SecretString',
    );
  });
});

describe('rotation', () => {
  it('makes the current version the previous one, and drops the one before', async () => {
    const started = await start({ SecretString: 'one' });
    const put = (SecretString: string, ClientRequestToken?: string) =>
      started.client.send(
        new PutSecretValueCommand({ SecretId: started.id, SecretString, ClientRequestToken }),
      );
    await put('two');
    expect([await value(started), await value(started, 'AWSPREVIOUS')]).toEqual(['two', 'one']);
    const token = 'a'.repeat(32);
    const third = await put('three', token);
    expect(third).toMatchObject({ VersionId: token, VersionStages: ['AWSCURRENT'] });
    // The same put again, as after a lost answer.
    expect((await put('three', token)).VersionId).toBe(token);
    expect([await value(started), await value(started, 'AWSPREVIOUS')]).toEqual(['three', 'two']);
    await expect(put('four', token)).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect(await value(started)).toBe('three');
  });

  it('can stage a version that is not current yet', async () => {
    const started = await start({ SecretString: 'one' });
    const { client, id } = started;
    await client.send(
      new PutSecretValueCommand({ SecretId: id, SecretString: 'next', VersionStages: ['AWSPENDING'] }),
    );
    expect(await value(started)).toBe('one');
    expect(await value(started, 'AWSPENDING')).toBe('next');
  });
});

describe('the endpoint', () => {
  it('answers what is missing by the names that the SDK knows', async () => {
    const empty = await start({});
    await expect(value(empty)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(empty.client.send(new GetSecretValueCommand({ SecretId: 'other' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(empty.client.send(new PutSecretValueCommand({ SecretId: empty.id }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  it('names a call that it does not serve, and answers no page of another origin', async () => {
    const { runtime, id } = await start({ SecretString: 'one' });
    const url = runtime.endpoints.secretsManager;
    const call = (target: string, headers: Record<string, string> = {}, body = '{}') =>
      new Promise<string>((resolve, reject) => {
        const sent = request(
          url,
          { method: 'POST', headers: { 'x-amz-target': `secretsmanager.${target}`, ...headers } },
          async (response) => resolve(`${response.statusCode} ${(await response.toArray()).join('')}`),
        );
        sent.on('error', reject);
        sent.end(body);
      });
    expect(await call('DeleteSecret')).toMatch(/^400 .*DeleteSecret is not served here/);
    expect(await call('GetSecretValue', {}, 'null')).toMatch(/^400 .*SerializationException/);
    const get = JSON.stringify({ SecretId: id });
    expect(await call('GetSecretValue', { host: 'evil.example:80' }, get)).toMatch(
      /^400 .*AccessDeniedException/,
    );
    expect(await call('GetSecretValue', {}, get)).toMatch(/^200 .*"SecretString":"one"/);
  });

  it('is where functions find their secrets', async () => {
    const resources = {
      Keys: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'for functions' } },
      Policy: { Type: 'AWS::SecretsManager::ResourcePolicy', Properties: { SecretId: { Ref: 'Keys' } } },
      Reader: functionResource('reader', { Environment: { Variables: { SECRET_ARN: { Ref: 'Keys' } } } }),
    };
    const handlers = {
      reader: `export const handler = async () => {
        const response = await fetch(process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER, {
          method: 'POST',
          headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
          body: JSON.stringify({ SecretId: process.env.SECRET_ARN }),
        });
        return (await response.json()).SecretString;
      };`,
    };
    const runtime = await startLocalRuntime({
      assemblyDir: await writeAssembly({ resources, handlers }),
      port: 0,
      dataDir: await temporaryFolder(),
      log: () => undefined,
    });
    runtimes.push(runtime);
    expect(await runtime.invoke(runtime.ref('Reader') ?? '', {})).toEqual({ payload: 'for functions' });
  });
});
