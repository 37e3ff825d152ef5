import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PITFALLS = readFileSync('docs/pitfalls.md', 'utf-8');

/** The titles of tests that the page names, each with its file: a file's name goes for all titles up to the next. */
function named(): { readonly file: string; readonly title: string }[] {
  let file = '';
  return [...PITFALLS.matchAll(/`([\w-]+\/[\w-]+)`|“([^”]+)”/g)].flatMap(([, name, title]) => {
    if (name !== undefined) file = `test/${name}.test.ts`;
    return title === undefined ? [] : [{ file, title }];
  });
}

function isIn({ file, title }: { readonly file: string; readonly title: string }): boolean {
  if (!existsSync(file)) return false;
  const source = readFileSync(file, 'utf-8');
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

test('every test that the pitfalls name is there', () => {
  expect(named().length).toBeGreaterThan(60);
  const missing = named().filter((one) => !isIn(one));
  expect(missing).toEqual([]);
});

test('every pitfall has a test, or says why not', () => {
  const rows = PITFALLS.split('\n').filter((line) => /^\| [ABCD]/.test(line));
  const WHY_NOT = /cannot be played here|comes with|not claimed/;
  expect(rows.filter((row) => !/“[^”]+”/.test(row) && !WHY_NOT.test(row))).toEqual([]);
});
