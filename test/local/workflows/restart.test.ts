import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '../../../local/workflows/execution-record.ts';
import { ExecutionStore } from '../../../local/workflows/execution-store.ts';
import { temporaryFolder } from '../fixtures/assembly.ts';
import { oneState, startWorkflows, tokenTask } from '../fixtures/workflows.ts';

const folder = async () => join(await temporaryFolder(), 'executions');

describe('after a restart', () => {
  it('what had ended is described as it was, and its name is still taken', async () => {
    const dir = await folder();
    const before = await startWorkflows({}, { dir });
    const machine = await before.deploy(oneState({ Type: 'Pass' }));
    const arn = await before.start(machine, { a: 1 }, 'one');
    const execution = await before.ended(arn);
    const history = await before.history(arn);
    await before.stop();

    const after = await startWorkflows({}, { dir });
    await after.workflows.endInterrupted();
    expect(after.events).toEqual([]);
    expect({ ...(await after.ended(arn)), $metadata: 0 }).toEqual({ ...execution, $metadata: 0 });
    expect(await after.history(arn)).toEqual(history);
    await after.deploy(oneState({ Type: 'Pass' }));
    await expect(after.start(machine, { a: 1 }, 'one')).rejects.toMatchObject({
      name: 'ExecutionAlreadyExists',
    });
  });

  it.each(['stopped', 'killed'])(
    'of a runtime that was %s, what ran is ABORTED by name, once, announced, and its token is dead',
    async (how) => {
      const dir = await folder();
      const before = await startWorkflows({}, { dir });
      const machine = await before.deploy(
        oneState({
          Type: 'Map',
          ItemProcessor: { StartAt: 'Inner', States: { Inner: tokenTask({ End: true }) } },
        }),
      );
      const arn = await before.start(machine, [1, 2], 'one');
      await expect.poll(() => before.messages.length).toBe(2);
      const history = await before.history(arn);
      if (how === 'stopped') await before.stop();
      expect(before.events.map(({ detail }) => detail.status)).toEqual(['RUNNING']);

      const after = await startWorkflows({}, { dir });
      await after.workflows.endInterrupted();
      await after.workflows.endInterrupted();
      const error = 'LocalRuntime.Restarted';
      expect(await after.ended(arn)).toMatchObject({ status: 'ABORTED', error, name: 'one' });
      expect(
        after.events.map(({ detail: { status, error: named, executionArn } }) => [
          status,
          named,
          executionArn,
        ]),
      ).toEqual([['ABORTED', error, arn]]);
      expect(after.lines).toEqual([
        'task-mode | execution one was cut off by a stop of the runtime: ABORTED',
      ]);
      const events = await after.history(arn);
      expect(events.slice(0, -1)).toEqual(history);
      expect(events.at(-1)).toMatchObject({ type: 'ExecutionAborted', id: history.length + 1 });
      const taskToken = JSON.parse(before.messages[0] ?? '').token;
      await expect(
        after.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' })),
      ).rejects.toMatchObject({ name: 'TaskTimedOut' });
    },
  );

  it('nothing is loaded or written before it is needed', async () => {
    const dir = await folder();
    const server = await startWorkflows({}, { dir });
    await server.workflows.endInterrupted();
    expect(existsSync(dir)).toBe(false);
    const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:none';
    await expect(server.sfn.send(new StartExecutionCommand({ stateMachineArn }))).rejects.toMatchObject({
      name: 'StateMachineDoesNotExist',
    });
    expect(existsSync(dir)).toBe(true);
  });
});

describe('the store', () => {
  const record = (name: string): ExecutionRecord => ({
    arn: `arn:${name}`,
    machineArn: 'arn:machine',
    name,
    input: '{}',
    startMs: 1,
    status: 'RUNNING',
  });

  it('forgets the oldest executions that have ended, with their histories, and none that runs', async () => {
    const store = new ExecutionStore(join(await temporaryFolder(), 'executions.sqlite'), 2);
    store.add(record('running'));
    for (const name of ['a', 'b', 'c']) {
      store.add(record(name));
      store.addEvent(`arn:${name}`, {
        id: 1,
        previousEventId: 0,
        timestampMs: 1,
        type: 'ExecutionStarted',
        details: {},
      });
      store.end({ ...record(name), status: 'SUCCEEDED', output: '1' });
    }
    expect(
      store.list('arn:machine', undefined, { limit: 9, after: undefined }).map(({ value }) => value.name),
    ).toEqual(['c', 'b', 'running']);
    expect(store.get('arn:a')).toBeUndefined();
    expect(store.lastEventId('arn:a')).toBe(0);
    expect(store.lastEventId('arn:b')).toBe(1);
    store.close();
  });
});
