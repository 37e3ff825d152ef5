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

/** What the command asks of a client: a submit that answers as it is told, and a wait. */
function clientOf(submit: (taskId: string) => void): TaskModeClient {
  const client: Pick<TaskModeClient, 'submit' | 'wait'> = {
    async submit(_, __, { taskId = '' } = {}) {
      submit(taskId);
      return { taskId, requestId: undefined };
    },
    async wait(_, taskId) {
      const task: Partial<AsyncTask> = { taskId, status: 'Succeeded', returnPayload: '{"ok":true}' };
      return task as AsyncTask;
    },
  };
  return client as TaskModeClient;
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

const OPTIONS = { functionName: 'echo', atOnce: 3, waits: false, signal: new AbortController().signal };

it('submits each line once, several at once, and says so for each', async () => {
  const submitted: string[] = [];
  const { records, log } = collector();
  const progress = new BatchProgress(5);
  const client = clientOf((taskId) => submitted.push(taskId));
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
    throw new TaskModeClientError('AsyncTaskAlreadyExists', 'exists', { details });
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
    throw new TaskModeClientError('ConnectionFailed', 'nobody is there');
  });
  const batch = submitBatch(tasks('a', 'b', 'c', 'd', 'e', 'f'), {
    ...OPTIONS,
    client,
    log,
    progress: new BatchProgress(6),
  });
  await expect(batch).rejects.toThrow('nobody is there');
  expect(records).toEqual([]);
  expect(calls).toBeLessThanOrEqual(3);
});

it('begins no line after an interruption, and finishes those that are begun', async () => {
  const controller = new AbortController();
  const { records, log } = collector();
  const submitted: string[] = [];
  const client = clientOf((taskId) => {
    submitted.push(taskId);
    controller.abort();
  });
  await submitBatch(tasks('a', 'b', 'c', 'd', 'e', 'f'), {
    ...OPTIONS,
    client,
    log,
    progress: new BatchProgress(6),
    signal: controller.signal,
  });
  expect(records.map(({ taskId }) => taskId).sort()).toEqual(submitted.sort());
  expect(submitted.length).toBeLessThanOrEqual(3);
});

it('goes on with a file: what it says is done is skipped, and a line that was cut off is none', async () => {
  const file = join(folder, 'out.jsonl');
  writeFileSync(file, '{"line":1,"taskId":"a","outcome":"submitted"}\n{"line":2,"taskId":"b","outco');
  const submitted: string[] = [];
  const log = await BatchLog.inFile(file, ({ outcome }) => outcome !== 'refused');
  const progress = new BatchProgress(3);
  const client = clientOf((taskId) => submitted.push(taskId));
  await submitBatch(tasks('a', 'b', 'c'), { ...OPTIONS, atOnce: 1, client, log, progress });
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
  const client = clientOf(() => undefined);
  await submitBatch(tasks('a'), { ...OPTIONS, client, log, progress: new BatchProgress(1), waits: true });
  expect(records).toEqual([
    { line: 1, taskId: 'a', outcome: 'submitted', status: 'Succeeded', result: { ok: true } },
  ]);
});
