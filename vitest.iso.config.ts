import base from './vitest.config.ts';
const isolate = process.env.ISO !== '0';
const projects = (base as any).test.projects.map((p: any) => p.test.name === 'end-to-end' ? { ...p, extends: './vitest.config.ts', test: { ...p.test, isolate } } : { ...p, extends: './vitest.config.ts' });
export default { test: { ...(base as any).test, maxWorkers: 1, projects } };
