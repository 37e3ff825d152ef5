import { beforeEach, describe, expect, test } from 'vitest';
import { FunctionRegistry } from '../../lambdas/aws/function-registry.ts';
import { keyOf } from '../../lambdas/aws/task-item.ts';
import { TaskQueue as Queue } from '../../lambdas/aws/task-queue.ts';
import type { Invocation } from '../../lambdas/domain/invocation.ts';
import { endKeyOf } from '../../lambdas/domain/kept-end.ts';
import type { TerminalStatus } from '../../lambdas/domain/lifecycle.ts';
import { acceptInvocation } from '../../lambdas/tasks/accept-invocation.ts';
import { deliverKeptEnd } from '../../lambdas/tasks/deliver-follow-up.ts';
import type { InvocationDelivery, InvocationRun } from '../../lambdas/tasks/end-invocation.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { runInvocation } from '../../lambdas/tasks/run-invocation.ts';
import { sweepTasks } from '../../lambdas/tasks/sweep-tasks.ts';
import { FUNCTION_TABLE } from '../aws/engines.ts';
import { AwsAway, CallRecorder, Death, FAULTS, type PlannedFault } from './faults.ts';
import type { startInvocationWorld } from './invocation-world.ts';

const LARGE = JSON.stringify('x'.repeat(200_000));

/** Lets each AWS call that invocations without a record lead to go wrong, as `describe`s of the file that calls it. */
export function describeInvocationFaults(
  world: Awaited<ReturnType<typeof startInvocationWorld>>,
  seen: Set<string>,
): void {
  const { time, queueUrl } = world;

  /** How often code ran, and which of its attempts are to fail. */
  let executions = 0;
  let failures = 0;
  let isDestinationAway = false;

  // The queue's delays are in real time, and this clock is not: what waits comes at once. It goes by its class's name.
  const undelayed = new (class TaskQueue extends Queue {
    override async sendInvocation(queueUrl: string, invocation: Invocation): Promise<void> {
      await super.sendInvocation(queueUrl, invocation, 0);
    }
  })({ client: world.sqs });

  /** One process, its adapters, and the use cases on them. */
  function processWith(recorder: CallRecorder) {
    const queue = recorder.recorded(undelayed);
    const store = recorder.recorded(world.store);
    const payloads = recorder.recorded(world.payloads);
    const ends = recorder.recorded(world.ends);
    const registry = recorder.recorded(
      new FunctionRegistry({ client: world.dynamoDb, tableName: FUNCTION_TABLE }),
    );
    const attempt = async (run: InvocationRun): Promise<AttemptOutcome> => {
      if (recorder.isDead) throw new Death();
      executions += 1;
      if (run.attempt > failures) return { isSuccess: true, resultText: LARGE };
      return {
        isSuccess: false,
        failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' },
      };
    };
    return {
      accept: (payload: string) =>
        acceptInvocation(
          { ...world, countMetrics: world.counts.count, registry, queue, payloads, storeFor: () => store },
          {
            functionName: 'loose',
            requestId: 'r',
            tenant: 'tenant-1',
            delaySeconds: 0,
            payload,
            taskFields: {},
          },
        ),
      deliver: async (delivery: InvocationDelivery) => {
        const runs = recorder.recorded(world.runs);
        const deps = { ...world.invocationDependencies(attempt), queue, payloads, ends, runs };
        await runInvocation(deps, delivery);
        // The event source does, once the worker has answered.
        if (!recorder.isDead) await world.removeMessage(delivery);
      },
      tell: async () => {
        for (const key of await world.endsHandedOver()) {
          const { destinations } = isDestinationAway
            ? world.failingDestinations()
            : world.deliverDependencies;
          const deps = { ...world.deliverDependencies, registry, store, payloads, ends, queue, destinations };
          await deliverKeptEnd(deps, key).catch(async (error) => {
            // SQS gives the message again.
            await world.queue.sendKeptEnd(world.followUpQueueUrl, key, 0);
            throw error;
          });
        }
      },
      sweep: () =>
        sweepTasks({ ...world.dependencies, registry, queue, ends, payloads, lookedTo: new Map() }),
    };
  }

  type Process = ReturnType<typeof processWith>;

  const sound = () => processWith(new CallRecorder());
  const taken: InvocationDelivery[] = [];

  const take = async () => {
    const delivery = await world.takeOne();
    taken.push(delivery);
    return delivery;
  };

  interface Scenario {
    readonly before?: () => Promise<unknown>;
    readonly act: (process: Process) => Promise<unknown>;
    /** The client's repetition of what it got no answer to: nothing tells it from another invocation. */
    readonly repeat?: (process: Process) => Promise<unknown>;
    readonly ends: TerminalStatus;
  }

  const accepted = (payload = '1') => sound().accept(payload);

  const SCENARIOS: Record<string, Scenario> = {
    'an invocation that is accepted': {
      act: (process) => process.accept('1'),
      repeat: (process) => process.accept('1'),
      ends: 'Succeeded',
    },
    'one with a large payload': {
      act: (process) => process.accept(LARGE),
      repeat: (process) => process.accept(LARGE),
      ends: 'Succeeded',
    },
    'a run that succeeds, with a large payload and a large result': {
      before: () => accepted(LARGE),
      act: async (process) => process.deliver(await take()),
      ends: 'Succeeded',
    },
    'a run that fails and is repeated': {
      before: async () => {
        failures = 1;
        await accepted();
      },
      act: async (process) => process.deliver(await take()),
      ends: 'Succeeded',
    },
    'a run that fails for the last time': {
      before: async () => {
        failures = 99;
        await world.configure({ maxAsyncRetryAttempts: 0 });
        await accepted();
      },
      act: async (process) => process.deliver(await take()),
      ends: 'Failed',
    },
    'a run of a message that came before': {
      before: async () => {
        await accepted();
        await world.again(await take());
      },
      act: async (process) => process.deliver(await take()),
      ends: 'Succeeded',
    },
    'a message that is not started in time': {
      before: async () => {
        await accepted();
        time.now += 3_600_001;
      },
      act: async (process) => process.deliver(await take()),
      ends: 'Expired',
    },
    'an end that is told': {
      before: async () => {
        await accepted();
        await sound().deliver(await take());
      },
      act: (process) => process.tell(),
      ends: 'Succeeded',
    },
    'an end that cannot be told': {
      before: async () => {
        await accepted();
        await sound().deliver(await take());
        isDestinationAway = true;
      },
      act: (process) => process.tell(),
      ends: 'Succeeded',
    },
    'an end that could not be told before': {
      before: async () => {
        await untold();
        time.now += 60_000;
        for (const key of await world.dueEnds('loose')) throw new Error(`${key.endId} is not due yet`);
        for (const { pk } of await world.rows()) {
          const key = endKeyOf(keyOf({ pk: pk ?? { S: '' } }));
          if (key) await world.queue.sendKeptEnd(world.followUpQueueUrl, key, 0);
        }
      },
      act: (process) => process.tell(),
      ends: 'Succeeded',
    },
    'a sweep of a dead letter': {
      before: async () => {
        await accepted();
        const { invocation } = await take();
        await world.purge();
        await world.putLooseDeadLetter(invocation);
      },
      act: (process) => process.sweep(),
      ends: 'Succeeded',
    },
    'a sweep of an end that could neither be told nor kept': {
      before: async () => {
        await accepted();
        await sound().deliver(await take());
        for (const key of await world.endsHandedOver()) await world.putUndelivered(key);
      },
      act: (process) => process.sweep(),
      ends: 'Succeeded',
    },
  };

  /** An invocation whose end is kept: its destination did not take it. */
  async function untold() {
    await accepted();
    await sound().deliver(await take());
    for (const key of await world.endsHandedOver()) await world.deliverEnd(key, world.failingDestinations());
  }

  const begin = () => {
    executions = 0;
    failures = 0;
    isDestinationAway = false;
    taken.length = 0;
  };

  async function play({ before, act, repeat }: Scenario, plan?: PlannedFault): Promise<string[]> {
    await before?.();
    const recorder = new CallRecorder(plan);
    const error = await act(processWith(recorder)).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined && !(error instanceof AwsAway) && !(error instanceof Death)) throw error;
    if (plan !== undefined && error !== undefined) await repeat?.(sound());
    await recover();
    return recorder.calls;
  }

  /** Messages come again, and the sweep comes, as they would with time, until there is nothing left to do. */
  async function recover(): Promise<void> {
    isDestinationAway = false;
    for (let round = 0; round < 12; round += 1) {
      for (const delivery of taken.splice(0)) await world.again(delivery).catch(() => undefined);
      for (let delivery = await world.take(); delivery; delivery = await world.take()) {
        await sound().deliver(delivery);
      }
      await world.deliverAll();
      time.now += 10 * 60_000;
      const { deadLetters, followUps: swept } = await world.sweep();
      const followUps = swept + (await world.resendDueEnds('loose'));
      const { visible, delayed, inFlight } = await world.messages();
      if (followUps + deadLetters + visible + delayed + inFlight === 0) return;
    }
    throw new Error(`there is still something to do in ${queueUrl}`);
  }

  /** What was accepted has run, but where it was too late; and its end is told, under one id for each invocation. */
  async function expectSound(name: string, ends: TerminalStatus, isRepeated: boolean): Promise<void> {
    const told = [...(await world.told('told-success')), ...(await world.told('told-failure'))];
    const contexts = told.map(({ body }) => body.requestContext);
    expect([...new Set(contexts.map(({ status }) => status))], name).toEqual([ends]);
    const ids = new Set(told.map(({ id }) => id)).size;
    expect(ids, name).toBeGreaterThanOrEqual(1);
    expect(ids, name).toBeLessThanOrEqual(isRepeated ? 2 : 1);
    if (ends === 'Expired') expect(executions, name).toBe(0);
    else expect(executions, name).toBeGreaterThanOrEqual(1);
  }

  describe('with task mode off', () => {
    beforeEach(begin);

    describe.each(Object.entries(SCENARIOS))('%s', (name, scenario) => {
      test('without a fault', async () => {
        for (const call of await play(scenario)) seen.add(call);
        await expectSound(name, scenario.ends, false);
      });

      test.each(FAULTS)('each call once: %s', async (fault) => {
        const start = time.now;
        let calls = 1;
        for (let call = 0; call < calls; call += 1) {
          await world.clear();
          await world.configure();
          time.now = start;
          begin();
          const made = await play(scenario, { call, fault });
          calls = Math.min(made.length, 25);
          await expectSound(`${name}, ${fault} ${made[call]}`, scenario.ends, scenario.repeat !== undefined);
        }
      });
    });
  });
}
