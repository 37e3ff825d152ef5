import type { FunctionRegistry } from '../aws/function-registry.ts';
import type { PayloadStore } from '../aws/payload-store.ts';
import type { TaskStore } from '../aws/task-store.ts';
import { destinationOf, followUpBody, followUpId, isFollowUpPending } from '../domain/follow-up.ts';
import type { TaskKey } from '../domain/task.ts';
import { readTexts } from './get-task.ts';

export interface FollowUpMessage {
  /** By which who is told twice knows the second. */
  readonly id: string;
  /** JSON text. */
  readonly body: string;
}

/** One kind of destination. */
export interface Destination {
  readonly deliver: (arn: string, message: FollowUpMessage) => Promise<void>;
}

export interface DeliverDependencies {
  readonly store: TaskStore;
  readonly registry: FunctionRegistry;
  readonly payloads: PayloadStore;
  /** The kinds of destinations, by the service that their ARNs name. */
  readonly destinations: Readonly<Record<string, Destination>>;
  readonly clock: () => number;
}

/**
 * Tells a task's destination how it ended, then notes that this is done: who dies in between has it told twice, under
 * one id. A task of which nobody is to be told, or no more, is left alone.
 * @throws Error when the destination did not take it. The task stays marked.
 */
export async function deliverFollowUp(deps: DeliverDependencies, key: TaskKey): Promise<void> {
  const task = await deps.store.get(key, deps.clock());
  if (!task || !isFollowUpPending(task)) return;
  const arn = destinationOf(task.config, task.status);
  const destination = deps.destinations[serviceOf(arn)];
  if (arn === undefined || !destination)
    throw new Error(`nothing can be delivered to the destination ${arn}`);
  const [record, texts] = await Promise.all([
    deps.registry.find(key.functionName, deps.clock()),
    readTexts(deps.payloads, task),
  ]);
  const { payloadText, resultText } = texts;
  const body = followUpBody(task, { functionArn: record?.functionArn ?? '', payloadText, resultText });
  await destination.deliver(arn, { id: followUpId(task), body });
  await deps.store.endFollowUp(task);
}

/** The service of `arn:partition:service:region:account:resource`. */
function serviceOf(arn: string | undefined): string {
  return arn?.split(':')[2] ?? '';
}
