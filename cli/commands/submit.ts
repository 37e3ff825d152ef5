import type { Command } from 'commander';
import { DELAY_MAX_SECONDS } from '../../lambdas/domain/limits.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { UsageError } from '../failure.ts';
import { followTask } from '../follow-task.ts';
import { readPayload } from '../payload-argument.ts';
import { notes, output } from '../screen.ts';
import { durationOption } from '../times.ts';

interface SubmitArguments extends ConnectionOptions {
  readonly file?: string;
  readonly id?: string;
  readonly delay?: number;
  readonly tenant?: string;
  readonly wait?: true;
  readonly timeout?: number;
  readonly json?: true;
}

/** `submit`: one task, and with `--wait` its result. */
export function addSubmitCommand(program: Command): void {
  const command = program
    .command('submit')
    .summary('submit a task, and wait for it if you like')
    .description(
      'Submits a task and prints its TaskID; with --wait, waits for it and prints its result.\nSubmitted again with the same --id, it is refused: a task runs once.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[payload]', 'JSON, @FILE, or - for standard input')
    .option('-f, --file <FILE>', 'read the payload from a file')
    .option('--id <TASK>', 'your own TaskID: letters, digits, _ and -, starting with a letter or _')
    .option(
      '--delay <TIME>',
      'start it no sooner than after this: 30s, 5m, 2h, 7d',
      durationOption('--delay'),
    )
    .option('--tenant <NAME>', 'the customer of yours that it is for: shares are fair between them')
    .option('-w, --wait', 'wait until it has ended, print its result, and exit by its status')
    .option('--timeout <TIME>', 'with --wait: give up after this', durationOption('--timeout'))
    .option('--json', 'print JSON: the TaskID, or with --wait the whole task')
    .action(submit);
  withExamples(withConnection(command), [
    [`task-mode submit echo '{"hello":"world"}'`, 'prints the TaskID that was made up for it'],
    ['task-mode submit thumbnail @photo.json --id photo-1 --wait', 'a task of your own id, and its result'],
    ["jq -n '{seconds: 5}' | task-mode submit wait --delay 1h", 'payload from a pipe, in an hour'],
  ]);
}

async function submit(functionName: string, payloadText: string | undefined, options: SubmitArguments) {
  if (options.delay !== undefined && options.delay > DELAY_MAX_SECONDS) {
    throw new UsageError(`--delay is ${options.delay} s: want 7 days at most`);
  }
  if (options.timeout !== undefined && options.wait === undefined) {
    throw new UsageError('--timeout is given without --wait: want both');
  }
  const payload = await readPayload(payloadText, options.file);
  const client = await connect(options);
  const { taskId, requestId } = await client.submit(functionName, payload, {
    ...(options.id !== undefined && { taskId: options.id }),
    ...(options.delay !== undefined && { delaySeconds: options.delay }),
    ...(options.tenant !== undefined && { tenant: options.tenant }),
  });
  if (options.wait) {
    await followTask(client, functionName, taskId, {
      timeoutSeconds: options.timeout,
      asJson: options.json === true,
    });
    return;
  }
  output.line(options.json ? JSON.stringify({ functionName, taskId, requestId }) : taskId);
  if (output.isTerminal) notes.line(notes.paint('gray', `task-mode get ${functionName} ${taskId}`));
}
