import { join, resolve } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import aslValidator from 'asl-validator';
import { Jimp, JimpMime } from 'jimp';
import { afterAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { KillableRuntime } from '../../bench/chaos/killable-runtime.ts';
import { synthesize } from '../../local/assembly/synthesize.ts';
import { Api, type AsyncTask, statusesOf } from './api.ts';
import { startExample, temporaryFolder } from './runtime.ts';
import { definitionsOf, executionsAt, logicalIdOf, workflowsOf } from './workflows.ts';

const assemblyDir = temporaryFolder('assembly');
await synthesize({
  appDir: resolve('test/end-to-end/workflows-app'),
  outDir: assemblyDir,
  region: 'us-east-1',
  accountId: '000000000000',
  log: () => undefined,
  verbose: false,
});
const { api, runtime } = await startExample({ assemblyDir });
const workflows = workflowsOf(runtime, assemblyDir);

const s3 = new S3Client({
  region: 'us-east-1',
  endpoint: runtime.endpoints.s3,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
afterAll(() => s3.destroy());
const Bucket = workflows.refOf('Media') ?? '';

/** A real JPEG in the color, of 400 x 300 pixels. */
async function photo(color: number): Promise<Buffer> {
  const picture = new Jimp({ width: 400, height: 300, color });
  return picture.getBuffer(JimpMime.jpeg);
}

async function object(key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

/** The workflow's output, once it has succeeded. */
async function outputOf(executionArn: string) {
  const { status, output = 'null', error, cause } = await workflows.ended(executionArn);
  expect(status, `${error}: ${cause}`).toBe('SUCCEEDED');
  return JSON.parse(output);
}

test.each([
  ['the example', inject('assemblyDir'), 'TaskMode', ['media']],
  ['this file', assemblyDir, 'Workflows', ['media', 'each', 'many', 'timed', 'called']],
])('the definitions of the app of %s are valid', (_, dir, stackName, workflowNames) => {
  const definitions = definitionsOf(dir, stackName);
  expect(Object.keys(definitions)).toHaveLength(workflowNames.length);
  for (const [id, definition] of Object.entries(definitions)) {
    expect(aslValidator(definition), id).toMatchObject({ isValid: true });
  }
});

describe('media', () => {
  const base64 = async (color: number) => (await photo(color)).toString('base64');

  test('makes thumbnails, a contact sheet and a manifest of real images; a corrupt one is reported', async () => {
    await s3.send(new PutObjectCommand({ Bucket, Key: 'photos/sea.jpg', Body: await photo(0x3366ccff) }));
    const images = [
      await base64(0xcc3333ff),
      { key: 'photos/sea.jpg' },
      'bm8gaW1hZ2U=',
      await base64(0x33cc33ff),
    ];
    const arn = await workflows.start('media', { images, size: 64, columns: 2 });
    const folder = `media/${arn.split(':').at(-1)}`;
    expect(await outputOf(arn)).toEqual({
      contactSheet: { key: `${folder}/contact-sheet.jpg`, images: 3, width: 152, height: 152 },
      manifest: {
        key: `${folder}/manifest.json`,
        made: 3,
        failed: [{ index: 2, error: 'NonRetryableError', cause: expect.stringContaining('image must be') }],
      },
    });
    const { images: listed } = JSON.parse((await object(`${folder}/manifest.json`)).toString());
    expect(listed[1]).toEqual({ key: `${folder}/1.png`, width: 64, height: 48 });
    const sheet = await Jimp.read(await object(`${folder}/contact-sheet.jpg`));
    // The second of two columns shows the sea, within the error of a JPEG.
    const { b, r } = {
      b: (sheet.getPixelColor(110, 40) >>> 8) & 255,
      r: sheet.getPixelColor(110, 40) >>> 24,
    };
    expect(b).toBeGreaterThan(180);
    expect(r).toBeLessThan(80);
    // Six tasks: one for each image, and two of what is made of all.
    const tasks = await workflows.tasksOf(arn);
    expect(tasks).toHaveLength(6);
    const statuses = tasks.map(async (task) => (await api.task(task.functionName, task.taskId)).status);
    expect((await Promise.all(statuses)).sort()).toEqual(['Failed', ...Array(5).fill('Succeeded')]);
  }, 60_000);

  test('runs a task again that failed: one record, of two series of attempts', async () => {
    const arn = await workflows.start('media', { images: [await base64(0xcc3333ff)], size: 65 });
    expect(await outputOf(arn)).toMatchObject({ manifest: { made: 1, failed: [] } });
    const made = (await workflows.tasksOf(arn)).filter(({ functionName }) => functionName === 'thumbnail');
    expect(made).toHaveLength(1);
    const run = ['Enqueued', 'Processed', 'Running'];
    expect(statusesOf(await api.task('thumbnail', made[0]?.taskId ?? ''))).toEqual([
      ...run,
      'Failed',
      ...run,
      'Succeeded',
    ]);
  });
});

/** How the tasks of an execution stand. */
async function tasksOf(executionArn: string): Promise<AsyncTask[]> {
  const tasks = await workflows.tasksOf(executionArn);
  return Promise.all(tasks.map(({ functionName, taskId }) => api.task(functionName, taskId)));
}

const statusesIn = async (executionArn: string) =>
  (await tasksOf(executionArn)).map(({ status }) => status).sort();

describe('an execution that is stopped', () => {
  test('has all its tasks stopped, those that run and those that wait, and their processes end', async () => {
    const item = { does: 'spin', seconds: 60 };
    const arn = await workflows.start('each', Array(4).fill(item));
    const running = Array(2).fill('Running');
    await expect
      .poll(() => statusesIn(arn), { timeout: 20_000 })
      .toEqual(['Enqueued', 'Enqueued', ...running]);
    const pids = runtime.environmentPids('work');
    expect(pids).toHaveLength(2);
    await workflows.stop(arn);
    await workflows.stop(arn);
    await expect.poll(() => statusesIn(arn), { timeout: 20_000 }).toEqual(Array(4).fill('Stopped'));
    await expect.poll(() => pids.filter((pid) => runtime.environmentPids('work').includes(pid))).toEqual([]);
    expect((await workflows.describe(arn)).status).toBe('ABORTED');
  }, 60_000);
});

describe('a state whose time is up', () => {
  test('and is caught has its running task stopped, and one that had not started never runs', async () => {
    const ignores = { does: 'ignore', seconds: 60, withinSeconds: 5 };
    const filler = await api.accepted('work', { payload: ignores });
    await api.until('work', filler, 'Running');
    const runs = await workflows.start('timed', ignores);
    await expect.poll(() => statusesIn(runs), { timeout: 10_000 }).toEqual(['Running']);
    const waits = await workflows.start('timed', ignores);
    for (const arn of [runs, waits]) expect(await outputOf(arn)).toEqual({ caught: 'States.Timeout' });
    await expect.poll(() => statusesIn(runs), { timeout: 10_000 }).toEqual(['Stopped']);
    const [task] = await tasksOf(runs);
    expect(statusesOf(task as AsyncTask)).toEqual([
      'Enqueued',
      'Processed',
      'Running',
      'Stopping',
      'Stopped',
    ]);
    await api.stop('work', filler);
    await expect.poll(() => statusesIn(waits), { timeout: 20_000 }).toEqual(['Expired']);
  }, 60_000);
});

describe("a state that waits for its code's callback", () => {
  test("gets what the code answers, and not the task's result", async () => {
    const arn = await workflows.start('called', { withinSeconds: 60 });
    expect(await outputOf(arn)).toEqual({ answer: 42 });
    await expect.poll(() => statusesIn(arn)).toEqual(['Succeeded']);
  });

  test('gives up on code that has fallen silent, whose task is stopped then', async () => {
    const arn = await workflows.start('called', { isSilent: true, withinSeconds: 5 });
    expect(await outputOf(arn)).toEqual({ caught: 'States.Timeout' });
    await expect.poll(() => statusesIn(arn), { timeout: 15_000 }).toEqual(['Stopped']);
  }, 45_000);
});

test('after a kill in the middle of a Map of 200 tasks, each task ends and says so, and the execution too', async () => {
  const dataDir = temporaryFolder('killed');
  const killable = await KillableRuntime.start(
    { assemblyDir, dataDir, port: 0, sweepId: logicalIdOf(assemblyDir, 'Workflows', 'SweepFunction') },
    join(dataDir, 'runtime.log'),
  );
  onTestFinished(() => killable.stop());
  const machineOf = (name: string) => workflows.refOf(`Workflows${name}`) ?? '';
  const before = executionsAt(killable.sfnEndpoint, machineOf);
  const work = { does: 'heed', seconds: 0.3 };
  const arn = await before.start('each', Array(200).fill(work));
  const endedBefore = async () =>
    (await new Api(killable.url).listAll('work')).filter(({ status }) => status === 'Succeeded').length;
  await expect.poll(endedBefore, { timeout: 60_000 }).toBeGreaterThanOrEqual(10);
  const submitted = await before.tasksOf(arn);
  await killable.restart();

  const after = executionsAt(killable.sfnEndpoint, machineOf);
  expect(await after.ended(arn)).toMatchObject({ status: 'ABORTED', error: 'LocalRuntime.Restarted' });
  const api = new Api(killable.url);
  const unfinished = async () =>
    (await api.listAll('work')).filter(({ status }) => status !== 'Succeeded' && status !== 'Stopped');
  await expect.poll(unfinished, { timeout: 60_000, interval: 500 }).toEqual([]);
  const tasks = await api.listAll('work');
  const ids = tasks.map(({ taskId }) => taskId);
  expect(ids).toEqual(expect.arrayContaining(submitted.map(({ taskId }) => taskId)));
  // None that waited was begun after all: 40 at once had been submitted.
  expect(tasks.filter(({ status }) => status === 'Stopped').length).toBeGreaterThan(20);
}, 180_000);

describe('over the API', () => {
  const media = `${runtime.url}/2023-03-30/workflows/media/executions`;
  const start = (body: object) => fetch(media, { method: 'POST', body: JSON.stringify(body) });
  const read = async (path: string) => JSON.parse(await (await fetch(`${media}${path}`)).text());
  const until = (path: string, status: string) =>
    expect.poll(async () => (await read(path)).status, { timeout: 30_000, interval: 100 }).toBe(status);

  test('a workflow is started once under its name, and read to its steps and their tasks', async () => {
    const image = (await photo(0xcc3333ff)).toString('base64');
    const body = { name: 'album-1', input: { images: [image, 'bm8gaW1hZ2U=', image], size: 32 } };
    const started = await start(body);
    expect(started.status).toBe(202);
    const execution = (await started.json()) as object;
    expect(execution).toMatchObject({
      workflowName: 'media',
      executionName: 'album-1',
      status: 'Running',
      endTime: 0,
    });
    const other = await start({ ...body, input: { images: [] } });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({
      Code: 'ExecutionAlreadyExists',
      executionName: 'album-1',
    });
    await until('/album-1', 'Succeeded');
    const again = await start(body);
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ ...execution, status: 'Succeeded', endTime: expect.any(Number) });

    const { input, output } = await read('/album-1');
    expect(JSON.parse(input)).toEqual(body.input);
    expect(JSON.parse(output)).toMatchObject({ manifest: { made: 2 } });
    const { steps, isComplete } = await read('/album-1/history');
    expect(isComplete).toBe(true);
    const thumbnails = steps.filter(
      ({ functionName }: { functionName?: string }) => functionName === 'thumbnail',
    );
    expect(
      thumbnails
        .map(({ mapIndex, status, taskStatus }: Record<string, unknown>) => [mapIndex, status, taskStatus])
        .sort(),
    ).toEqual([
      [0, 'Succeeded', 'Succeeded'],
      [1, 'Caught', 'Failed'],
      [2, 'Succeeded', 'Succeeded'],
    ]);
    const first = await api.task('thumbnail', thumbnails[0].taskId);
    expect(first.startedTime).toBeGreaterThanOrEqual(thumbnails[0].enteredTime - 1000);
    const page = await read('/album-1/history?limit=2');
    const next = await read(`/album-1/history?limit=2&nextToken=${page.nextToken}`);
    expect([...page.steps, ...next.steps]).toEqual(steps.slice(0, 4));
    const { executions } = await read('?status=Succeeded');
    expect(
      executions.filter(({ executionName }: Record<string, unknown>) => executionName === 'album-1'),
    ).toHaveLength(1);
  }, 60_000);

  test('an execution is stopped, and its tasks with it', async () => {
    const image = (await photo(0x3366ccff)).toString('base64');
    await start({ name: 'stopped-1', input: { images: Array(4).fill(image), size: 66 } });
    await expect
      .poll(
        async () =>
          (await read('/stopped-1/history')).steps.some(
            ({ taskStatus }: Record<string, unknown>) => taskStatus,
          ),
        { timeout: 10_000, interval: 50 },
      )
      .toBe(true);
    const stop = () =>
      fetch(`${media}/stopped-1/stop`, { method: 'PUT', body: JSON.stringify({ error: 'Enough' }) });
    expect([(await stop()).status, (await stop()).status]).toEqual([204, 204]);
    expect(await read('/stopped-1')).toMatchObject({ status: 'Stopped', error: 'Enough' });
    // One may have ended before the stop.
    const ends = ['Stopped', 'Succeeded', undefined];
    const statuses = async () =>
      (await read('/stopped-1/history')).steps.map(({ taskStatus }: Record<string, unknown>) => taskStatus);
    await expect
      .poll(async () => (await statuses()).every((status: unknown) => ends.includes(status as string)), {
        timeout: 15_000,
      })
      .toBe(true);
    expect((await fetch(`${media}/nobody`)).status).toBe(404);
  });
});
