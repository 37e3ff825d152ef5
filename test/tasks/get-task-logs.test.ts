import { describe, expect, test, vi } from 'vitest';
import { LogReader } from '../../lambdas/aws/log-reader.ts';
import { LOG_WORK_MS } from '../../lambdas/domain/limits.ts';
import type { TaskKey } from '../../lambdas/domain/task.ts';
import { getTaskLogs, type LogPlace, type LogRequest } from '../../lambdas/tasks/get-task-logs.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { startLogs } from '../aws/logs-engine.ts';
import { startWorld } from './world.ts';

const world = await startWorld();
const { time, submit, deliver } = world;
const { store, client } = await startLogs();
const deps = { ...world, logs: new LogReader({ client }) };
await world.register('crowd', { instanceConcurrency: 3 });

const FAILURE = {
  isSuccess: false,
  failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
} as const;

const read = (key: TaskKey, request: Partial<LogRequest> = {}) =>
  getTaskLogs(deps, { key, startTime: 0, limit: 200, ...request });

const messages = async (key: TaskKey, request?: Partial<LogRequest>) =>
  (await read(key, request)).lines.map(({ message }) => message);

/** An instance of the function logs. */
function log({ functionName, taskId }: TaskKey, message: string, more: object = {}): void {
  logText(functionName, JSON.stringify({ level: 'INFO', requestId: 'r', taskId, message, ...more }));
}

function logText(functionName: string, text: string): void {
  store.add({ logGroup: `${functionName}-logs`, stream: 'instance-1', time: time.now, text });
}

/** Runs an attempt that logs, and takes a second. */
const run = (key: TaskKey, says: () => void, outcome: object = { isSuccess: true, resultText: '1' }) =>
  deliver(key, async () => {
    says();
    time.now += 1000;
    return outcome as never;
  });

/** Long after whatever came before. */
const later = () => {
  time.now += 60_000;
};

test('a task that has not run has logged nothing, and may still', async () => {
  const key = await submit();
  expect(await read(key)).toMatchObject({ lines: [], isUpToDate: true, readTo: expect.anything() });
});

test('the lines of a task that runs can be read, and those that come later behind them', async () => {
  later();
  const key = await submit();
  await run(key, () => undefined, { isSuccess: false, isHandedBack: true, cause: 'test' });
  later();
  await deliver(key, async () => {
    log(key, 'one');
    const first = await read(key);
    expect(first).toMatchObject({ lines: [{ message: 'one' }], isUpToDate: true });
    log(key, 'two, of the same instant');
    const second = await read(key, { after: first.readTo });
    expect(second.lines.map(({ message }) => message)).toEqual(['two, of the same instant']);
    expect(await read(key, { after: second.readTo })).toMatchObject({ lines: [], readTo: second.readTo });
    return { isSuccess: true, resultText: '1' };
  });
});

test('there is no next page once a task has ended and what it logged has had time to arrive', async () => {
  later();
  const key = await submit();
  await run(key, () => log(key, 'only'));
  const right = await read(key);
  expect(right).toMatchObject({ isUpToDate: true, readTo: expect.anything() });
  later();
  expect(await read(key, { after: right.readTo })).toEqual({
    lines: [],
    isUpToDate: true,
    readTo: undefined,
  });
  expect(await read(key)).toMatchObject({ lines: [{ message: 'only' }], readTo: undefined });
});

test('pages of any size make the same log', async () => {
  later();
  const key = await submit();
  await run(key, () => {
    for (let n = 0; n < 50; n += 1) {
      log(key, `line ${n}`);
      if (n % 7 === 0) time.now += 1;
      logText('echo', '{"_aws":{}}');
    }
  });
  later();
  const whole = await messages(key);
  expect(whole).toHaveLength(50);
  for (const limit of [1, 3, 49, 50]) {
    const pages: string[] = [];
    let after: LogPlace | undefined;
    do {
      const page = await read(key, { limit, after });
      expect(page.lines.length).toBeLessThanOrEqual(limit);
      pages.push(...page.lines.map(({ message }) => message));
      after = page.readTo;
    } while (after);
    expect(pages).toEqual(whole);
  }
});

test('a page ends before it has grown too large for an answer', async () => {
  later();
  const key = await submit();
  await run(key, () => {
    for (let n = 0; n < 4; n += 1) log(key, 'x'.repeat(900_000));
  });
  later();
  const { lines, isUpToDate, readTo } = await read(key);
  expect(lines).toHaveLength(3);
  expect(isUpToDate).toBe(false);
  expect((await read(key, { after: readTo })).lines).toHaveLength(1);
});

test('a page has lines, though there was no time left when its task was known', async () => {
  later();
  const key = await submit();
  await run(key, () => log(key, 'one'));
  later();
  const find = world.registry.find.bind(world.registry);
  const slow = vi.spyOn(world.registry, 'find').mockImplementation(async (...args) => {
    time.now += LOG_WORK_MS;
    return find(...args);
  });
  const page = await read(key);
  slow.mockRestore();
  expect(page).toMatchObject({ lines: [{ message: 'one' }], isUpToDate: true, readTo: undefined });
});

describe('attempts', () => {
  test('are all told, the oldest first, or one alone', async () => {
    later();
    const key = await submit({ functionName: 'stubborn' });
    for (const n of [1, 2]) {
      await run(key, () => log(key, `attempt ${n}`, { attempt: n }), n === 2 ? undefined : FAILURE);
      later();
    }
    expect(await messages(key)).toEqual(['attempt 1', 'attempt 2']);
    expect(await messages(key, { attempt: 1 })).toEqual(['attempt 1']);
    expect(await messages(key, { attempt: 2 })).toEqual(['attempt 2']);
    expect(await messages(key, { attempt: 3 })).toEqual([]);
  });

  test('of a task that was redriven are told of all series, and by number of the last', async () => {
    later();
    const key = await submit();
    await run(key, () => log(key, 'first series'), FAILURE);
    later();
    await redriveTask(world, key);
    await run(key, () => log(key, 'second series'));
    later();
    expect(await messages(key)).toEqual(['first series', 'second series']);
    expect(await messages(key, { attempt: 1 })).toEqual(['second series']);
  });

  test('that are over have no next page, though the task goes on', async () => {
    later();
    const key = await submit({ functionName: 'stubborn' });
    await run(key, () => log(key, 'attempt 1'), FAILURE);
    later();
    await deliver(key, async () => {
      expect(await read(key, { attempt: 1 })).toMatchObject({ readTo: undefined });
      expect(await read(key, { attempt: 2 })).toMatchObject({ readTo: expect.anything() });
      return { isSuccess: true, resultText: '1' };
    });
  });
});

test('what others log on the same instance is left out: before, after, and at the same time', async () => {
  later();
  const [before, key, after] = [await submit(), await submit(), await submit()];
  await run(before, () => logText('echo', 'unsigned of the one before'));
  time.now += 1;
  await run(key, () => {
    logText('echo', 'unsigned');
    log(before, 'a timer that the one before left behind');
  });
  time.now += 1;
  await run(after, () => logText('echo', 'unsigned of the one after'));
  expect(await messages(key)).toEqual(['unsigned']);
});

test('beside others, what nobody has signed is left out', async () => {
  later();
  const [key, neighbour] = [await submit({ functionName: 'crowd' }), await submit({ functionName: 'crowd' })];
  await run(key, () => {
    log(neighbour, 'neighbour');
    log(key, 'own');
    logText('crowd', 'unsigned');
    logText('crowd', '{"type":"platform.report","record":{"status":"error"}}');
  });
  expect(await messages(key)).toEqual(['own', 'platform.report {"status":"error"}']);
});

test('lines before an instant are left out', async () => {
  later();
  const key = await submit();
  let middle = 0;
  await run(key, () => {
    log(key, 'early');
    time.now += 10;
    middle = time.now;
    log(key, 'late');
  });
  expect(await messages(key, { startTime: middle })).toEqual(['late']);
  expect(await messages(key, { startTime: time.now + 3_600_000 })).toEqual([]);
});

test('the work of a request is bounded: what is left is on the next page', async () => {
  later();
  const key = await submit();
  await run(key, () => {
    for (let n = 0; n < 500; n += 1) logText('echo', '{"_aws":{}}');
    log(key, 'behind many others');
  });
  later();
  const pages: string[][] = [];
  let after: LogPlace | undefined;
  do {
    const page = await read(key, { limit: 1, after });
    pages.push(page.lines.map(({ message }) => message));
    after = page.readTo;
  } while (after);
  expect(pages.length).toBeGreaterThan(3);
  expect(pages.length).toBeLessThan(20);
  expect(pages.flat()).toEqual(['behind many others']);
});

test('where CloudWatch does not know its place any more, ours is enough', async () => {
  later();
  const key = await submit();
  await run(key, () => {
    for (let n = 0; n < 100; n += 1) logText('echo', '{"_aws":{}}');
    log(key, 'the line');
  });
  const { readTo } = await read(key, { limit: 1 });
  const search = { startTime: readTo?.search?.startTime ?? 0, nextToken: 'forgotten' };
  expect(readTo?.search).toBeDefined();
  expect(await messages(key, { after: { runTime: 0, lineTime: 0, seen: 0, ...readTo, search } })).toEqual([
    'the line',
  ]);
});

test('a task or function that there is not is named', async () => {
  await expect(read({ functionName: 'echo', taskId: 'nowhere' })).rejects.toMatchObject({
    code: 'AsyncTaskNotFound',
  });
  await expect(read({ functionName: 'nobody', taskId: 'a' })).rejects.toMatchObject({
    code: 'FunctionNotFound',
  });
});
