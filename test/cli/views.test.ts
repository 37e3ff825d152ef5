import { expect, it } from 'vitest';
import { explanationText } from '../../cli/commands/explain.ts';
import { stepLines } from '../../cli/execution-rows.ts';
import { plain } from '../../cli/screen.ts';
import { taskLines } from '../../cli/task-rows.ts';
import { taskView } from '../../cli/task-view.ts';
import type { AsyncTask, ExecutionStep } from '../../client/index.ts';

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
