import { afterEach, describe, expect, test, vi } from 'vitest';
import { EventSources } from '../../lambdas/aws/event-sources.ts';
import { FunctionSettings } from '../../lambdas/aws/function-settings.ts';
import { tasksAtOnceOf } from '../../lambdas/domain/concurrency.ts';
import { getConcurrency } from '../../lambdas/tasks/get-concurrency.ts';
import { putConcurrency } from '../../lambdas/tasks/put-concurrency.ts';
import { FUNCTION_TABLE } from '../aws/engines.ts';
import { AwsAway, CallRecorder, Death, FAULTS } from './faults.ts';
import { NOTHING, startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { time, clock, dynamoDb, register, eventSource, sweep } = world;
const MINUTE_MS = 60_000;

const settings = new FunctionSettings({ client: dynamoDb, tableName: FUNCTION_TABLE });
const eventSources = new EventSources({ client: eventSource.client });
const deps = { settings, eventSources, clock };

const put = (tasksAtOnce: number | undefined, overrides: object = {}) =>
  putConcurrency({ ...deps, ...overrides }, 'echo', tasksAtOnce);
const get = async () => {
  const { record, now } = await getConcurrency(deps, 'echo');
  return { set: tasksAtOnceOf(record), now };
};
const row = async () => (await settings.read('echo'))?.runtimeConcurrency;

afterEach(() => vi.restoreAllMocks());

const DEPLOYED = { isEnabled: true, maximumConcurrency: 100 };

describe('a Put', () => {
  test('sets how many instances the event source has at once, and keeps the number', async () => {
    await put(7);
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 7 });
    expect(await row()).toMatchObject({ tasksAtOnce: 7 });
    expect(await get()).toEqual({ set: 7, now: 7 });
    expect(await settings.read('stubborn')).not.toHaveProperty('runtimeConcurrency');
  });

  test('counts tasks, of which an instance runs several', async () => {
    await register('echo', { instanceConcurrency: 5 });
    await put(20);
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 4 });
    expect(await get()).toEqual({ set: 20, now: 20 });
  });

  test('of 0 has the event source let messages wait, and the next one lets it poll again', async () => {
    await put(0);
    expect(eventSource.state()).toMatchObject({ isEnabled: false });
    expect(await get()).toEqual({ set: 0, now: 0 });
    await put(3);
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 3 });
  });

  test('of what AWS cannot hold to changes nothing', async () => {
    await put(7);
    const before = await settings.read('echo');
    await expect(put(1)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(await settings.read('echo')).toEqual(before);
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 7 });
  });

  test('on a function that was removed changes nothing', async () => {
    await register('echo', { isDeleted: true });
    await expect(put(7)).rejects.toMatchObject({ code: 'FunctionNotFound' });
    expect(eventSource.state()).toEqual(DEPLOYED);
    expect(await sweep()).toMatchObject({ concurrencies: 0 });
  });

  test('while Lambda makes another change is kept, and the sweep sets it', async () => {
    vi.spyOn(eventSource.client, 'send').mockImplementationOnce(async () => {
      throw Object.assign(new Error('in use'), { name: 'ResourceInUseException' });
    });
    await put(7);
    expect(eventSource.state()).toEqual(DEPLOYED);
    expect(await get()).toEqual({ set: 7, now: 100 });
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(await get()).toEqual({ set: 7, now: 7 });
  });

  test('while a deployment replaces the event source is kept, and the sweep sets it', async () => {
    eventSource.remove();
    await put(7);
    expect(await get()).toEqual({ set: 7, now: undefined });
    expect(await sweep()).toEqual(NOTHING);
    eventSource.put(DEPLOYED);
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(eventSource.state()).toMatchObject({ maximumConcurrency: 7 });
  });
});

describe('a Delete', () => {
  test('brings back what was deployed', async () => {
    await put(7);
    await put(undefined);
    expect(eventSource.state()).toEqual(DEPLOYED);
    expect(await get()).toEqual({ set: 100, now: 100 });
  });

  test('of what was never put sets what was deployed', async () => {
    eventSource.put({ isEnabled: false });
    await put(undefined);
    expect(eventSource.state()).toEqual(DEPLOYED);
  });

  test('of a pause has provisioned pollers poll again', async () => {
    const provisionedPollerConfig = { minimumPollers: 2, maximumPollers: 5 };
    await register('echo', { scaling: { provisionedPollerConfig } });
    eventSource.put({ isEnabled: true }, true);
    await put(0);
    expect(await get()).toEqual({ set: 0, now: 0 });
    await put(undefined);
    expect(eventSource.state()).toEqual({ isEnabled: true });
    expect(await get()).toEqual({ set: 50, now: 50 });
  });
});

describe('the sweep', () => {
  test('sets again what a deployment set otherwise, once', async () => {
    await put(7);
    eventSource.put({ isEnabled: true, maximumConcurrency: 30 });
    await register('echo', { scaling: { maxConcurrency: 30 }, runtimeConcurrency: await row() });
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 7 });
    expect(await sweep()).toEqual(NOTHING);
  });

  test('pauses again what a deployment started', async () => {
    await put(0);
    eventSource.put(DEPLOYED);
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(eventSource.state()).toMatchObject({ isEnabled: false });
  });

  test('asks Lambda about no function of which nothing was put', async () => {
    const send = vi.spyOn(eventSource.client, 'send');
    eventSource.put({ isEnabled: true, maximumConcurrency: 30 });
    expect(await sweep()).toEqual(NOTHING);
    expect(send).not.toHaveBeenCalled();
    expect(eventSource.state()).toMatchObject({ maximumConcurrency: 30 });
  });

  test('twice at once does the same as once', async () => {
    await put(7);
    eventSource.put(DEPLOYED);
    await Promise.all([sweep(), sweep()]);
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 7 });
  });

  test('does not undo what is put while it runs', async () => {
    await put(7);
    eventSource.put(DEPLOYED);
    const slow = new EventSources({ client: eventSource.client });
    vi.spyOn(slow, 'read').mockImplementationOnce(async (id) => {
      const state = await eventSources.read(id);
      await put(9);
      return state;
    });
    await sweep({ eventSources: slow });
    expect(eventSource.state()).toEqual({ isEnabled: true, maximumConcurrency: 9 });
  });

  test('sees to a Delete that died before the event source knew, and to a late Put that it overtook', async () => {
    await put(7);
    const dead = new EventSources({ client: eventSource.client });
    vi.spyOn(dead, 'set').mockRejectedValue(new Error('gone'));
    await expect(put(undefined, { eventSources: dead })).rejects.toThrow('gone');
    expect(eventSource.state()).toMatchObject({ maximumConcurrency: 7 });
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(eventSource.state()).toEqual(DEPLOYED);
    // A Put that wrote its number before the Delete, and tells the event source of it only now.
    await eventSources.set('event-source-1', { isEnabled: true, maxInstances: 7 });
    time.now += MINUTE_MS;
    expect(await sweep()).toEqual({ ...NOTHING, concurrencies: 1 });
    expect(eventSource.state()).toEqual(DEPLOYED);
  });

  test('looks no further when a Delete is two minutes old and holds', async () => {
    await put(7);
    await put(undefined);
    time.now += 2 * MINUTE_MS;
    await sweep();
    expect(await row()).toBeDefined();
    time.now += 1;
    await sweep();
    expect(await row()).toBeUndefined();
    const send = vi.spyOn(eventSource.client, 'send');
    await sweep();
    expect(send).not.toHaveBeenCalled();
  });

  test('forgets no Put that came since it looked', async () => {
    await put(undefined);
    time.now += 3 * MINUTE_MS;
    const slow = new EventSources({ client: eventSource.client });
    vi.spyOn(slow, 'read').mockImplementationOnce(async (id) => {
      const state = await eventSources.read(id);
      await put(7);
      return state;
    });
    await sweep({ eventSources: slow });
    expect(await row()).toMatchObject({ tasksAtOnce: 7 });
  });
});

describe.each([
  ['a Put', 7, undefined],
  ['a Put over another', 7, 50],
  ['a Delete', undefined, 50],
])('%s of which a call goes wrong', (_, tasksAtOnce, earlier) => {
  test.each(FAULTS)('each once: %s', async (fault) => {
    const stateOf = (tasks = 100) => ({ isEnabled: true, maximumConcurrency: tasks });
    // It reads the row, writes it, and tells the event source.
    for (let call = 0; call < 3; call += 1) {
      await world.clear();
      if (earlier !== undefined) await put(earlier);
      const recorder = new CallRecorder({ call, fault });
      const recorded = {
        settings: recorder.recorded(settings),
        eventSources: recorder.recorded(eventSources),
      };
      const error = await put(tasksAtOnce, recorded).catch((reason: unknown) => reason);
      expect(error).toSatisfy((reason) => reason instanceof AwsAway || reason instanceof Death);
      expect(recorder.calls).toHaveLength(call + 1);
      // It is whole or not at all, whatever the caller does next.
      const isKept = (await row())?.tasksAtOnce === tasksAtOnce;
      await sweep();
      expect(eventSource.state()).toEqual(stateOf(isKept ? tasksAtOnce : earlier));
      await put(tasksAtOnce);
      expect(eventSource.state()).toEqual(stateOf(tasksAtOnce));
    }
  });
});
