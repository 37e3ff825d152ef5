import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bulkJobLines, bulkJobView, filterText } from '../../cli/bulk-job-rows.ts';
import { explanationText } from '../../cli/commands/explain.ts';
import { stepLines } from '../../cli/execution-rows.ts';
import { endLines, progressText } from '../../cli/follow-bulk-job.ts';
import { logText } from '../../cli/log-lines.ts';
import { plain } from '../../cli/screen.ts';
import { GROUP_STYLE, STATUS_STYLE } from '../../cli/status-style.ts';
import { taskLines } from '../../cli/task-rows.ts';
import { ranMs } from '../../cli/task-times.ts';
import { taskView } from '../../cli/task-view.ts';
import { instantText } from '../../cli/times.ts';
import {
  type AsyncTask,
  type BulkJob,
  type ExecutionStep,
  statusGroupOf,
  TASK_STATUSES,
} from '../../client/index.ts';

const START_MS = Date.UTC(2026, 10, 24, 18);

const FAILED: AsyncTask = {
  taskId: 'photo-1',
  functionArn: 'arn',
  qualifier: 'LATEST',
  status: 'Failed',
  requestId: 'r-1',
  startedTime: START_MS,
  endTime: START_MS + 5000,
  durationMs: 15,
  alreadyRetriedTimes: 1,
  destinationStatus: 'Succeeded',
  taskErrorMessage: 'HandledInvocationError: Error: no \x1b[31mimage\nat handler (index.mjs:1:2)',
  taskPayload: '{"id":12345678901234567890}',
  events: [
    { eventId: 1, status: 'Enqueued', timestamp: START_MS },
    { eventId: 2, status: 'Running', timestamp: START_MS + 20 },
    { eventId: 7, status: 'Failed', timestamp: START_MS + 5000, eventDetail: '{"errorMessage":"no image"}' },
  ],
};

const LAYOUT = { width: 80, paint: plain, nowMs: START_MS + 65_000 };

it('shows a task with its times, its error apart from the stack, and where its history has gaps', () => {
  const view = taskView('thumbnail', FAILED, LAYOUT);
  expect(view).toContain('error      HandledInvocationError: Error: no \u{fffd}[31mimage\n');
  expect(view).toContain('(1 min ago)\n');
  expect(view).toContain('ran        15 ms, the last of 2 attempts\n');
  expect(view).toContain('payload\n  {\n    "id": 12345678901234567890\n  }\n');
  expect(view).toContain('stack\n  at handler (index.mjs:1:2)\n');
  expect(view).toMatch(/Running\n {2}… 4 events are not kept\n.*\+4\.9 s {2}Failed {5}no image$/);
});

it('lists a task in a line, whatever its error says', () => {
  const [, line] = taskLines([FAILED], { ...LAYOUT, times: 'ago' });
  expect(line).toBe('photo-1  Failed  1 min ago   20 ms  15 ms      2  no \u{fffd}[31mimage');
});

it.each(['Retrying', 'Enqueued'] as const)(
  'shows no run time for a %s task, which waits for its next run',
  (status) => {
    const { durationMs: _, ...task } = FAILED;
    expect(ranMs({ ...task, status, endTime: 0 }, LAYOUT.nowMs)).toBeUndefined();
    expect(ranMs({ ...task, status: 'Stopping', endTime: 0 }, START_MS + 50)).toBe(30);
  },
);

it('colours a status as its group, and yellow between attempts and while it stops', () => {
  const unlike = TASK_STATUSES.filter((each) => STATUS_STYLE[each] !== GROUP_STYLE[statusGroupOf(each)]);
  expect(unlike.map((status) => [status, STATUS_STYLE[status]])).toEqual([
    ['Retrying', 'yellow'],
    ['Stopping', 'yellow'],
  ]);
});

it('has what is within a Map or a Parallel stand below it', () => {
  const step = (stepId: number, stateName: string, more: Partial<ExecutionStep> = {}): ExecutionStep => ({
    stepId,
    stateName,
    stateType: 'Task',
    status: 'Succeeded',
    enteredTime: START_MS + stepId,
    exitedTime: START_MS + 100,
    attempts: 1,
    ...more,
  });
  const steps = [
    step(1, 'Each', { stateType: 'Map', status: 'Running', exitedTime: 0 }),
    step(2, 'Both', { parentStepId: 1, mapIndex: 0, stateType: 'Parallel' }),
    step(3, 'Resize', { parentStepId: 2, functionName: 'thumbnail', taskId: 'w-1' }),
  ];
  expect(stepLines(steps, START_MS, { ...LAYOUT, times: 'ago' })).toEqual([
    'STEP        TYPE      STATUS     AFTER       TOOK  TASK',
    'Each        Map       Running     1 ms  1 min 4 s',
    '· Both [0]  Parallel  Succeeded   2 ms      98 ms',
    '· · Resize  Task      Succeeded   3 ms      97 ms  thumbnail w-1',
  ]);
});

it('says why a task waits, when that changes, and what there is around it', () => {
  const explanation = {
    taskId: 'photo-1',
    status: 'Enqueued',
    reason: 'ConcurrencyFull',
    message: 'as many run as may.',
    until: START_MS + 125_000,
    running: { count: 10 },
    ahead: { count: 800, isAtLeast: true },
    queue: { visible: 900, inFlight: 10 },
  } as const;
  expect(explanationText(explanation, plain, LAYOUT.nowMs).split('\n')).toEqual([
    'photo-1 is Enqueued: ConcurrencyFull',
    '  as many run as may.',
    expect.stringMatching(/^ {2}until 2026-11-2\d .*, in 1 min$/),
    '  10 running, 800 or more submitted before it and waiting, about 900 in the queue',
  ]);
});

const JOB: BulkJob = {
  ...{ bulkJobId: 'b-1', functionName: 'encode', action: 'Redrive', maxTasks: 100, status: 'Succeeded' },
  ...{ filter: { status: ['Failed'], prefix: 'night-' }, reason: 'the \x1bcodec is mended' },
  ...{ matched: 100, done: 86, unchanged: 2, refused: 12, refusedByCode: { RedriveNotAllowed: 12 } },
  errors: [{ taskId: 'night-7', code: 'RedriveNotAllowed', message: 'its payload is gone' }],
  ...{ isMaxTasksReached: true, caller: 'arn:aws:iam::1:user/ann' },
  ...{ createdTime: START_MS, startTime: START_MS + 50, endTime: START_MS + 4200 },
};

it('shows a bulk job with what it does, for whom, and what was refused', () => {
  const view = bulkJobView(JOB, LAYOUT);
  expect(view).toContain('does        Redrive Failed, night-…, 100 tasks at the most\n');
  expect(view).toContain('tasks       86 run again, 2 had moved on, 12 refused\n');
  expect(view).toContain('more        there are more tasks than it was to act on\n');
  expect(view).toContain('why         the \u{fffd}codec is mended\n');
  expect(view).toMatch(/refused\n {2}night-7 {2}RedriveNotAllowed: its payload is gone$/);
  expect(filterText({})).toBe('all');
});

it('lists a bulk job in a line', () => {
  const [, line] = bulkJobLines([JOB], { ...LAYOUT, width: 100, times: 'ago' });
  expect(line).toBe(
    'b-1  Redrive  Succeeded  1 min ago    100       12  arn:aws:iam::1:user/ann  the \u{fffd}codec is mended',
  );
});

it('says how far a bulk job is, and how it ended', () => {
  const running: BulkJob = { ...JOB, status: 'Running', matched: 10, done: 10, unchanged: 0, refused: 0 };
  expect(progressText(running, 40, 1500)).toBe('Running, 10 of 40 run again, 1.5 s (b-1)');
  expect(progressText(running, 9, 1500)).toBe('Running, 10 run again, 1.5 s (b-1)');
  expect(endLines(JOB).map(stripVTControlCharacters)).toEqual([
    '✘ night-7: its payload is gone',
    '✘ and 11 more',
    '✔ Succeeded b-1 (86 run again, 2 had moved on, 12 refused, 4.2 s)',
    'There are more than 100: the same command goes on with them.',
  ]);
});

describe('a line of a log', () => {
  const line = { timestamp: Date.UTC(2026, 10, 29, 5, 20, 7, 9), instanceId: 'i' };

  it('has its time to the millisecond and its level, and what follows stands below its beginning', () => {
    const time = `${instantText(line.timestamp)}.009`;
    expect(logText({ ...line, level: 'WARN', message: 'a\nb' }, plain)).toBe(
      `${time} WARN  a\n${' '.repeat(time.length + 7)}b`,
    );
    expect(logText({ ...line, message: 'free' }, plain)).toBe(`${time}       free`);
  });

  it('has the colour of its level, and moves no cursor', () => {
    const painted = logText(
      { ...line, level: 'ERROR', message: '\x1b[2J' },
      (style, text) => `<${style}>${text}</>`,
    );
    expect(painted).toContain('<red>ERROR</> ');
    expect(painted).not.toContain('\x1b');
  });
});
