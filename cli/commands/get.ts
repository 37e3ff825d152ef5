import type { Command } from 'commander';
import { FUNCTION_ARGUMENT, TASK_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { output } from '../screen.ts';
import { serverTime } from '../server-time.ts';
import { taskView } from '../task-view.ts';

interface GetArguments extends ConnectionOptions {
  readonly json?: true;
  readonly result?: true;
}

/** `get`: all that is known of a task. */
export function addGetCommand(program: Command): void {
  const command = program
    .command('get')
    .summary('show a task with its history')
    .description('Shows a task: status, times, payload, result and history.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...TASK_ARGUMENT)
    .option('--json', 'print the task as the API has it')
    .option('--result', 'print its result only')
    .action(async (functionName: string, taskId: string, options: GetArguments) => {
      const task = await (await connect(options)).get(functionName, taskId);
      if (options.json) output.line(JSON.stringify(task));
      else if (options.result) output.line(task.returnPayload ?? 'null');
      else {
        const { paint, columns } = output;
        output.line(taskView(functionName, task, { paint, nowMs: serverTime(), width: columns }));
      }
    });
  withExamples(withConnection(command), [
    ['task-mode get thumbnail photo-1', 'status, times, payload, result, history'],
    ['task-mode get thumbnail photo-1 --result | jq -r .image | base64 -d > small.png', 'its result alone'],
  ]);
}
