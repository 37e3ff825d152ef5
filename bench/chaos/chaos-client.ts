import { setTimeout as pause } from 'node:timers/promises';
import type { TaskStatus } from '../../lambdas/domain/lifecycle.ts';
import { CHAOS_FUNCTIONS } from './functions.ts';
import type { PlannedTask } from './plan.ts';

export interface TaskEventView {
  readonly eventId: number;
  readonly status: TaskStatus;
  readonly timestamp: number;
  readonly eventDetail?: string;
}

/** What the API tells of a task. */
export interface TaskView {
  readonly status: TaskStatus;
  readonly alreadyRetriedTimes: number;
  readonly returnPayload?: string;
  readonly taskErrorMessage?: string;
  readonly events: readonly TaskEventView[];
}

export interface ChaosAnswer {
  readonly status: number;
  readonly text: string;
  /** Whether an earlier try got no answer or 5xx: it may have done what was asked. */
  readonly isRepeated: boolean;
}

const ANSWER_WITHIN_MS = 5000;
const REPEAT_AFTER_MS = 200;

/** After this, a runtime that does not come back is what is wrong. */
const GIVE_UP_AFTER_MS = 300_000;

const NO_ANSWER = { status: 0, text: 'no answer' };

/** A client that repeats each request until it gets an answer: none and 5xx leave open whether it was done. */
export class ChaosClient {
  readonly #urlOf: () => string;

  /** @param urlOf - tells where the runtime listens now */
  constructor(urlOf: () => string) {
    this.#urlOf = urlOf;
  }

  submit({ id, functionName, payload, delaySeconds }: PlannedTask): Promise<ChaosAnswer> {
    return this.#answer('POST', `${functionName}/invocations`, {
      headers: {
        'x-fc-invocation-type': 'Async',
        ...(CHAOS_FUNCTIONS[functionName].hasRecord && { 'x-fc-async-task-id': id }),
        'x-fc-async-delay': String(delaySeconds),
      },
      body: JSON.stringify(payload),
    });
  }

  stop({ id, functionName }: PlannedTask): Promise<ChaosAnswer> {
    return this.#answer('PUT', `${functionName}/async-tasks/${id}/stop`);
  }

  redrive({ id, functionName }: PlannedTask): Promise<ChaosAnswer> {
    return this.#answer('POST', `${functionName}/async-tasks/${id}/redrive`);
  }

  /** Undefined when there is no such task. */
  async task({ id, functionName }: PlannedTask): Promise<TaskView | undefined> {
    const { status, text } = await this.#answer('GET', `${functionName}/async-tasks/${id}`);
    return status === 200 ? (JSON.parse(text) as TaskView) : undefined;
  }

  async #answer(method: string, path: string, init: RequestInit = {}): Promise<ChaosAnswer> {
    const giveUpTime = Date.now() + GIVE_UP_AFTER_MS;
    for (let isRepeated = false; ; isRepeated = true) {
      const answer = await this.#tryOnce(method, path, init).catch(() => undefined);
      if (answer && answer.status < 500) return { ...answer, isRepeated };
      if (Date.now() > giveUpTime) return { ...(answer ?? NO_ANSWER), isRepeated };
      await pause(REPEAT_AFTER_MS);
    }
  }

  async #tryOnce(method: string, path: string, init: RequestInit) {
    const url = `${this.#urlOf()}/2023-03-30/functions/${path}`;
    const response = await fetch(url, { ...init, method, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return { status: response.status, text: await response.text() };
  }
}
