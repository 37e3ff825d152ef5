import { expect, test } from 'vitest';
import { startExample, temporaryFolder } from './runtime.ts';

test('every delayed and queued task ends after a restart in the middle of them', async () => {
  const dataDir = temporaryFolder('restart');
  const before = await startExample({ dataDir });
  const delayed = await Promise.all([3, 4, 5].map((delay) => before.api.accepted('echo', { delay })));
  // One at a time takes 1 s each: most of them are still queued at the restart.
  const queued = await Promise.all(
    Array.from({ length: 40 }, () => before.api.accepted('wait', { payload: { seconds: 1 }, delay: 1 })),
  );
  const stopped = await before.api.accepted('echo', { delay: 3 });
  await before.api.stop('echo', stopped);
  const ended = await before.api.accepted('echo', { payload: 7 });
  await before.api.until('echo', ended, 'Succeeded');
  await before.runtime.stop();

  const { api } = await startExample({ dataDir });
  expect(await api.task('echo', ended)).toMatchObject({ status: 'Succeeded', returnPayload: '7' });
  for (const id of delayed) await api.until('echo', id, 'Succeeded');
  for (const id of queued) await api.until('wait', id, 'Succeeded', 30_000);
  expect(await api.task('echo', stopped)).toMatchObject({ status: 'Stopped' });
}, 60_000);
