import { readFileSync, writeFileSync } from 'node:fs';
import { withLifecycle } from './lifecycle-docs.ts';

const README = new URL('../README.md', import.meta.url);

writeFileSync(README, withLifecycle(readFileSync(README, 'utf-8')));
