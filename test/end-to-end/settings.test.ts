import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetEventSourceMappingCommand,
  LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, inject, test, vi } from 'vitest';
import { type AsyncTask, errorOf } from './api.ts';
import { startExample } from './runtime.ts';

const assemblyDir = inject('unrulyAssemblyDir');
const { api, runtime } = await startExample({ assemblyDir });

const ACCESS = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const sqs = new SQSClient({ ...ACCESS, endpoint: runtime.endpoints.sqs });
const lambda = new LambdaClient({ ...ACCESS, endpoint: runtime.endpoints.lambda });
afterAll(() => {
  sqs.destroy();
  lambda.destroy();
});

const { Resources } = JSON.parse(readFileSync(join(assemblyDir, 'Unruly.template.json'), 'utf-8'));

/** What a resource of the app is called here, by its logical id without the hash. */
const physical = (name: string) =>
  runtime.ref(Object.keys(Resources).find((id) => id.replace(/[0-9A-F]{8}$/, '') === name) ?? '') ?? '';

/** A handler that has just looked at the function does not know of a Put for 30 s. */
const KNOWN_WITHIN_MS = 40_000;

type Setting = 'async-invoke-config' | 'concurrency';

const path = (name: string, setting: Setting) => `/${name}/${setting}`;
const put = (name: string, setting: Setting, body: unknown) =>
  api.fetch(path(name, setting), { method: 'PUT', body: JSON.stringify(body) });
const get = (name: string, setting: Setting) => api.fetch(path(name, setting));
const remove = (name: string, setting: Setting) => api.fetch(path(name, setting), { method: 'DELETE' });

async function answered(response: Response, status = 200): Promise<Record<string, unknown>> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  return JSON.parse(text);
}

const concurrency = async (name: string) => answered(await get(name, 'concurrency'));

const ended = (name: string, id: string) =>
  vi.waitUntil(
    async () => {
      const task = await api.task(name, id);
      return task.endTime > 0 && task;
    },
    { timeout: 30_000, interval: 100 },
  ) as Promise<AsyncTask>;

/** Runs tasks until one ends as it is to. */
async function untilOne(run: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(run, { timeout: KNOWN_WITHIN_MS, interval: 500 });
}

/** Takes the messages of a queue that there are. */
async function taken(QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
  );
  for (const { ReceiptHandle } of Messages) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  return Messages.map(({ Body = '{}' }) => JSON.parse(Body).requestContext.taskId);
}

test('before anything is put, what was deployed holds', async () => {
  const response = await get('unruly', 'async-invoke-config');
  expect(await errorOf(response)).toMatchObject({
    status: 404,
    Code: 'AsyncConfigNotExists',
    Message: 'AsyncConfig for unruly:LATEST does not exist: what was deployed holds.',
  });
  expect(await errorOf(await remove('unruly', 'async-invoke-config'))).toMatchObject({ status: 404 });
  expect(await concurrency('crowd')).toMatchObject({ reservedConcurrency: 6, currentConcurrency: 6 });
});

test('each field that is put is what tasks run under that are submitted within half a minute', async () => {
  const onSuccess = 'arn:aws:sqs:us-east-1:000000000000:';
  const destination = `${onSuccess}${physical('Successes').split('/').at(-1)}`;
  const before: AsyncTask[] = [];
  for (const name of ['unloadable', 'polite', 'unruly-once']) {
    before.push(await ended(name, await api.accepted(name)));
  }
  expect(before.map(({ status }) => status)).toEqual(['Failed', 'Succeeded', 'Succeeded']);
  expect(before[0]?.alreadyRetriedTimes).toBe(0);
  expect(await taken(physical('Successes'))).toEqual([]);

  await answered(await put('unloadable', 'async-invoke-config', { maxAsyncRetryAttempts: 1 }));
  await answered(
    await put('polite', 'async-invoke-config', { destinationConfig: { onSuccess: { destination } } }),
  );
  await answered(await put('unruly-once', 'async-invoke-config', { maxAsyncEventAgeInSeconds: 1 }));

  const told: string[] = [];
  await Promise.all([
    untilOne(
      async () => (await ended('unloadable', await api.accepted('unloadable'))).alreadyRetriedTimes === 1,
    ),
    untilOne(async () => {
      await ended('polite', await api.accepted('polite'));
      told.push(...(await taken(physical('Successes'))));
      return told.length > 0;
    }),
    untilOne(async () => {
      await answered(await put('unruly-once', 'concurrency', { reservedConcurrency: 0 }));
      const id = await api.accepted('unruly-once');
      const { startedTime } = await api.task('unruly-once', id);
      await vi.waitUntil(() => Date.now() > startedTime + 1500, { timeout: 5000 });
      await answered(await put('unruly-once', 'concurrency', { reservedConcurrency: 2 }));
      return (await ended('unruly-once', id)).status === 'Expired';
    }),
  ]);
}, 90_000);

/** The most tasks that ran at the same time, by their own events. */
function mostAtOnce(tasks: readonly AsyncTask[]): number {
  const steps = tasks.flatMap(({ events, endTime }) => [
    { time: events.find(({ status }) => status === 'Running')?.timestamp ?? 0, change: 1 },
    { time: endTime, change: -1 },
  ]);
  let running = 0;
  let most = 0;
  for (const { change } of steps.sort((a, b) => a.time - b.time || a.change - b.change)) {
    running += change;
    most = Math.max(most, running);
  }
  return most;
}

describe('the concurrency of a function', () => {
  /** Has tasks wait until all are submitted, then lets them run as many at once as `then` says. */
  async function mostOfNineAtOnce(then: () => Promise<Response>): Promise<number> {
    await answered(await put('crowd', 'concurrency', { reservedConcurrency: 0 }));
    const ids: string[] = [];
    while (ids.length < 9) ids.push(await api.accepted('crowd', { payload: { does: 'heed', seconds: 4 } }));
    expect((await then()).ok).toBe(true);
    return mostAtOnce(await Promise.all(ids.map((id) => ended('crowd', id))));
  }

  test('is how many of its tasks run at once', async () => {
    // As deployed: three in each of two instances.
    expect(await mostOfNineAtOnce(() => remove('crowd', 'concurrency'))).toBeLessThanOrEqual(6);
    expect(await concurrency('crowd')).toMatchObject({ reservedConcurrency: 6, currentConcurrency: 6 });
    const twelve = () => put('crowd', 'concurrency', { reservedConcurrency: 12 });
    expect(await mostOfNineAtOnce(twelve)).toBeGreaterThan(6);
    expect(await answered(await twelve())).toEqual({
      functionArn: expect.stringContaining('crowd'),
      reservedConcurrency: 12,
    });
    expect(await concurrency('crowd')).toMatchObject({ reservedConcurrency: 12, currentConcurrency: 12 });
    expect((await remove('crowd', 'concurrency')).status).toBe(204);
    expect(await concurrency('crowd')).toMatchObject({ reservedConcurrency: 6, currentConcurrency: 6 });
  }, 90_000);

  test('of 0 has its tasks wait, and nobody else, until it is put otherwise', async () => {
    await answered(await put('polite', 'concurrency', { reservedConcurrency: 0 }));
    const waiting = await api.accepted('polite');
    await ended('crowd', await api.accepted('crowd'));
    expect(await api.task('polite', waiting)).toMatchObject({ status: 'Enqueued' });
    expect(await concurrency('polite')).toMatchObject({ reservedConcurrency: 0, currentConcurrency: 0 });
    expect((await remove('polite', 'concurrency')).status).toBe(204);
    expect(await ended('polite', waiting)).toMatchObject({ status: 'Succeeded' });
  });

  test('holds again within a minute when a deployment has set it otherwise', async () => {
    await answered(await put('polite', 'concurrency', { reservedConcurrency: 5 }));
    const UUID = physical('TaskModepoliteEventSource');
    const found = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
    expect(found.ScalingConfig).toEqual({ MaximumConcurrency: 5 });
    const ScalingConfig = { MaximumConcurrency: 100 };
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, ScalingConfig }));
    expect(await concurrency('polite')).toMatchObject({ reservedConcurrency: 5, currentConcurrency: 100 });
    expect(await runtime.invoke(physical('TaskModeSweepFunction'), {})).toMatchObject({
      payload: { concurrencies: 1 },
    });
    expect(await concurrency('polite')).toMatchObject({ reservedConcurrency: 5, currentConcurrency: 5 });
    await remove('polite', 'concurrency');
  });
});

describe('what is wrong is refused, with field, value and range, and changes nothing', () => {
  test.each([
    [
      'async-invoke-config',
      { maxAsyncRetryAttempts: 9 },
      'maxAsyncRetryAttempts must be a whole number from 0 to 8, got "9"',
    ],
    [
      'async-invoke-config',
      { maxAsyncEventAgeInSeconds: 604_801 },
      'maxAsyncEventAgeInSeconds must be a whole number of seconds from 1 to 604800, got "604801"',
    ],
    ['async-invoke-config', { asyncTask: 'yes' }, 'asyncTask must be true or false, got "yes"'],
    [
      'async-invoke-config',
      { destinationConfig: { onFailure: { destination: 'https://example.com/x' } } },
      'destinationConfig.onFailure.destination must be one of the destinations that this deployment allows',
    ],
    [
      'concurrency',
      { reservedConcurrency: 7 },
      'reservedConcurrency must be 0 (its tasks wait) or a multiple of 3 from 6 to 3000, as an instance runs 3 tasks at once, got "7"',
    ],
    [
      'concurrency',
      { reservedConcurrency: -1 },
      'reservedConcurrency must be a whole number of tasks at once from 0 to 10000, got "-1"',
    ],
    [
      'concurrency',
      {},
      'reservedConcurrency must be a whole number of tasks at once from 0 to 10000, got none',
    ],
  ] as const)('%s %j', async (setting, body, wanted) => {
    expect(await errorOf(await put('crowd', setting, body))).toMatchObject({
      status: 400,
      Code: 'InvalidArgument',
      Message: expect.stringContaining(wanted),
    });
    expect((await get('crowd', 'async-invoke-config')).status).toBe(404);
    expect(await concurrency('crowd')).toMatchObject({ reservedConcurrency: 6 });
  });

  test.each(['async-invoke-config', 'concurrency'] as const)(
    '%s of a function that is none',
    async (setting) => {
      const body = setting === 'concurrency' ? { reservedConcurrency: 2 } : {};
      for (const response of [
        await get('none', setting),
        await put('none', setting, body),
        await remove('none', setting),
      ]) {
        expect(await errorOf(response)).toMatchObject({ status: 404, Code: 'FunctionNotFound' });
      }
    },
  );

  test('a qualifier but LATEST', async () => {
    const other = await api.fetch('/crowd/async-invoke-config?qualifier=v1', { method: 'PUT', body: '{}' });
    expect(await errorOf(other)).toMatchObject({ status: 404, Code: 'AliasNotFound' });
    expect((await api.fetch('/crowd/async-invoke-config?qualifier=LATEST')).status).toBe(404);
  });
});
