import type { WaiterAnswer } from '../domain/waiter.ts';
import { callAws } from './faults.ts';
import { sfnClient } from './workflow-client.ts';

/** What Step Functions says of a token that nobody waits with any more. */
const GONE = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];

/** The states of workflows that wait for tasks, each known by its token. */
export class Waiters {
  /** Answers a state. One that waits no longer (answered, timed out, its execution stopped) needs none. */
  async answer(taskToken: string, answer: WaiterAnswer): Promise<void> {
    const { SendTaskFailureCommand, SendTaskSuccessCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    const call = answer.isSuccess
      ? () => client.send(new SendTaskSuccessCommand({ taskToken, output: answer.output }))
      : () =>
          client.send(new SendTaskFailureCommand({ taskToken, error: answer.error, cause: answer.cause }));
    await this.#ifWaiting(call);
  }

  /** Tells a state that its task is alive; tells whether it still waits. */
  async heartbeat(taskToken: string): Promise<boolean> {
    const { SendTaskHeartbeatCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    return this.#ifWaiting(() => client.send(new SendTaskHeartbeatCommand({ taskToken })));
  }

  async #ifWaiting(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await callAws('Step Functions', call, GONE);
      return true;
    } catch (error) {
      if (error instanceof Error && GONE.includes(error.name)) return false;
      throw error;
    }
  }
}
