import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withLifecycle } from '../docs/lifecycle-docs.ts';
import { withMetrics } from '../docs/metrics-docs.ts';

const README = readFileSync('README.md', 'utf-8');

test('the lifecycle in the README is the one in the code: run "npm run docs"', () => {
  expect(README).toBe(withLifecycle(README));
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

test('the triggers of the README are those of an app that is compiled, and run by the end-to-end tests', () => {
  const [, shown = ''] = /## Triggers and schedules.*?```ts\n(.*?)```/s.exec(README) ?? [];
  expect(shown).toContain('addTrigger');
  expect(readFileSync('test/end-to-end/triggers-app/app.ts', 'utf-8')).toContain(shown);
});
