import { expect, test } from 'vitest';
import { secondsOf } from '../../console/src/data/duration.ts';

test.each([
  ['90', 90],
  ['30s', 30],
  ['5 min', 300],
  ['5m', 300],
  ['1.5h', 5400],
  ['1d 12h', 129_600],
])('%s is a time', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});

test.each(['', '0', 'soon', '5 years', '-5', '2h!', 'h'])('"%s" is none', (text) => {
  expect(secondsOf(text)).toBeUndefined();
});
