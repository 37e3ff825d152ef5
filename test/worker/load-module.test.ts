import { expect, test } from 'vitest';
import { loadModule } from '../../lambdas/worker/load-module.ts';

test('settles when the module is loaded, which is not broken then', async () => {
  const module = loadModule(Promise.resolve({ handler: 1 }));
  await module.settled;
  expect(module.isBroken).toBe(false);
  expect(await module.loaded).toEqual({ handler: 1 });
});

test('settles when the module fails to load, which is broken from then on', async () => {
  const module = loadModule(Promise.reject(new Error('503')));
  await module.settled;
  expect(module.isBroken).toBe(true);
  await expect(module.loaded).rejects.toThrow('503');
});

test('settles when its time within INIT is up, and learns later that the module is broken', async () => {
  const { promise, reject } = Promise.withResolvers<object>();
  const module = loadModule(promise, 10);
  await module.settled;
  expect(module.isBroken).toBe(false);
  reject(new Error('late'));
  await expect.poll(() => module.isBroken).toBe(true);
});
