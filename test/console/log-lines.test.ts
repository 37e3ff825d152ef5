import { expect, test } from 'vitest';
import type { TaskLogLine } from '../../client/index.ts';
import { emptyLogText, linesWith, textOfLines } from '../../console/src/display/log-lines.ts';

const LINES: TaskLogLine[] = [
  { timestamp: 1_800_000_000_000, instanceId: 'i', level: 'INFO', message: 'reading a.mov\n' },
  { timestamp: 1_800_000_000_250, instanceId: 'i', level: 'WARN', message: 'The cache is cold' },
  { timestamp: 1_800_000_001_000, instanceId: 'i', message: 'platform.report' },
];

test('lines are found by what they say and by their level, whatever the case', () => {
  expect(linesWith(LINES, '')).toEqual(LINES);
  expect(linesWith(LINES, ' cache ')).toEqual([LINES[1]]);
  expect(linesWith(LINES, 'info')).toEqual([LINES[0]]);
  expect(linesWith(LINES, 'nobody')).toEqual([]);
});

test('what is copied has a line for each, with its instant', () => {
  expect(textOfLines(LINES)).toBe(
    [
      '2027-01-15T08:00:00.000Z INFO  reading a.mov',
      '2027-01-15T08:00:00.250Z WARN  The cache is cold',
      '2027-01-15T08:00:01.000Z       platform.report',
    ].join('\n'),
  );
});

test.each([
  [{ isComplete: true, isUpToDate: true, hasStarted: true }, /^It logged nothing/],
  [{ isComplete: false, isUpToDate: false, hasStarted: true }, /^Reading/],
  [{ isComplete: false, isUpToDate: true, hasStarted: true }, /so far/],
  [{ isComplete: false, isUpToDate: true, hasStarted: false }, /not started/],
])('an empty log says why it is: %o', (logs, text) => {
  expect(emptyLogText(logs)).toMatch(text);
});
