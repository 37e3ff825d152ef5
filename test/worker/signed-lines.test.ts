import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { signLines, withSignedLines } from '../../lambdas/worker/signed-lines.ts';

// What is replaced is put back: the streams and the console are those of all tests.
const METHODS = ['trace', 'debug', 'log', 'info', 'warn', 'error'] as const;
const console_ = { ...console };
const [toStdout, toStderr] = [process.stdout.write, process.stderr.write];
let written: string[] = [];
const record = (chunk: unknown): boolean => {
  written.push(typeof chunk === 'string' ? chunk : '(bytes)');
  return true;
};
process.stdout.write = record as typeof toStdout;
process.stderr.write = record as typeof toStderr;
for (const method of METHODS)
  console[method] = (...values: unknown[]) => record(`plain ${values.join(' ')}\n`);
signLines({ AWS_LAMBDA_LOG_LEVEL: 'INFO' });

afterEach(() => {
  written = [];
});
afterAll(() => {
  process.stdout.write = toStdout;
  process.stderr.write = toStderr;
  Object.assign(console, console_);
});

const signature = (taskId: string) => ({ taskId, attempt: 1, requestId: 'r' });
const inTask = <T>(act: () => T, taskId = 'a') => withSignedLines(signature(taskId), act);
const lines = () => written.map((line) => JSON.parse(line));

describe('what a task writes through its console', () => {
  test('is a line of JSON that says whose it is, and when', () => {
    inTask(() => console.warn('count: %d', 7, { n: 1 }));
    expect(lines()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        level: 'WARN',
        requestId: 'r',
        taskId: 'a',
        attempt: 1,
        message: 'count: 7 { n: 1 }',
      },
    ]);
  });

  test('is a value as it is, where it is one alone', () => {
    inTask(() => console.log({ n: 1 }));
    inTask(() => console.log(undefined));
    inTask(() => console.log('%d'));
    expect(lines().map(({ message }) => message)).toEqual([{ n: 1 }, null, '%d']);
  });

  test('is told as a terminal tells it, where JSON has no text for it', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    inTask(() => console.log(loop));
    inTask(() => console.log(1n));
    expect(lines().map(({ message }) => message)).toEqual([expect.stringContaining('[Circular'), '1n']);
  });

  test('has the stack of an error', () => {
    inTask(() => console.error(new TypeError('wrong')));
    inTask(() => console.error('failed:', new TypeError('wrong')));
    const error = { errorType: 'TypeError', errorMessage: 'wrong', stackTrace: expect.any(Array) };
    const [alone, among] = lines();
    expect(alone.message).toEqual(error);
    expect(among).toMatchObject(error);
  });

  test('is one line, whatever is in it', () => {
    inTask(() => console.log('a\nb'));
    expect(written).toHaveLength(1);
    expect(written[0]?.trimEnd()).not.toContain('\n');
  });

  test('is left out below the level of the function', () => {
    inTask(() => console.debug('hidden'));
    inTask(() => console.trace('hidden'));
    expect(written).toEqual([]);
  });

  test('outside of a task is what it was', () => {
    console.log('free', 1);
    console.debug('free');
    expect(written).toEqual(['plain free 1\n', 'plain free\n']);
  });
});

test('the lines of tasks that run at once say each whose they are, however they are interleaved', async () => {
  const run = (taskId: string) =>
    inTask(async () => {
      for (let n = 0; n < 3; n += 1) {
        console.log(taskId);
        await pause(1);
      }
      setTimeout(() => console.log(taskId), 5);
    }, taskId);
  await Promise.all(['a', 'b', 'c'].map(run));
  await expect.poll(() => written.length).toBe(12);
  for (const { taskId, message } of lines()) expect(message).toBe(taskId);
});

describe('what a task writes to its streams', () => {
  test('is signed where it is a line of JSON, and nothing else is changed in it', () => {
    inTask(() => process.stdout.write('{"level":"INFO","message":"m","n":{}}\n'));
    inTask(() => process.stderr.write('{}\n'));
    expect(written).toEqual([
      '{"level":"INFO","message":"m","n":{},"taskId":"a","attempt":1}\n',
      '{"taskId":"a","attempt":1}\n',
    ]);
  });

  test('is signed line by line where it is several', () => {
    inTask(() => process.stdout.write('{"a":1}\n{"a":2}\n'));
    expect(
      written
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { a: 1, taskId: 'a', attempt: 1 },
      { a: 2, taskId: 'a', attempt: 1 },
    ]);
  });

  test('is the message of a line where it is a text', () => {
    inTask(() => process.stdout.write('a table\nof two lines\n'));
    inTask(() => process.stdout.write('{no json\n'));
    expect(lines().map(({ taskId, message }) => [taskId, message])).toEqual([
      ['a', 'a table\nof two lines'],
      ['a', '{no json'],
    ]);
  });

  test('is the message of a line where it says itself whose it is', () => {
    inTask(() => process.stdout.write('{"taskId":"of a user","n":1}\n'));
    expect(lines()).toMatchObject([{ taskId: 'a', message: { taskId: 'of a user', n: 1 } }]);
  });

  test('is left alone where it carries metrics, goes on later, or is bytes', () => {
    inTask(() => {
      process.stdout.write('{"_aws":{},"n":1}\n');
      process.stdout.write('.');
      process.stdout.write(Buffer.from('bytes\n'));
    });
    expect(written).toEqual(['{"_aws":{},"n":1}\n', '.', '(bytes)']);
  });

  test('outside of a task is left alone', () => {
    process.stdout.write('{"a":1}\n');
    expect(written).toEqual(['{"a":1}\n']);
  });
});
