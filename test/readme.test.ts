import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { withLifecycle } from '../docs/lifecycle-docs.ts';

const README = readFileSync('README.md', 'utf-8');

test('the lifecycle in the README is the one in the code: run "npm run docs"', () => {
  expect(README).toBe(withLifecycle(README));
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
