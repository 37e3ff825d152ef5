import { randomUUID } from 'node:crypto';
import { AwsApiError } from '../aws-json-api.ts';
import { afterWorkTime, type Timer } from '../clock/timer.ts';
import type { Json } from '../json.ts';
import { WorkflowError } from './run/workflow-error.ts';

/** A task that waits for somebody to answer with its token. */
export class TokenWait {
  readonly token: string;
  readonly answer: Promise<Json>;
  readonly close: () => void;
  #settle: { resolve: (output: Json) => void; reject: (error: WorkflowError) => void };
  #heartbeatMs = Number.POSITIVE_INFINITY;
  #onMissed: () => void = () => undefined;
  #timer: Timer | undefined;

  constructor(token: string, forget: () => void) {
    this.token = token;
    const { promise, resolve, reject } = Promise.withResolvers<Json>();
    this.answer = promise;
    // A failure that comes before anybody waits is not a fault of this process.
    promise.catch(() => undefined);
    this.#settle = { resolve, reject };
    this.close = () => {
      this.#timer?.cancel();
      forget();
    };
  }

  succeed(output: Json): void {
    this.close();
    this.#settle.resolve(output);
  }

  fail(error: string | undefined, cause: string | undefined): void {
    this.close();
    this.#settle.reject(new WorkflowError(error, cause));
  }

  /** From now on no more than so many seconds may pass between two heartbeats. */
  expectHeartbeats(seconds: number, onMissed: () => void): void {
    this.#heartbeatMs = seconds * 1000;
    this.#onMissed = onMissed;
    this.heartbeat();
  }

  heartbeat(): void {
    this.#timer?.cancel();
    if (Number.isFinite(this.#heartbeatMs)) {
      // Who does the task gets no time for its heartbeats when the clock is advanced.
      this.#timer = afterWorkTime(this.#heartbeatMs, this.#onMissed);
    }
  }
}

/** The tokens of all tasks that wait. */
export class TaskTokens {
  readonly #waiting = new Map<string, TokenWait>();

  /** Makes a fresh token, good until its wait is closed. */
  open(executionArn: string): TokenWait {
    const token = Buffer.from(JSON.stringify([executionArn, randomUUID()])).toString('base64url');
    const wait = new TokenWait(token, () => this.#waiting.delete(token));
    this.#waiting.set(token, wait);
    return wait;
  }

  /** Finds the task that waits with a token; refuses as Step Functions does for any other token. */
  find(token: string): TokenWait {
    const wait = this.#waiting.get(token);
    if (wait !== undefined) {
      return wait;
    }
    throw isTokenOfOurs(token)
      ? new AwsApiError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'")
      : new AwsApiError('InvalidToken', "Invalid Token: 'Invalid token'");
  }
}

function isTokenOfOurs(token: string): boolean {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(parts) && parts.length === 2 && String(parts[0]).startsWith('arn:');
  } catch {
    return false;
  }
}
