import { expect, it } from 'vitest';
import { agoText, durationOption, durationText, instantOption } from '../../cli/times.ts';

it.each([
  [0, '0 ms', 'now'],
  [999, '999 ms', 'now'],
  [1000, '1.0 s', '1 s ago'],
  [9_960, '9.9 s', '9 s ago'],
  [59_999, '59 s', '59 s ago'],
  [60_000, '1 min', '1 min ago'],
  [185_000, '3 min 5 s', '3 min ago'],
  [7_260_000, '2 h 1 min', '2 h ago'],
  [90_000_000, '1 d 1 h', '1 d ago'],
])('says %i ms as %s, and as %s', (ms, duration, ago) => {
  expect(durationText(ms)).toBe(duration);
  expect(agoText(ms)).toBe(ago);
});

it.each([
  ['90', 90],
  ['30s', 30],
  ['1.5m', 90],
  ['2h', 7200],
  ['7d', 604_800],
])('reads %s as %i seconds', (text, seconds) => {
  expect(durationOption('--delay')(text)).toBe(seconds);
});

it.each(['', '-1', '5 m', '5w', '1e3', 'soon'])('reads no time from "%s"', (text) => {
  expect(() => durationOption('--delay')(text)).toThrow(`--delay is "${text}": want a time`);
});

it('reads an instant from how long ago it was, or from a date', () => {
  const since = instantOption('--since', () => 10_000_000);
  expect(since('1h')).toBe(6_400_000);
  expect(since('2026-11-24T18:00Z')).toBe(Date.UTC(2026, 10, 24, 18));
  for (const text of ['5', 'yesterday', '2026-99-99']) expect(() => since(text)).toThrow('--since is');
});
