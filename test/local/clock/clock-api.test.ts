import { request } from 'node:http';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { CREDENTIALS } from '../../../local/engines/engine.ts';
import { type LocalRuntime, type LocalRuntimeOptions, startLocalRuntime } from '../../../local/runtime.ts';
import { functionResource, mappingResource, temporaryFolder, writeAssembly } from '../fixtures/assembly.ts';

const DAY = 86_400;

/** Tells the time as the main thread, another one and an endless loop have it. */
const TELLS_TIME = `
import { Worker } from 'node:worker_threads';
const OTHER = new URL("data:text/javascript,import { parentPort } from 'node:worker_threads'; parentPort.postMessage(Date.now());");
export const handler = async ({ untilLater }, context) => {
  const start = Date.now();
  if (untilLater) console.log('begun');
  while (untilLater && Date.now() - start < untilLater && performance.now() < 60_000);
  const thread = await new Promise((resolve) => new Worker(OTHER).once('message', resolve));
  return { start, main: Date.now(), thread, remaining: context.getRemainingTimeInMillis() };
};`;

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const assemblyDir = await writeAssembly({
  handlers: {
    time: TELLS_TIME,
    tick: "export const handler = async () => console.log('ticked');",
    told: 'export const handler = async ({ Records }) => { for (const { body } of Records) console.log(body); };',
  },
  resources: {
    Time: functionResource('time', { Timeout: 60 }),
    Tick: functionResource('tick'),
    Told: functionResource('told'),
    Queue: { Type: 'AWS::SQS::Queue' },
    ToldOfQueue: mappingResource('Queue', 'Told'),
    EachMinute: {
      Type: 'AWS::Events::Rule',
      Properties: { ScheduleExpression: 'rate(1 minute)', Targets: [{ Arn: arnOf('Tick'), Id: 'Target0' }] },
    },
    Daily: {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'cron(0 3 * * ? *)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: arnOf('Queue'), RoleArn: 'arn:role', Input: 'daily <aws.scheduler.scheduled-time>' },
      },
    },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        RoleArn: 'arn:role',
        DefinitionString: JSON.stringify({
          StartAt: 'Wait',
          States: { Wait: { Type: 'Wait', Seconds: 3600, End: true } },
        }),
      },
    },
  },
});

const runtimes = new Set<LocalRuntime>();
afterAll(() => Promise.all([...runtimes].map((runtime) => runtime.stop())));

async function start(options: LocalRuntimeOptions = {}) {
  const lines: string[] = [];
  const dataDir = options.dataDir ?? (await temporaryFolder());
  const log = (line: string) => lines.push(line);
  const runtime = await startLocalRuntime({ assemblyDir, port: 0, log, ...options, dataDir });
  runtimes.add(runtime);
  const stop = async () => {
    runtimes.delete(runtime);
    await runtime.stop();
  };
  return { runtime, lines, dataDir, stop };
}

const clockOf = async ({ url }: LocalRuntime) => (await fetch(`${url}/_local/clock`)).json();

async function advance({ url }: LocalRuntime, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/_local/clock/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return {
    status: response.status,
    ...((await response.json()) as { advancedMs?: number; message?: string }),
  };
}

const advanceBy = async (runtime: LocalRuntime, seconds: number) => {
  expect((await advance(runtime, JSON.stringify({ seconds }))).status).toBe(200);
};

const options = (endpoint: string) => ({ region: 'us-east-1', endpoint, credentials: CREDENTIALS });

describe('the clock of a runtime', async () => {
  const { runtime, lines } = await start();

  test('is that of the machine, until it is advanced: by then in every process and thread, also in a loop that runs', async () => {
    expect(await clockOf(runtime)).toEqual({ time: expect.any(Number), advancedMs: 0 });
    const running = runtime.invoke('Test-Time', { untilLater: 3_600_000 });
    await vi.waitFor(() => expect(lines).toContain('Time | begun'), { timeout: 15_000 });
    const before = Date.now();
    await advanceBy(runtime, 3600);
    const { payload } = (await running) as { payload: Record<string, number> };
    const { start: begun = 0, main = 0, thread = 0, remaining = 0 } = payload;
    expect(Math.abs(begun - before)).toBeLessThan(30_000);
    for (const time of [main, thread]) expect(Math.abs(time - Date.now())).toBeLessThan(30_000);
    // Its time-out goes on as it did.
    expect(remaining).toBeGreaterThan(10_000);
    const state = (await clockOf(runtime)) as { time: number; advancedMs: number };
    expect(state.advancedMs).toBe(3_600_000);
    expect(Math.abs(state.time - Date.now())).toBeLessThan(5000);
    const { headers } = await fetch(`${runtime.url}/anything`);
    expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).toBeLessThan(5000);
  });

  test('when advanced, brings what was delayed at once, and a schedule of each minute or day once, not each time', async () => {
    await vi.waitFor(() => expect(lines).toContain('Tick | ticked'), { timeout: 15_000 });
    const sqs = new SQSClient(options(runtime.endpoints.sqs));
    const sfn = new SFNClient(options(runtime.endpoints.sfn));
    const QueueUrl = runtime.ref('Queue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 900 }));
    const { executionArn } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn: runtime.ref('Machine') }),
    );
    await advanceBy(runtime, 1);
    const ticks = () => lines.filter((line) => line === 'Tick | ticked').length;
    const ticksBefore = ticks();
    expect(lines).not.toContain('Told | delayed');
    await advanceBy(runtime, 7 * DAY);
    await vi.waitFor(() => expect(lines).toContain('Told | delayed'), { timeout: 15_000 });
    await vi.waitFor(() => expect(ticks()).toBe(ticksBefore + 1), { timeout: 15_000 });
    const last = new Date(Date.now() - 3 * 3_600_000).toISOString().slice(0, 10);
    await vi.waitFor(() => expect(lines).toContain(`Told | daily ${last}T03:00:00Z`), { timeout: 15_000 });
    expect(lines.filter((line) => line.startsWith('Told | daily'))).toHaveLength(1);
    await vi.waitFor(
      async () =>
        expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).toBe('SUCCEEDED'),
      { timeout: 15_000 },
    );
    sqs.destroy();
    sfn.destroy();
  });

  test.each([
    [
      '{"seconds": -1}',
      'seconds is -1: want a number from 0.001 to 2592000 (30 days): the clock goes forward only',
    ],
    ['{"seconds": 2592001}', 'seconds is 2592001: want a number'],
    ['{"seconds": "60"}', 'seconds is "60": want a number'],
    ['{"seconds": null}', 'seconds is null: want a number'],
    ['{}', 'seconds is undefined: want a number'],
    ['{"minutes": 1}', 'minutes is not known: want {"seconds": N}'],
    ['[]', 'the body is []: want {"seconds": N}'],
    ['soon', 'the body is "soon": want {"seconds": N}'],
  ])('refuses %s', async (body, message) => {
    const before = (await clockOf(runtime)) as { advancedMs: number };
    const answer = await advance(runtime, body);
    expect(answer).toMatchObject({ status: 400, message: expect.stringContaining(message) });
    expect(await clockOf(runtime)).toMatchObject({ advancedMs: before.advancedMs });
  });

  test('answers no pages of other sites, whatever name they have for it, and no other methods', async () => {
    const one = '{"seconds": 1}';
    const { host } = new URL(runtime.url);
    const foreign = { status: 403, message: 'Pages of other sites are not answered' };
    expect(await advance(runtime, one, { origin: 'https://example.com' })).toEqual(foreign);
    expect(await advance(runtime, one, { origin: 'null' })).toEqual(foreign);
    expect(await advance(runtime, one, { 'sec-fetch-site': 'same-site' })).toEqual(foreign);
    expect((await advance(runtime, one, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await advance(runtime, one, { origin: `http://${host}` })).status).toBe(200);
    expect((await fetch(`${runtime.url}/_local/clock/advance`)).status).toBe(405);
    expect((await fetch(`${runtime.url}/_local/clock`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${runtime.url}/_local/clock/back`)).status).toBe(404);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = request(`${runtime.url}/_local/clock`, { headers: { host: 'evil.example:80' } });
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
      outgoing.on('error', reject).end();
    });
    expect(rebound).toBe(403);
  });
});

test('a clock is as far ahead after a restart, and that of the machine again with fresh', async () => {
  const first = await start();
  await advanceBy(first.runtime, 90);
  await first.stop();
  const second = await start({ dataDir: first.dataDir });
  expect(await clockOf(second.runtime)).toMatchObject({ advancedMs: 90_000 });
  await advanceBy(second.runtime, 0.5);
  await second.stop();
  const third = await start({ dataDir: first.dataDir });
  expect(await clockOf(third.runtime)).toMatchObject({ advancedMs: 90_500 });
  await third.stop();
  const fresh = await start({ dataDir: first.dataDir, fresh: true });
  expect(await clockOf(fresh.runtime)).toMatchObject({ advancedMs: 0 });
  await fresh.stop();
});

test('a clock is not advanced beside an SQS that has its own', async () => {
  const { runtime, stop } = await start();
  const { runtime: other, stop: stopOther } = await start({ sqsEndpoint: runtime.endpoints.sqs });
  expect(await advance(other, '{"seconds": 1}')).toMatchObject({
    status: 409,
    message: 'the clock cannot be advanced with --sqs-endpoint: the time of its messages is its own',
  });
  await stopOther();
  await stop();
});
