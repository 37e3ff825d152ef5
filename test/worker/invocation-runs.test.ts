import { expect, test } from 'vitest';
import { InvocationRuns } from '../../lambdas/worker/invocation-runs.ts';
import type { CutOff } from '../../lambdas/worker/run-keeper.ts';
import { RunSlots } from '../../lambdas/worker/run-slots.ts';
import { startInvocationWorld } from '../tasks/invocation-world.ts';
import { succeed } from '../tasks/world.ts';

const world = await startInvocationWorld();
const keeper = new InvocationRuns({
  timeoutSeconds: 60,
  dependencies: world.invocationDependencies(succeed),
});

const NONE = { visible: 0, delayed: 0, inFlight: 0 };

/** A run of an invocation whose process is about to be killed. */
async function running() {
  await world.accept();
  return { ...(await world.takeOne()), ...new RunSlots().acquire(), attempt: 1, startTime: 0 };
}

const cutOff: CutOff = { isKilled: true, killedBeside: 'another', isTaken: true, isPaused: true };

test('an invocation without a record is never asked to end before its time', async () => {
  expect(await keeper.look()).toBe('goesOn');
});

test('one that is killed is repeated, and its message goes', async () => {
  await keeper.settle(await running(), cutOff);
  expect(await world.messages()).toEqual({ ...NONE, visible: 1 });
  expect(await world.takeOne()).toMatchObject({ isRepeated: false, invocation: { attempt: 1 } });
});

test('one whose code could not be paused is repeated when the process is dead', async () => {
  await keeper.settle(await running(), { ...cutOff, isPaused: false });
  expect(await world.messages()).toEqual({ ...NONE, delayed: 1 });
});

test('a neighbour is replaced by a message of the same attempt, and its own message is deleted', async () => {
  const run = await running();
  await keeper.settle(run, { ...cutOff, isKilled: false });
  expect(await world.messages()).toEqual({ ...NONE, visible: 1 });
  expect(await world.takeOne()).toMatchObject({
    isRepeated: false,
    invocation: { ...run.invocation, attempt: 0 },
  });
  expect(world.log).toEqual(['handed back']);
});

test('one that the main thread was ending is left to it', async () => {
  await keeper.settle(await running(), { ...cutOff, isKilled: false, isTaken: false });
  expect(await world.messages()).toEqual({ ...NONE, inFlight: 1 });
  expect(world.log).toEqual([]);
});
