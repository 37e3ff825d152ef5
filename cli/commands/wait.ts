import type { Command } from 'commander';
import { FUNCTION_ARGUMENT, TASK_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { followTask } from '../follow-task.ts';
import { durationOption } from '../times.ts';

interface WaitArguments extends ConnectionOptions {
  readonly timeout?: number;
  readonly json?: true;
}

/** `wait`: until a task has ended. */
export function addWaitCommand(program: Command): void {
  const command = program
    .command('wait')
    .summary('wait until a task has ended')
    .description('Waits until a task has ended, prints its result, and exits by its status.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...TASK_ARGUMENT)
    .option('--timeout <TIME>', 'give up after this: 30s, 5m, 2h', durationOption('--timeout'))
    .option('--json', 'print the whole task as JSON')
    .action(async (functionName: string, taskId: string, options: WaitArguments) => {
      const { timeout: timeoutSeconds, json } = options;
      const client = await connect(options);
      await followTask(client, functionName, taskId, { timeoutSeconds, asJson: json === true });
    });
  withExamples(withConnection(command), [
    ['task-mode wait thumbnail photo-1 --timeout 1m && echo done', 'goes on only when it succeeded'],
  ]);
}
