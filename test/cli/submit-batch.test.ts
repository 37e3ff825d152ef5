import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { BatchLog, type BatchRecord } from '../../cli/batch-log.ts';
import { BatchProgress } from '../../cli/batch-progress.ts';
import { submitBatch } from '../../cli/submit-batch.ts';
import { type AsyncTask, type TaskModeClient, TaskModeClientError } from '../../client/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'task-mode-batch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function* tasks(...ids: string[]) {
  for (const [index, taskId] of ids.entries()) yield { line: index + 1, taskId, payload: taskId };
}

type Client = Pick<TaskModeClient, 'submitBatch' | 'wait'>;

/** What the command asks of a client: of each task it answers what it is told to throw, or nothing. */
function clientOf(submit: (taskId: string) => TaskModeClientError | undefined): Client {
  return {
    async submitBatch(_, batch) {
      return batch.map(({ taskId = '' }) => {
        const error = submit(taskId);
        return error === undefined ? { taskId, isAccepted: true } : { taskId, isAccepted: false, error };
      });
    },
    async wait(_, taskId) {
      const task: Partial<AsyncTask> = { taskId, status: 'Succeeded', returnPayload: '{"ok":true}' };
      return task as AsyncTask;
    },
  };
}

/** A client that remembers what it was asked to submit. */
function takingAll(submitted: string[]): Client {
  return clientOf((taskId) => {
    submitted.push(taskId);
    return undefined;
  });
}

function collector() {
  const records: BatchRecord[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      records.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { records, log: BatchLog.toStream(stream) };
}

const OPTIONS = {
  functionName: 'echo',
  requestsAtOnce: 2,
  tasksPerRequest: 2,
  waits: false,
  signal: new AbortController().signal,
};

it('submits each line once, several at once, and says so for each', async () => {
  const submitted: string[] = [];
  const { records, log } = collector();
  const progress = new BatchProgress(5);
  const client = takingAll(submitted);
  await submitBatch(tasks('a', 'b', 'c', 'd', 'e'), { ...OPTIONS, client, log, progress });
  expect(submitted.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(records.map(({ taskId, outcome }) => `${taskId} ${outcome}`).sort()).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((id) => `${id} submitted`),
  );
  expect(progress.liveText()).toContain('█'.repeat(20));
});

it('knows a task of a run before by its payload, and refuses one of somebody else', async () => {
  const { records, log } = collector();
  const client = clientOf((taskId) => {
    const details = { status: 'Running', isSamePayload: taskId === 'mine' };
    return new TaskModeClientError('AsyncTaskAlreadyExists', 'exists', { details });
  });
  await submitBatch(tasks('mine', 'theirs'), { ...OPTIONS, client, log, progress: new BatchProgress(2) });
  expect(records).toEqual(
    expect.arrayContaining([
      { line: 1, taskId: 'mine', outcome: 'known' },
      { line: 2, taskId: 'theirs', outcome: 'refused', code: 'AsyncTaskAlreadyExists', message: 'exists' },
    ]),
  );
});

it('ends at once when nobody answers, and says nothing of the lines that are left', async () => {
  const { records, log } = collector();
  let calls = 0;
  const client = clientOf(() => {
    calls += 1;
    return new TaskModeClientError('ConnectionFailed', 'nobody is there');
  });
  const batch = submitBatch(tasks('a', 'b', 'c', 'd', 'e', 'f'), {
    ...OPTIONS,
    client,
    log,
    progress: new BatchProgress(6),
  });
  await expect(batch).rejects.toThrow('nobody is there');
  expect(records).toEqual([]);
  expect(calls).toBeLessThanOrEqual(4);
});

it('begins no line after an interruption, and finishes those that are begun', async () => {
  const controller = new AbortController();
  const { records, log } = collector();
  const submitted: string[] = [];
  const client = clientOf((taskId) => {
    submitted.push(taskId);
    controller.abort();
    return undefined;
  });
  await submitBatch(tasks('a', 'b', 'c', 'd', 'e', 'f'), {
    ...OPTIONS,
    client,
    log,
    progress: new BatchProgress(6),
    signal: controller.signal,
  });
  expect(records.map(({ taskId }) => taskId).sort()).toEqual(submitted.sort());
  expect(submitted.length).toBeLessThanOrEqual(4);
});

it('goes on with a file: what it says is done is skipped, and a line that was cut off is none', async () => {
  const file = join(folder, 'out.jsonl');
  writeFileSync(file, '{"line":1,"taskId":"a","outcome":"submitted"}\n{"line":2,"taskId":"b","outco');
  const submitted: string[] = [];
  const log = await BatchLog.inFile(file, ({ outcome }) => outcome !== 'refused');
  const progress = new BatchProgress(3);
  const client = takingAll(submitted);
  await submitBatch(tasks('a', 'b', 'c'), { ...OPTIONS, requestsAtOnce: 1, client, log, progress });
  await log.close();
  expect(submitted).toEqual(['b', 'c']);
  expect(progress.countsText()).toBe('2 submitted, 1 done before');
  expect(readFileSync(file, 'utf-8').split('\n')).toEqual([
    '{"line":1,"taskId":"a","outcome":"submitted"}',
    '{"line":2,"taskId":"b","outco',
    '{"line":2,"taskId":"b","outcome":"submitted"}',
    '{"line":3,"taskId":"c","outcome":"submitted"}',
    '',
  ]);
});

it('waits for each, and prints its status and result', async () => {
  const { records, log } = collector();
  const client = takingAll([]);
  await submitBatch(tasks('a'), { ...OPTIONS, client, log, progress: new BatchProgress(1), waits: true });
  expect(records).toEqual([
    { line: 1, taskId: 'a', outcome: 'submitted', status: 'Succeeded', result: { ok: true } },
  ]);
});

it('sends as many in a request as it is told, and two of the same id in two', async () => {
  const requests: string[][] = [];
  const client: Client = {
    ...takingAll([]),
    async submitBatch(_, batch) {
      requests.push(batch.map(({ taskId = '' }) => taskId));
      return batch.map(({ taskId = '' }) => ({ taskId, isAccepted: true }));
    },
  };
  await submitBatch(tasks('a', 'b', 'c', 'd', 'd', 'e'), {
    ...OPTIONS,
    requestsAtOnce: 1,
    tasksPerRequest: 3,
    client,
    log: collector().log,
    progress: new BatchProgress(5),
  });
  expect(requests).toEqual([['a', 'b', 'c'], ['d'], ['d', 'e']]);
});

it('does not wait for a request to be full', async () => {
  const submitted: string[] = [];
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const slow = (async function* () {
    yield { line: 1, taskId: 'a', payload: 1 };
    await end;
    yield { line: 2, taskId: 'b', payload: 2 };
  })();
  const batch = submitBatch(slow, {
    ...OPTIONS,
    client: takingAll(submitted),
    log: collector().log,
    progress: new BatchProgress(2),
  });
  await expect.poll(() => submitted).toEqual(['a']);
  resolve();
  await batch;
  expect(submitted).toEqual(['a', 'b']);
});
