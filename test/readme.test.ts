import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withLifecycle } from '../docs/lifecycle-docs.ts';
import { withMetrics } from '../docs/metrics-docs.ts';
import { statusesIn, statusesWith } from '../lambdas/domain/lifecycle.ts';

const README = readFileSync('README.md', 'utf-8');

test('the lifecycle in the README is the one in the code: run "npm run docs"', () => {
  expect(README).toBe(withLifecycle(README));
});

test('the documents name the statuses of a group, and those that can be stopped and redriven, as the lifecycle has them', () => {
  const listed = (statuses: readonly string[], word: string) =>
    `${statuses.slice(0, -1).join(', ')} ${word} ${statuses.at(-1)}`;
  const [stoppable, redrivable] = [statusesWith('stop'), statusesWith('redrive')];
  expect(README).toContain(`runs a task again that is ${listed(redrivable, 'or')}`);
  expect(readFileSync('docs/api.md', 'utf-8')).toContain(
    `| \`Stop\` (${stoppable.join(', ')}) or \`Redrive\` (${redrivable.join(', ')}) |`,
  );
  expect(readFileSync('docs/callbacks.md', 'utf-8')).toContain(
    `\`onFailure\` of ${listed(statusesIn('failed'), 'and')}`,
  );
});

test('the metrics in docs/monitoring.md are those in the code: run "npm run docs"', () => {
  const page = readFileSync('docs/monitoring.md', 'utf-8');
  expect(page).toBe(withMetrics(page));
  expect(() => withMetrics('# Title')).toThrow('the page must hold the lines');
});

test('a README without a place for the lifecycle is refused', () => {
  expect(() => withLifecycle('# Title')).toThrow('the README must hold the lines');
});

test('every dependency has its line of why in the README', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf-8'));
  const missing = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) =>
      !README.includes(name) &&
      !README.includes(`\`${name.replace('@aws-sdk/client', '')}\``) &&
      !README.includes(`\`${name.replace('@aws-sdk/', '')}\``),
  );
  expect(missing).toEqual([]);
});

test('the triggers of docs/triggers.md are those of an app that is compiled, and run by the end-to-end tests', () => {
  const [, shown = ''] = /```ts\n(.*?)```/s.exec(readFileSync('docs/triggers.md', 'utf-8')) ?? [];
  expect(shown).toContain('addTrigger');
  expect(readFileSync('test/end-to-end/triggers-app/app.ts', 'utf-8')).toContain(shown);
});

test('every link within the documentation leads somewhere', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...globSync('docs/*.md')];
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => !isThere(page, link))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
  expect(isThere('README.md', 'docs/api.md#batches')).toBe(true);
  expect(isThere('README.md', 'docs/api.md#of-nothing')).toBe(false);
});

function linksOf(page: string): string[] {
  const prose = readFileSync(page, 'utf-8').replace(/```.*?```/gs, '');
  return [...prose.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link = '']) => link);
}

/** Tells whether there is such a file and, as GitHub names them, such a heading in it. */
function isThere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return false;
  const headings = readFileSync(file, 'utf-8')
    .replace(/```.*?```/gs, '')
    .matchAll(/^#+ (.*)$/gm);
  const anchors = [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
  return anchor === undefined || anchors.includes(anchor);
}
