import { describe, expect, test } from 'vitest';
import { type LogOwner, taskLineOf } from '../../lambdas/domain/log-line.ts';
import type { LogRun } from '../../lambdas/domain/log-runs.ts';

const RUN: LogRun = {
  instanceId: 'instance',
  startTime: 1000,
  endTime: 2000,
  loggedUntil: 7000,
  isCutOff: false,
  attempt: 2,
  isOfLastSeries: true,
};

const lineOf = (
  text: string | object,
  { timestamp = 1500, ...owner }: Partial<LogOwner> & { timestamp?: number } = {},
) =>
  taskLineOf(
    { timestamp, text: typeof text === 'string' ? text : JSON.stringify(text) },
    { taskId: 'a', run: RUN, isAlone: false, ...owner },
  );

const SIGNED = {
  timestamp: '2026-01-01T00:00:00.000Z',
  level: 'INFO',
  requestId: 'r',
  taskId: 'a',
  attempt: 2,
};

describe('a line is of a task', () => {
  test('when it says so, until a little after its end', () => {
    expect(lineOf({ ...SIGNED, message: 'hello' })).toEqual({
      timestamp: 1500,
      message: 'hello',
      level: 'INFO',
      requestId: 'r',
      instanceId: 'instance',
    });
    expect(lineOf({ ...SIGNED, message: 'm' }, { timestamp: 7000 })).toBeDefined();
    expect(lineOf({ ...SIGNED, message: 'm' }, { timestamp: 7001 })).toBeUndefined();
    expect(lineOf({ ...SIGNED, message: 'm' }, { timestamp: 999 })).toBeUndefined();
  });

  test('unless it is of another task, or of another attempt', () => {
    for (const isAlone of [true, false]) {
      expect(lineOf({ ...SIGNED, taskId: 'b', message: 'm' }, { isAlone })).toBeUndefined();
      expect(lineOf({ ...SIGNED, attempt: 3, message: 'm' }, { isAlone })).toBeUndefined();
    }
  });

  test('when nobody has signed it, only while it runs, and where nothing runs beside it', () => {
    for (const text of ['plain', '{"message":"m"}', '{broken']) {
      expect(lineOf(text)).toBeUndefined();
      expect(lineOf(text, { isAlone: true })).toBeDefined();
      expect(lineOf(text, { isAlone: true, timestamp: 2001 })).toBeUndefined();
    }
  });

  test('when it is Lambda’s about the instance while it runs, and right after it was cut off', () => {
    const died = { time: 't', type: 'platform.runtimeDone', record: { requestId: 'r', status: 'timeout' } };
    expect(lineOf(died)).toEqual({
      timestamp: 1500,
      message: 'platform.runtimeDone {"status":"timeout"}',
      level: 'WARN',
      requestId: 'r',
      instanceId: 'instance',
    });
    expect(lineOf(died, { timestamp: 2001 })).toBeUndefined();
    expect(lineOf(died, { timestamp: 2001, run: { ...RUN, isCutOff: true } })).toBeDefined();
  });

  test('never when it carries metrics', () => {
    expect(lineOf({ _aws: {}, taskId: 'a' }, { isAlone: true })).toBeUndefined();
  });
});

describe('a line reads as', () => {
  test.each([
    ['its message', { ...SIGNED, message: 'hello' }, 'hello'],
    ['its value', { ...SIGNED, message: { n: 1 } }, '{"n":1}'],
    ['its error', { ...SIGNED, message: { errorType: 'E', stackTrace: ['E: m', ' at f'] } }, 'E: m\n at f'],
    ['nothing, where it says nothing', { ...SIGNED, message: '' }, ''],
    ['its message and its other fields', { ...SIGNED, message: 'm', a: 1, service: 's' }, 'm {"a":1}'],
    ['its message as Pino calls it', { taskId: 'a', level: 50, msg: 'm', pid: 1, hostname: 'h' }, 'm'],
    ['its fields, where it has no message', { taskId: 'a', x: 1 }, '{"x":1}'],
  ])('%s', (_, fields, message) => {
    expect(lineOf(fields)?.message).toBe(message);
  });

  test.each([
    ['warn', 'WARN'],
    ['ERROR', 'ERROR'],
    [20, 'DEBUG'],
    [60, 'FATAL'],
    ['loud', undefined],
    [undefined, undefined],
  ])('of level %s', (level, known) => {
    expect(lineOf({ taskId: 'a', message: 'm', level })?.level).toBe(known);
  });

  test('one of ours has no id of an invocation: it has its task’s', () => {
    expect(lineOf({ ...SIGNED, service: 'task-mode', message: 'm' })).not.toHaveProperty('requestId');
  });
});
