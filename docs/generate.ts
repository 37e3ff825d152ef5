import { readFileSync, writeFileSync } from 'node:fs';
import { withLifecycle } from './lifecycle-docs.ts';
import { withMetrics } from './metrics-docs.ts';

const README = new URL('../README.md', import.meta.url);
const MONITORING = new URL('monitoring.md', import.meta.url);

writeFileSync(README, withLifecycle(readFileSync(README, 'utf-8')));
writeFileSync(MONITORING, withMetrics(readFileSync(MONITORING, 'utf-8')));
