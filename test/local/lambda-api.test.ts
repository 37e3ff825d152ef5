import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, describe, expect, test } from 'vitest';
import { environmentProgram } from '../../local/functions/environment-program.ts';
import type { FunctionDefinition } from '../../local/functions/function-definition.ts';
import { serveLambdaApi } from '../../local/functions/lambda-api.ts';
import { LambdaService } from '../../local/functions/lambda-service.ts';
import { temporaryFolder } from './fixtures/assembly.ts';

const dir = await temporaryFolder();
const throttled: string[] = [];
const lines: string[] = [];
const service = new LambdaService({
  isVerbose: false,
  region: 'us-east-1',
  program: await environmentProgram(join(dir, 'environment.mjs')),
  endpointVariables: {},
  log: (line) => lines.push(line),
  onMetrics: () => undefined,
  onLine: () => undefined,
  onInvocation: () => undefined,
  onThrottle: (functionName) => throttled.push(functionName),
});
const api = await serveLambdaApi(() => service, new Map());
const client = new LambdaClient({
  region: 'us-east-1',
  endpoint: api.endpoint,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
});
afterAll(async () => {
  client.destroy();
  api.close();
  await service.stop(0);
});

async function deploy(name: string, code: string, more: Partial<FunctionDefinition> = {}): Promise<void> {
  const taskRoot = join(dir, name);
  await mkdir(taskRoot);
  await writeFile(join(taskRoot, 'index.mjs'), code);
  service.deploy({
    name,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    label: name,
    taskRoot,
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    environment: {},
    timeoutSeconds: 10,
    memoryMegabytes: 256,
    ...more,
  });
}

async function invoke(FunctionName: string, event: unknown = {}, LogType: 'None' | 'Tail' = 'None') {
  const answer = await client.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)), LogType }),
  );
  return {
    error: answer.FunctionError,
    payload: JSON.parse(answer.Payload?.transformToString() ?? ''),
    log: answer.LogResult && Buffer.from(answer.LogResult, 'base64').toString(),
  };
}

await deploy(
  'chatty',
  `export const handler = async ({ lines, exits }) => {
    for (let n = 1; n <= lines; n += 1) (n % 2 ? console.log : console.error)('line ' + n);
    if (exits) process.exit(3);
    return lines;
  };`,
);

describe('a synchronous invocation', () => {
  test('answers the result and no log that was not asked for', async () => {
    expect(await invoke('chatty', { lines: 3 })).toEqual({ error: undefined, payload: 3, log: undefined });
  });

  test('answers what it logged itself, and nothing of the one before', async () => {
    await invoke('chatty', { lines: 50 });
    const { log } = await invoke('chatty', { lines: 4 }, 'Tail');
    expect(log?.trim().split('\n').sort()).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
  });

  test('answers the last 4 KB of a long log, up to its end', async () => {
    const { log = '' } = await invoke('chatty', { lines: 20_000 }, 'Tail');
    expect(Buffer.byteLength(log)).toBe(4096);
    expect(log).toMatch(/line (19999|20000)\n$/);
  });

  test('of a process that ends answers a function error, and its log', async () => {
    expect(await invoke('chatty', { lines: 1, exits: true }, 'Tail')).toMatchObject({
      error: 'Unhandled',
      payload: { errorType: 'Runtime.ExitError' },
      log: 'line 1\n',
    });
  });

  test('of a function that there is none of is refused', async () => {
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('with more than 6 MB is refused', async () => {
    const event = 'x'.repeat(6 * 1024 * 1024);
    await expect(invoke('chatty', event)).rejects.toMatchObject({ name: 'RequestTooLargeException' });
  });
});

test('more at once than are reserved are refused and counted, and none is refused afterwards', async () => {
  await deploy(
    'single',
    'export const handler = (ms) => new Promise((resolve) => setTimeout(() => resolve(ms), ms));',
    { reservedConcurrency: 1 },
  );
  expect(await invoke('single', 0)).toMatchObject({ payload: 0 });
  const running = invoke('single', 1000);
  await expect.poll(() => invoke('single', 0).catch(({ name }) => name)).toBe('TooManyRequestsException');
  expect(new Set(throttled)).toEqual(new Set(['single']));
  expect(await running).toMatchObject({ payload: 1000 });
  expect(await invoke('single', 0)).toMatchObject({ payload: 0 });
});

describe('an asynchronous invocation', () => {
  const invokeEvent = (FunctionName: string, Payload: string) =>
    client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: Buffer.from(Payload) }));

  test('is answered before it has ended, and runs', async () => {
    await deploy('later', 'export const handler = async ({ n }) => { console.log("ran", n); };');
    expect(await invokeEvent('later', '{"n":7}')).toMatchObject({ StatusCode: 202 });
    await expect.poll(() => lines).toContain('later | ran 7');
  });

  test('that fails is logged, for nobody waits', async () => {
    await deploy('failing-later', 'export const handler = async () => { throw new RangeError("too far"); };');
    expect(await invokeEvent('failing-later', '')).toMatchObject({ StatusCode: 202 });
    const line = 'task-mode | asynchronous invocation of failing-later: RangeError: too far';
    await expect.poll(() => lines).toContain(line);
  });

  test('has a payload of at most 1 MiB', async () => {
    const tooMuch = JSON.stringify('x'.repeat(1024 * 1024));
    await expect(invokeEvent('later', tooMuch)).rejects.toMatchObject({ name: 'RequestTooLargeException' });
    await expect(invokeEvent('nobody', '{}')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
