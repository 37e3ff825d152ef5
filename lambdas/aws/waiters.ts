import { EXECUTION_CAUSE_MAX_CHARACTERS, EXECUTION_ERROR_MAX_CHARACTERS } from '../domain/limits.ts';
import { truncated } from '../domain/text.ts';
import type { WaiterAnswer } from '../domain/waiter.ts';
import { callAws } from './faults.ts';
import { sfnClient } from './workflow-client.ts';

/** What Step Functions says of a token that nobody waits with any more. */
const GONE = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

/** What it says of an answer that it never takes (AWS Step Functions API, SendTaskSuccess): repeating it is of no use. */
const NOT_TAKEN = ['InvalidOutput', 'ValidationException'];

/** The states of workflows that wait for tasks, each known by its token. */
export class Waiters {
  /**
   * Answers a state. One that waits no longer (answered, timed out, its execution stopped) needs none, and one whose answer
   * Step Functions does not take is answered by the failure `TaskMode.ResultNotTaken`.
   */
  async answer(taskToken: string, answer: WaiterAnswer): Promise<void> {
    const refusal = await this.#send(taskToken, answer);
    if (refusal === undefined || GONE.includes(refusal) || !answer.isSuccess) return;
    const cause = JSON.stringify({
      errorMessage: `the task has succeeded, and Step Functions does not take its result: ${refusal}`,
    });
    await this.#send(taskToken, { isSuccess: false, error: 'TaskMode.ResultNotTaken', cause });
  }

  /** Tells a state that its task is alive; tells whether it still waits. */
  async heartbeat(taskToken: string): Promise<boolean> {
    const { SendTaskHeartbeatCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const call = () => client.send(new SendTaskHeartbeatCommand({ taskToken }));
    return (await this.#refusalOf(call, GONE)) === undefined;
  }

  async #send(taskToken: string, answer: WaiterAnswer): Promise<string | undefined> {
    const { SendTaskFailureCommand, SendTaskSuccessCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const call = answer.isSuccess
      ? () => client.send(new SendTaskSuccessCommand({ taskToken, output: answer.output }))
      : () =>
          client.send(
            new SendTaskFailureCommand({
              taskToken,
              error: truncated(answer.error, EXECUTION_ERROR_MAX_CHARACTERS),
              cause: truncated(answer.cause, EXECUTION_CAUSE_MAX_CHARACTERS),
            }),
          );
    return this.#refusalOf(call, [...GONE, ...NOT_TAKEN]);
  }

  /** Makes a call; returns the name of the refusal, if it is one of those known, and undefined if the call was taken. */
  async #refusalOf(call: () => Promise<unknown>, known: readonly string[]): Promise<string | undefined> {
    try {
      await callAws('Step Functions', call, known);
      return undefined;
    } catch (error) {
      if (error instanceof Error && known.includes(error.name)) return error.name;
      throw error;
    }
  }
}
