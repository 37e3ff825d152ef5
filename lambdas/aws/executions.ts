import { callAws } from './faults.ts';
import { sfnClient } from './workflow-client.ts';

/** Executions of workflows. */
export class Executions {
  /** Pages through what an execution's states have asked a function for, from the first: its events as JSON texts. */
  async *requests(executionArn: string): AsyncGenerator<string[]> {
    const { GetExecutionHistoryCommand } = await import('./workflow-commands.ts');
    const client = await sfnClient();
    let nextToken: string | undefined;
    do {
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken });
      const page = await callAws('Step Functions', () => client.send(command));
      nextToken = page.nextToken;
      yield (page.events ?? []).flatMap(({ taskScheduledEventDetails: details }) =>
        details?.parameters === undefined ? [] : [details.parameters],
      );
    } while (nextToken !== undefined);
  }
}
