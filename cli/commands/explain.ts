import type { Command } from 'commander';
import type { TaskCount, TaskExplanation } from '../../client/index.ts';
import { FUNCTION_ARGUMENT, TASK_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { output, type Paint, printable } from '../screen.ts';
import { serverTime } from '../server-time.ts';
import { STATUS_STYLE } from '../status-style.ts';
import { durationText, instantText } from '../times.ts';

interface ExplainArguments extends ConnectionOptions {
  readonly json?: true;
}

/** `explain`: why a task does not run yet. */
export function addExplainCommand(program: Command): void {
  const command = program
    .command('explain')
    .summary('say why a task does not run yet')
    .description('Says why a task does not run yet, or how it runs or ended.')
    .argument(...FUNCTION_ARGUMENT)
    .argument(...TASK_ARGUMENT)
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, taskId: string, options: ExplainArguments) => {
      const explanation = await (await connect(options)).explain(functionName, taskId);
      output.line(
        options.json ? JSON.stringify(explanation) : explanationText(explanation, output.paint, serverTime()),
      );
    });
  withExamples(withConnection(command), [
    ['task-mode explain thumbnail photo-1', 'is it delayed, behind others, or paused?'],
  ]);
}

/** Lays an explanation out for people: the sentence, when it changes, and the numbers around it. */
export function explanationText(explanation: TaskExplanation, paint: Paint, nowMs: number): string {
  const { taskId, status, reason, message, until, running, ahead, queue } = explanation;
  const numbers = [
    running && `${countText(running)} running`,
    ahead && `${countText(ahead)} submitted before it and waiting`,
    queue && `about ${queue.visible} in the queue`,
  ].filter(Boolean);
  return [
    `${taskId} is ${paint(STATUS_STYLE[status], status)}: ${paint('bold', reason)}`,
    `  ${printable(message)}`,
    until !== undefined &&
      `  until ${instantText(until)}${until > nowMs ? `, in ${durationText(until - nowMs)}` : ''}`,
    numbers.length > 0 && `  ${numbers.join(', ')}`,
  ]
    .filter(Boolean)
    .join('\n');
}

function countText({ count, isAtLeast }: TaskCount): string {
  return isAtLeast ? `${count} or more` : String(count);
}
