import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../bench/chaos/random.ts';
import { isTerminal } from '../../lambdas/domain/lifecycle.ts';
import type { Task, TaskKey } from '../../lambdas/domain/task.ts';
import type { AttemptOutcome } from '../../lambdas/tasks/end-run.ts';
import { redriveTask } from '../../lambdas/tasks/redrive-task.ts';
import { runTask } from '../../lambdas/tasks/run-task.ts';
import { stopTask } from '../../lambdas/tasks/stop-task.ts';
import { IndexLag } from '../aws/index-lag.ts';
import { Death } from './faults.ts';
import { endings, illegalSteps, statusesIn } from './history.ts';
import { countedIn } from './metric-counts.ts';
import { startSweepWorld } from './sweep-world.ts';

const world = await startSweepWorld();
const { time, read } = world;
const lag = await IndexLag.start(world);

const FUNCTION = 'stubborn';
const MAX_ATTEMPTS = 4;
const keyOf = (task: number): TaskKey => ({ functionName: FUNCTION, taskId: `task-${task}` });

/** How the code of a delivery ends. */
type End = 'succeeds' | 'fails' | 'crashes';

type Step =
  | { readonly does: 'submit' | 'stop' | 'redrive' | 'stop while it runs'; readonly task: number }
  | { readonly does: 'deliver' | 'deliver twice'; readonly task: number; readonly end: End }
  | { readonly does: 'sweep' | 'sweep twice' }
  | { readonly does: 'wait'; readonly seconds: number };

const task = fc.integer({ min: 0, max: 2 });
const end = fc.constantFrom<End>('succeeds', 'fails', 'crashes');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('submit' as const), task }) },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constantFrom('deliver' as const, 'deliver twice' as const), task, end }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constantFrom('stop' as const, 'stop while it runs' as const), task }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('redrive' as const), task }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('sweep' as const, 'sweep twice' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('wait' as const), seconds: fc.constantFrom(1, 80, 400, 4000) }),
  },
);

/** What happened beside the rows: which code ran, and what each history was when it was last seen. */
class Journal {
  readonly executions = new Map<string, number>();
  readonly seen = new Map<string, Task>();
  /** Tasks whose ids were free again, and are taken by others now. */
  readonly forgotten: Task[] = [];

  /** Code begins only where its row says so. */
  async begins({ functionName, taskId, runId, series }: Task): Promise<void> {
    expect(await read({ functionName, taskId })).toMatchObject({ status: 'Running', runId, series });
    this.executions.set(taskId, (this.executions.get(taskId) ?? 0) + 1);
  }

  /** A history only grows, by legal steps, and tells each execution. */
  async check(): Promise<void> {
    for (const number of [0, 1, 2]) {
      const task = await read(keyOf(number));
      if (!task) continue;
      const before = this.seen.get(task.taskId);
      const isSameLife = before?.submitTime === task.submitTime;
      if (isSameLife && !task.droppedEvents) {
        expect(task.events.slice(0, before.events.length)).toEqual(before.events);
      }
      if (!isSameLife) this.executions.set(task.taskId, 0);
      if (!isSameLife && before) this.forgotten.push(before);
      this.seen.set(task.taskId, task);
      const statuses = statusesIn(task.events);
      expect(illegalSteps(statuses)).toEqual([]);
      expect(endings(statuses)).toBe(isTerminal(task.status) ? 1 : 0);
      expect(statuses.at(-1)).toBe(task.status);
      expect(task.attempt).toBeLessThanOrEqual(MAX_ATTEMPTS);
      const ran = statuses.filter((status) => status === 'Running').length;
      expect(ran).toBe(this.executions.get(task.taskId) ?? 0);
    }
    // And each of its events is counted once.
    expect(world.counts.byStatus(FUNCTION)).toEqual(countedIn([...this.seen.values(), ...this.forgotten]));
  }
}

async function deliver(journal: Journal, key: TaskKey, end: End, meanwhile = async () => {}): Promise<void> {
  const attempt = async (task: Task): Promise<AttemptOutcome> => {
    await journal.begins(task);
    await meanwhile();
    if (end === 'crashes') throw new Death();
    return end === 'succeeds'
      ? { isSuccess: true, resultText: '1' }
      : { isSuccess: false, failure: { kind: 'HandledInvocationError', errorType: 'E', errorMessage: 'm' } };
  };
  const invocationEndTime = time.now + 70_000;
  const delivery = { key, tenant: 'tenant-1', receiptHandle: 'none', invocationEndTime, runId: randomUUID() };
  await runTask(world.runDependencies(attempt), delivery).catch((error: unknown) => {
    if (!(error instanceof Death)) throw error;
  });
}

/** A refusal is an answer as good as any: the model is that nothing changes by it. */
const orRefused = (call: Promise<unknown>) =>
  call.catch((error: { name?: string }) => {
    if (error.name !== 'TaskModeError') throw error;
  });

async function take(journal: Journal, step: Step): Promise<void> {
  switch (step.does) {
    case 'submit':
      await orRefused(world.submit({ ...keyOf(step.task) }));
      break;
    case 'deliver':
      await deliver(journal, keyOf(step.task), step.end);
      break;
    case 'deliver twice':
      await Promise.all([1, 2].map(() => deliver(journal, keyOf(step.task), step.end)));
      break;
    case 'stop':
      await orRefused(stopTask(world, keyOf(step.task)));
      break;
    case 'stop while it runs':
      await deliver(journal, keyOf(step.task), 'succeeds', async () => {
        await stopTask(world, keyOf(step.task));
      });
      break;
    case 'redrive':
      await orRefused(redriveTask(world, keyOf(step.task)));
      break;
    case 'sweep':
      await world.sweep();
      break;
    case 'sweep twice':
      await Promise.all([world.sweep(), world.sweep()]);
      break;
    case 'wait':
      time.now += step.seconds * 1000;
  }
}

test.each([
  ['with indexes that are up to date', 1],
  ['with indexes that are late', 0.02],
])(
  'whatever happens in whatever order, each task keeps to the lifecycle, and ends, %s',
  async (_, chance) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.nat(), async (steps, seed) => {
        await world.clear();
        await lag.catchUp();
        world.counts.clear();
        const random = seededRandom(seed, 'lag');
        lag.hasArrived = () => random() < chance;
        const journal = new Journal();
        for (const next of steps) {
          await take(journal, next);
          await journal.check();
        }
        await expectAllToEnd(journal);
      }),
      { numRuns: 25 },
    );
  },
  120_000,
);

/** With time, messages and the sweep alone, every task ends. */
async function expectAllToEnd(journal: Journal): Promise<void> {
  const unfinished = async () => {
    const tasks = await Promise.all([0, 1, 2].map((number) => read(keyOf(number))));
    return tasks.filter((task) => task !== undefined && !isTerminal(task.status));
  };
  for (let round = 0; round < 12 && (await unfinished()).length > 0; round += 1) {
    time.now += 950_000;
    await world.sweep();
    for (const task of await unfinished()) if (task) await deliver(journal, task, 'succeeds');
    await journal.check();
  }
  expect(await unfinished()).toEqual([]);
}
