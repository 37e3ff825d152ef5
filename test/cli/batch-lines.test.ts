import { expect, it } from 'vitest';
import { type BatchTask, batchTasks, type LineOptions } from '../../cli/batch-lines.ts';

const OPTIONS: LineOptions = { name: '', asTasks: false };

async function tasksOf(lines: readonly string[], options: Partial<LineOptions> = {}): Promise<BatchTask[]> {
  const tasks: BatchTask[] = [];
  const source = (async function* () {
    yield* lines;
  })();
  for await (const task of batchTasks(source, { ...OPTIONS, ...options })) tasks.push(task);
  return tasks;
}

const idsOf = async (lines: readonly string[], options: Partial<LineOptions> = {}) =>
  (await tasksOf(lines, options)).map((task) => ('taskId' in task ? task.taskId : undefined));

it('gives the same lines the same ids, wherever they stand and whatever stands between', async () => {
  const [one, two] = await idsOf(['{"n":1}', '{"n":2}']);
  expect(await idsOf(['"new"', '{"n":2}', '', '  {"n":1}  '])).toEqual([expect.anything(), two, one]);
  expect(one).toMatch(/^b-[0-9a-f]{32}$/);
});

it('makes each of several lines that are the same a task of its own', async () => {
  const ids = await idsOf(['1', '1', '1']);
  expect(new Set(ids).size).toBe(3);
  expect(await idsOf(['1', '2', '1', '1'])).toEqual([ids[0], expect.anything(), ids[1], ids[2]]);
});

it('gives them other ids under another name', async () => {
  const [one] = await idsOf(['1']);
  const [other] = await idsOf(['1'], { name: 'tuesday' });
  expect(other).not.toBe(one);
});

it('takes ids from a field of the payload, which stays whole', async () => {
  const [task, ...problems] = await tasksOf(['{"id":"a-1","n":1}', '{"n":1}', '{"id":5}', '7'], {
    idField: 'id',
  });
  expect(task).toEqual({ line: 1, taskId: 'a-1', payload: { id: 'a-1', n: 1 } });
  expect(problems).toEqual([
    { line: 2, problem: expect.stringContaining('"id" is absent: want a TaskID') },
    { line: 3, problem: expect.stringContaining('"id" is 5: want a TaskID') },
    { line: 4, problem: expect.stringContaining('"id" is absent: want a TaskID') },
  ]);
});

it('reads tasks whole, and names what is none', async () => {
  const tasks = await tasksOf(
    [
      '{"taskId":"a","payload":1,"delaySeconds":5}',
      '{"payload":2}',
      '[]',
      '{"id":"a"}',
      '{"delaySeconds":"5"}',
      '{"taskId":"1a"}',
    ],
    { asTasks: true },
  );
  expect(tasks).toEqual([
    { line: 1, taskId: 'a', payload: 1, delaySeconds: 5 },
    { line: 2, taskId: expect.stringMatching(/^b-/), payload: 2 },
    { line: 3, problem: 'want an object {"taskId", "payload", "delaySeconds"}' },
    { line: 4, problem: '"id" is no field: want taskId, payload, delaySeconds' },
    { line: 5, problem: '"delaySeconds" is "5": want a number' },
    { line: 6, problem: expect.stringContaining('"taskId" is "1a": want a TaskID') },
  ]);
});

it('counts lines as editors do, and goes on after one that is no JSON', async () => {
  expect(await tasksOf(['', 'oops', '3'])).toEqual([
    { line: 2, problem: expect.stringContaining('is not valid JSON') },
    { line: 3, taskId: expect.anything(), payload: 3 },
  ]);
});

it('keeps every digit of a number', async () => {
  const [task] = await tasksOf(['{"id":12345678901234567890,"price":1.10}']);
  expect(JSON.stringify(task && 'payload' in task && task.payload)).toBe(
    '{"id":12345678901234567890,"price":1.10}',
  );
});
