import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CREDENTIALS } from '../../local/engines/engine.ts';
import {
  type AssemblySource,
  apiResources,
  functionResource,
  mappingResource,
  temporaryFolder,
  writeApp,
} from '../local/fixtures/assembly.ts';
import { isRunning } from '../local/fixtures/processes.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/task-mode.ts', import.meta.url));

interface Cli {
  readonly child: ChildProcess;
  output(): string;
  readonly exited: Promise<number | NodeJS.Signals>;
}

const running: Cli[] = [];
afterEach(async () => {
  for (const { child, exited } of running.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});

function run(commandArguments: string[], cwd?: string): Cli {
  const child = spawn(process.execPath, [PROGRAM, ...commandArguments], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  const exited = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0));
  });
  const cli = { child, output: () => chunks.join(''), exited };
  running.push(cli);
  return cli;
}

async function startDev(appDir: string, ...options: string[]): Promise<Cli & { url: string }> {
  const cli = run(['dev', '--port', '0', ...options], appDir);
  const url = await vi.waitFor(
    () => {
      const [, found] = /^Task Mode is ready at (http:\/\/127\.0\.0\.1:\d+)$/m.exec(cli.output()) ?? [];
      expect(found, cli.output()).toBeDefined();
      return found ?? '';
    },
    { timeout: 10_000 },
  );
  return { ...cli, url };
}

/** Finds a runtime's children by the IPC channel's owner: their parent, or init once that is gone. */
async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const parents = await Promise.all(
    pids.map(async (child) => {
      const stat = await readFile(`/proc/${child}/stat`, 'utf8').catch(() => '');
      return /\) \S (\d+)/.exec(stat)?.[1];
    }),
  );
  return pids.filter((_, index) => parents[index] === String(pid));
}

const API: AssemblySource = {
  handlers: {
    spin: `
      import { writeSync } from 'node:fs';
      export const handler = async (event) => {
        if (event.rawPath === '/spin') { writeSync(1, 'spinning\\n'); while (true); }
        return { statusCode: 200, body: process.env.QUEUE };
      };`,
  },
  resources: {
    Queue: { Type: 'AWS::SQS::Queue' },
    Spin: functionResource('spin', { Timeout: 60, Environment: { Variables: { QUEUE: { Ref: 'Queue' } } } }),
    ...apiResources('Spin', { $default: {} }),
  },
};

describe('the command line of task-mode dev', () => {
  it('is one clear line and exit code 2 when it is wrong', async () => {
    const { exited, output } = run(['dev', '--port', '99999']);
    expect(await exited).toBe(2);
    expect(output()).toBe('task-mode: --port is "99999": want a whole number from 0 to 65535\n');
  });

  it('prints its options for --help', async () => {
    const { exited, output } = run(['dev', '--help']);
    expect(await exited).toBe(0);
    expect(output()).toContain('--sqs-endpoint URL');
  });

  it('names a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const { exited, output } = run(['dev', '--port', String(port)], await writeApp(API));
    expect(await exited).toBe(1);
    expect(output()).toContain(`task-mode: port ${port} on 127.0.0.1 is in use`);
    server.close();
  });
});

const KEYS = JSON.stringify({
  keys: { TM1: { secret: 'a-secret-of-the-test-0001', functions: ['*'], actions: ['fc:*'] } },
});

/** An app that has access keys when its context says so; its API answers what their secret holds. */
async function writeAppWithAccessKeys(): Promise<string> {
  const appDir = await writeApp({
    handlers: {
      keys: `
        export const handler = async () => {
          const response = await fetch(process.env.AWS_ENDPOINT_URL_SECRETS_MANAGER, {
            method: 'POST',
            headers: { 'x-amz-target': 'secretsmanager.GetSecretValue' },
            body: JSON.stringify({ SecretId: process.env.ACCESS_KEYS_SECRET_ARN }),
          });
          return { statusCode: 200, body: await response.text() };
        };`,
    },
    resources: {
      Keys: { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: '{"keys":{}}' } },
      Reader: functionResource('keys', {
        Environment: { Variables: { ACCESS_KEYS_SECRET_ARN: { Ref: 'Keys' } } },
      }),
      ...apiResources('Reader', { $default: {} }),
    },
  });
  const check =
    "if (JSON.parse(process.env.CDK_CONTEXT_JSON).auth !== 'accessKeys') throw new Error('no auth');\n";
  const program = await readFile(join(appDir, 'app.mjs'), 'utf8');
  await writeFile(join(appDir, 'app.mjs'), `${program}\n${check}`);
  await writeFile(join(appDir, 'keys.json'), KEYS);
  return appDir;
}

describe('task-mode dev --auth accessKeys', () => {
  const withKeys = ['--auth', 'accessKeys', '--access-keys', 'keys.json'];

  it('tells the app, and makes the file the value of its secret, from one start to the next', async () => {
    const appDir = await writeAppWithAccessKeys();
    const valueAt = async (url: string) => JSON.parse(await (await fetch(url)).text());
    const first = await startDev(appDir, ...withKeys);
    expect(first.output()).toContain('Every request must be signed with an access key');
    const value = await valueAt(first.url);
    expect(value.SecretString).toBe(KEYS);
    first.child.kill('SIGTERM');
    await first.exited;

    // The same keys are no new version, other keys are.
    const second = await startDev(appDir, ...withKeys);
    expect(await valueAt(second.url)).toMatchObject({ SecretString: KEYS, VersionId: value.VersionId });
    second.child.kill('SIGTERM');
    await second.exited;
    await writeFile(join(appDir, 'keys.json'), '{"keys":{}}');
    const third = await startDev(appDir, ...withKeys);
    expect((await valueAt(third.url)).SecretString).toBe('{"keys":{}}');
  });

  it.each([
    ['that is not there', undefined, 'ENOENT'],
    ['that is no JSON', '{', 'access keys: the whole must be JSON'],
    [
      'with a key that lacks something',
      KEYS.replace('"functions"', '"function"'),
      'access keys: keys.TM1 must be no fields but secret, functions, actions, user',
    ],
  ])('says in one line what is wrong with a file %s', async (_, text, message) => {
    const appDir = await temporaryFolder();
    if (text !== undefined) await writeFile(join(appDir, 'keys.json'), text);
    const { exited, output } = run(['dev', '--port', '0', ...withKeys], appDir);
    expect(await exited).toBe(1);
    expect(output()).toContain('task-mode: --access-keys keys.json: ');
    expect(output()).toContain(message);
    expect(output().trim().split('\n')).toHaveLength(1);
  });

  it('refuses keys for an app that checks none', async () => {
    const appDir = await writeApp(API);
    await writeFile(join(appDir, 'keys.json'), KEYS);
    const { exited, output } = run(['dev', '--port', '0', '--access-keys', 'keys.json'], appDir);
    expect(await exited).toBe(1);
    expect(output()).toContain("task-mode: --access-keys is given, but this app's API checks none");
  });

  it('is not needed: else nobody is asked, and the start says so', async () => {
    const { output } = await startDev(await writeApp(API));
    expect(output()).toContain('Nobody is asked here who they are');
  });
});

describe('task-mode dev', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends on %s within 2 s and leaves no process, idle or busy',
    async (signal) => {
      const { child, url, exited, output } = await startDev(await writeApp(API));
      void fetch(`${url}/spin`).catch(() => {});
      await vi.waitFor(() => expect(output()).toContain('Spin | spinning'), { timeout: 5000 });
      const children = await childrenOf(child.pid ?? 0);
      expect(children.length).toBeGreaterThan(0);
      const startMs = performance.now();
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(performance.now() - startMs).toBeLessThan(2000);
      await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]));
    },
  );

  it('leaves no process when it is killed, not even one in an endless loop', async () => {
    const { child, url, exited, output } = await startDev(await writeApp(API));
    expect(await (await fetch(url)).text()).toContain('/000000000000/Test-Queue');
    void fetch(`${url}/spin`).catch(() => {});
    await vi.waitFor(() => expect(output()).toContain('Spin | spinning'), { timeout: 5000 });
    const children = await childrenOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await exited;
    await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]), { timeout: 5000 });
  });

  it('ends on Ctrl-C while the CDK app still runs', async () => {
    const appDir = await writeApp(API);
    await writeFile(join(appDir, 'app.mjs'), 'setInterval(() => {}, 1000);');
    const { child, exited, output } = run(['dev', '--port', '0'], appDir);
    const children = await vi.waitFor(
      async () => {
        const found = await childrenOf(child.pid ?? 0);
        expect(found.length).toBeGreaterThan(0);
        return found;
      },
      { timeout: 5000 },
    );
    child.kill('SIGINT');
    expect(await exited).toBe(1);
    expect(output()).toContain('task-mode: stopped before it was ready');
    await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]));
  });

  it.each([
    [[], 'undefined'],
    [['--allow-local-webhooks'], '"true"'],
  ])(
    'tells the CDK app by its context whether webhooks may reach this machine: %j',
    async (options, told) => {
      const appDir = await writeApp(API);
      const name = 'task-mode:allow-local-webhooks';
      const program = `throw new Error('told ' + JSON.stringify(JSON.parse(process.env.CDK_CONTEXT_JSON)['${name}']));`;
      await writeFile(join(appDir, 'app.mjs'), program);
      const { exited, output } = run(['dev', '--port', '0', ...options], appDir);
      expect(await exited).toBe(1);
      expect(output()).toContain(`Error: told ${told}`);
    },
  );

  it('ends at once on a second Ctrl-C', async () => {
    const { child, url, exited, output } = await startDev(await writeApp(API));
    void fetch(`${url}/spin`).catch(() => {});
    await vi.waitFor(() => expect(output()).toContain('Spin | spinning'), { timeout: 5000 });
    child.kill('SIGINT');
    await vi.waitFor(() => expect(output()).toContain('Stopping'));
    child.kill('SIGINT');
    expect(await exited).toBe(130);
  });

  it('loses no message when it is killed: delayed, waiting and running ones all arrive after a restart', async () => {
    const seen = join(await temporaryFolder(), 'seen');
    const appDir = await writeApp({
      handlers: { ...API.handlers, note: NOTE },
      resources: {
        ...API.resources,
        Queue: { Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 4 } },
        Note: functionResource('note', { Timeout: 3, Environment: { Variables: { SEEN: seen } } }),
        Mapping: mappingResource('Queue', 'Note', { ScalingConfig: { MaximumConcurrency: 2 } }),
      },
    });
    const first = await startDev(appDir);
    await send(first.url, ['running-1', 'running-2']);
    await vi.waitFor(() => expect(first.output().match(/Note \| running/g)).toHaveLength(2), {
      timeout: 5000,
    });
    await send(first.url, ['waiting-1', 'waiting-2', 'waiting-3']);
    await send(first.url, ['delayed-1', 'delayed-2'], 2);
    first.child.kill('SIGKILL');
    await first.exited;
    await expect(readFile(seen)).rejects.toThrow('ENOENT');

    await startDev(appDir);
    await vi.waitFor(
      async () =>
        expect((await readFile(seen, 'utf8')).trim().split('\n').sort()).toEqual([
          'delayed-1',
          'delayed-2',
          'running-1',
          'running-2',
          'waiting-1',
          'waiting-2',
          'waiting-3',
        ]),
      { timeout: 15_000 },
    );
  }, 30_000);
});

/** Notes each message in a file. Those that should be running hang until another message has been noted. */
const NOTE = `
  import { appendFileSync, existsSync } from 'node:fs';
  export const handler = async ({ Records: [{ body }] }) => {
    if (body.startsWith('running') && !existsSync(process.env.SEEN)) {
      console.log('running');
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    appendFileSync(process.env.SEEN, body + '\\n');
  };`;

async function send(url: string, bodies: readonly string[], DelaySeconds = 0) {
  const QueueUrl = await (await fetch(url)).text();
  const sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: new URL(QueueUrl).origin,
    credentials: CREDENTIALS,
  });
  for (const MessageBody of bodies) {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, DelaySeconds }));
  }
  sqs.destroy();
}
