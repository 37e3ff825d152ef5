import { randomUUID } from 'node:crypto';
import type { Run } from '../../lambdas/aws/task-store.ts';
import { expiresAtOf, type TaskIn, type TaskKey } from '../../lambdas/domain/task.ts';

const NOW = 1_795_510_275_000;

export type NewTaskOptions = Partial<TaskIn<'Enqueued'>> & { readonly delayMs?: number };

/** A task as a submit creates it, with an id of its own. */
export function newTask({ delayMs = 0, ...overrides }: NewTaskOptions = {}): TaskIn<'Enqueued'> {
  const submitTime = overrides.submitTime ?? NOW;
  const dueTime = submitTime + delayMs;
  const config = { maxAsyncRetryAttempts: 3, maxAsyncEventAgeInSeconds: 3600 };
  return {
    functionName: 'echo',
    taskId: `t-${randomUUID()}`,
    status: 'Enqueued',
    series: 1,
    submissionId: randomUUID(),
    submitTime,
    dueTime,
    notBefore: dueTime,
    startDeadline: dueTime + config.maxAsyncEventAgeInSeconds * 1000,
    attempt: 0,
    events: [{ status: 'Enqueued', timestamp: submitTime }],
    payload: { text: '{"n":1}' },
    requestId: 'request-1',
    tenant: 'tenant-1',
    config,
    expiresAt: expiresAtOf(dueTime, config),
    ...overrides,
  };
}

/** A run of a task that starts at its due time, with an id of its own. */
export function runOf(task: TaskKey & { readonly dueTime: number }, overrides: Partial<Run> = {}): Run {
  const now = overrides.now ?? task.dueTime;
  return { runId: randomUUID(), now, leaseUntil: now + 70_000, instanceId: 'instance-1', ...overrides };
}
