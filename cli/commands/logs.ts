import type { Command } from 'commander';
import { isTerminal, type LogFilter, type TaskLogLine, type TaskModeClient } from '../../client/index.ts';
import { pause } from '../../client/transport.ts';
import { LOG_LIMIT_RANGE, RETRY_ATTEMPTS_RANGE } from '../../lambdas/domain/limits.ts';
import { FUNCTION_ARGUMENT, TASK_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { tellEnd } from '../follow-task.ts';
import { interruptible } from '../interruption.ts';
import { logText } from '../log-lines.ts';
import { wholeNumberOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';
import { instantOption } from '../times.ts';

interface LogsArguments extends ConnectionOptions {
  readonly follow?: true;
  readonly since?: number;
  readonly attempt?: number;
  readonly tail?: number;
  readonly json?: true;
}

/** How often who follows asks for more. CloudWatch Logs takes as few as five searches a second from an account. */
const FOLLOW_PAUSE_MS = 1000;

/** `logs`: what a task has logged. */
export function addLogsCommand(program: Command): void {
  const command = program
    .command('logs')
    .summary('show what a task has logged')
    .description(
      'Shows what a task has logged, and nothing of what ran beside it, the oldest line first.\nOn AWS a line can be read some seconds after it was written.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument(...TASK_ARGUMENT)
    .option('-f, --follow', 'go on until the task has ended')
    .option('--since <TIME>', 'only what is not older: 30m, 2h, or a date', instantOption('--since'))
    .option(
      '--attempt <N>',
      'only this attempt',
      wholeNumberOption('--attempt', { min: 1, max: RETRY_ATTEMPTS_RANGE.max + 1 }),
    )
    .option(
      '-n, --tail <N>',
      'only the last lines there are',
      wholeNumberOption('--tail', { min: 1, max: 1_000_000 }),
    )
    .option('--json', 'print one line of JSON for each, as the API has it')
    .action(logs);
  withExamples(withConnection(command), [
    ['task-mode logs thumbnail photo-1 --follow', 'shows its lines as they come, until it has ended'],
    ['task-mode logs flaky f-1 --attempt 2 --tail 20', 'the end of its second attempt'],
    [`task-mode logs echo e-1 --json | jq -r 'select(.level == "ERROR").message'`, 'its errors alone'],
  ]);
}

async function logs(functionName: string, taskId: string, options: LogsArguments): Promise<void> {
  const client = await connect(options);
  const count = await interruptible((signal) =>
    printLines(client, { functionName, taskId, signal }, options),
  );
  if (count === 0 && !options.follow) notes.line(`${taskId} has logged nothing${ofWhat(options)}.`);
  if (!options.follow) return;
  const task = await client.get(functionName, taskId);
  if (isTerminal(task.status)) tellEnd(task);
}

function ofWhat({ since, attempt }: LogsArguments): string {
  const parts = [attempt && ` in attempt ${attempt}`, since && ' since then'].filter(Boolean);
  return parts.length > 0 ? parts.join('') : ' so far';
}

/** Prints lines page by page, and tells how many. */
async function printLines(
  client: TaskModeClient,
  { functionName, taskId, signal }: { functionName: string; taskId: string; signal: AbortSignal },
  options: LogsArguments,
): Promise<number> {
  const filter: LogFilter = {
    limit: LOG_LIMIT_RANGE.max,
    ...(options.attempt !== undefined && { attempt: options.attempt }),
    ...(options.since !== undefined && { startTime: options.since }),
  };
  let held: readonly TaskLogLine[] | undefined = options.tail === undefined ? undefined : [];
  let count = 0;
  let nextToken: string | undefined;
  for (;;) {
    const page = await client.logsPage(functionName, taskId, {
      ...filter,
      ...(nextToken && { nextToken }),
      signal,
    });
    let lines = page.logs;
    // Which are the last is known only at the end of what there is.
    if (held) {
      held = [...held, ...page.logs].slice(-(options.tail ?? 0));
      lines = page.isUpToDate ? held : [];
      if (page.isUpToDate) held = undefined;
    }
    for (const line of lines) output.line(options.json ? JSON.stringify(line) : logText(line, output.paint));
    count += lines.length;
    nextToken = page.nextToken;
    if (nextToken === undefined || (page.isUpToDate && !options.follow)) return count;
    if (page.isUpToDate) await pause(FOLLOW_PAUSE_MS, signal);
  }
}
