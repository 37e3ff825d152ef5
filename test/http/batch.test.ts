import { describe, expect, test } from 'vitest';
import { TaskModeError } from '../../lambdas/domain/errors.ts';
import { readBatch, toBatchAnswer } from '../../lambdas/http/batch.ts';

const read = (tasks: unknown) => readBatch(JSON.stringify({ tasks }));

describe('a batch', () => {
  test('keeps payloads as they are, nulls within them too, and takes null for absent elsewhere', () => {
    expect(
      read([{ taskId: 'a', payload: { x: null, y: [1, null] } }, { taskId: null, payload: null }, {}]),
    ).toEqual([{ taskId: 'a', payload: { x: null, y: [1, null] } }, { payload: null }, {}]);
  });

  test.each([
    [{ taskId: '1a' }, 'taskId must have 1 to 128 characters', '1a'],
    [{ taskId: 7 }, 'taskId', undefined],
    [{ delaySeconds: 604_801 }, 'delaySeconds must be a whole number of seconds from 0 to 604800', undefined],
    [{ delaySeconds: '5' }, 'delaySeconds must be', undefined],
    [{ tenant: 'a b' }, 'tenant must have 1 to 128 printable', undefined],
    [
      { taskid: 'a' },
      'body must have no fields but taskId, payload, delaySeconds, tenant, got "taskid"',
      undefined,
    ],
    ['a', 'body must be a JSON object', undefined],
    [null, 'body must be a JSON object', undefined],
  ])('tells what is wrong with %j, and takes the others', (wrong, message, taskId) => {
    const [first, second] = read([{ taskId: 'fine' }, wrong]);
    expect(first).toEqual({ taskId: 'fine' });
    expect(second).toMatchObject({
      taskId,
      error: { code: 'InvalidArgument', message: expect.stringContaining(message) },
    });
  });

  test('takes the first of two tasks of one id', () => {
    expect(read([{ taskId: 'a', payload: 1 }, { taskId: 'a', payload: 2 }, { taskId: 'b' }])).toEqual([
      { taskId: 'a', payload: 1 },
      {
        taskId: 'a',
        error: expect.objectContaining({ message: expect.stringContaining('task 0, got "a"') }),
      },
      { taskId: 'b' },
    ]);
  });

  test.each([
    ['{', 'body must be a JSON object'],
    ['', 'body must be a JSON object'],
    ['[]', 'body must be a JSON object with tasks'],
    ['{}', 'tasks must be a list of 1 to 100 tasks, got none'],
    ['{"tasks":[]}', 'tasks must be a list of 1 to 100 tasks'],
    [
      JSON.stringify({ tasks: Array.from({ length: 101 }, () => ({})) }),
      'tasks must be a list of 1 to 100 tasks',
    ],
    ['{"tasks":{"0":{}}}', 'tasks must be a list'],
    ['{"tasks":[{}],"x":1}', 'body must have no fields but tasks'],
  ])('that is %s is refused whole', (text, message) => {
    expect(() => readBatch(text)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(message) }),
    );
  });
});

test('each task is answered as its submit alone would be', () => {
  expect(toBatchAnswer({ isAccepted: true, taskId: 'a' })).toEqual({ taskId: 'a', statusCode: 202 });
  const error = new TaskModeError('AsyncTaskAlreadyExists', 'words', {
    details: { taskId: 'a', status: 'Failed', isSamePayload: true },
  });
  expect(toBatchAnswer({ isAccepted: false, taskId: 'a', error })).toEqual({
    taskId: 'a',
    status: 'Failed',
    isSamePayload: true,
    statusCode: 409,
    Code: 'AsyncTaskAlreadyExists',
    Message: 'words',
  });
  expect(toBatchAnswer({ isAccepted: false, taskId: undefined, error: new Error('arn:secret') })).toEqual({
    statusCode: 500,
    Code: 'InternalServerError',
    Message: 'an internal error has occurred. Please retry.',
  });
});
