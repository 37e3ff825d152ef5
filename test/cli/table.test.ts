import { expect, it } from 'vitest';
import { fitted, plain, printable, widthOf } from '../../cli/screen.ts';
import { type Column, tableLines } from '../../cli/table.ts';

interface Row {
  readonly name: string;
  readonly count: number;
  readonly words: string;
}

const COLUMNS: Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, minColumns: 4 },
  { title: 'COUNT', text: ({ count }) => String(count), align: 'right' },
  { title: 'WORDS', text: ({ words }) => words, style: () => 'red', minColumns: 6 },
];

const ROWS: Row[] = [
  { name: 'a-rather-long-name', count: 7, words: 'what was said about it at length' },
  { name: 'short', count: 1234, words: '' },
];

it('aligns columns, and ends no line with spaces', () => {
  expect(tableLines(COLUMNS, ROWS, { width: Number.POSITIVE_INFINITY, paint: plain })).toEqual([
    'NAME                COUNT  WORDS',
    'a-rather-long-name      7  what was said about it at length',
    'short                1234',
  ]);
});

it.each([80, 50, 40, 30, 20])('cuts what may be cut to fit %i columns, the widest first', (width) => {
  const lines = tableLines(COLUMNS, ROWS, { width, paint: plain });
  // NAME 4, COUNT 5, WORDS 6 and two gaps.
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(Math.max(width, 19));
  expect(lines[2]).toMatch(/^(short|shor…|sho…)\s+1234$/);
});

it('leaves out a column that no row has something in', () => {
  const [heading] = tableLines(COLUMNS, [{ name: 'a', count: 1, words: '' }], { width: 80, paint: plain });
  expect(heading).toBe('NAME  COUNT');
});

it('styles cells within their columns, so that colours take no space', () => {
  const lines = tableLines(COLUMNS, ROWS, { width: 80, paint: (_, text) => `<${text}>` });
  expect(lines[1]).toBe('a-rather-long-name      7  <what was said about it at length>');
});

it('prints nothing that moves the cursor, whatever a task says', () => {
  const evil: Row = { name: 'a\x1b[2Jb', count: 1, words: 'one\r\ntwo\x9b31m' };
  const [, line] = tableLines(COLUMNS, [evil], { width: 80, paint: plain });
  expect(line).toBe('a\u{fffd}[2Jb      1  one\u{fffd} two\u{fffd}31m');
  expect(printable('line\nnext\ttab')).toBe('line\nnext\ttab');
});

it('counts wide characters as two columns', () => {
  expect(widthOf('任务 ok')).toBe(7);
  expect(fitted('任务模式', 5)).toBe('任务…');
  expect(widthOf(fitted('任务模式', 6))).toBeLessThanOrEqual(6);
});
