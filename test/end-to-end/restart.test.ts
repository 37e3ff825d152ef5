import { expect, inject, test } from 'vitest';
import { startExample, temporaryFolder } from './runtime.ts';

test('every delayed, queued and running task ends after a restart in the middle of them', async () => {
  const dataDir = temporaryFolder('restart');
  const app = { assemblyDir: inject('unrulyAssemblyDir'), dataDir };
  const before = await startExample(app);
  const delayed = await Promise.all([3, 4, 5].map((delay) => before.api.accepted('unruly', { delay })));
  const payload = { does: 'heed', seconds: 1 };
  // Three run in each process: some of these run at the restart, and most wait in the queue.
  const queued: string[] = [];
  while (queued.length < 40) {
    const five = Array.from({ length: 5 }, () => before.api.accepted('crowd', { payload }));
    queued.push(...(await Promise.all(five)));
  }
  await expect
    .poll(async () => (await before.api.listAll('crowd', { status: 'Running' })).length, { timeout: 30_000 })
    .toBeGreaterThan(0);
  const stopped = await before.api.accepted('unruly', { delay: 3 });
  await before.api.stop('unruly', stopped);
  const ended = await before.api.accepted('unruly-once');
  const { returnPayload } = await before.api.until('unruly-once', ended, 'Succeeded');
  await before.runtime.stop();

  const { api } = await startExample(app);
  expect(await api.task('unruly-once', ended)).toMatchObject({ status: 'Succeeded', returnPayload });
  for (const id of delayed) await api.until('unruly', id, 'Succeeded');
  for (const id of queued) await api.until('crowd', id, 'Succeeded', 30_000);
  expect(await api.task('unruly', stopped)).toMatchObject({ status: 'Stopped' });
}, 90_000);
