import type { Command } from 'commander';
import { TaskModeClient } from '../../client/index.ts';
import { BATCH_TASKS_MAX } from '../../lambdas/domain/limits.ts';
import { batchTasks, openLines } from '../batch-lines.ts';
import { BatchLog } from '../batch-log.ts';
import { BatchProgress } from '../batch-progress.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, findConnection, withConnection } from '../connection.ts';
import { EXIT_CODE } from '../exit-code.ts';
import { Interrupted, interruptible } from '../interruption.ts';
import { LiveLine } from '../live-line.ts';
import { filledOption } from '../option-values.ts';
import { notes } from '../screen.ts';
import { submitBatch } from '../submit-batch.ts';

interface BatchArguments extends ConnectionOptions {
  readonly tasks?: true;
  readonly idField?: string;
  readonly name?: string;
  readonly output?: string;
  readonly wait?: true;
}

/**
 * Requests of 100 tasks take the API a second or so each. Where tasks are waited for, a request is held open for each of
 * them, and so fewer are begun at once.
 */
const AT_ONCE = {
  submitting: { requestsAtOnce: 4, tasksPerRequest: BATCH_TASKS_MAX },
  waiting: { requestsAtOnce: 5, tasksPerRequest: 10 },
} as const;

/** A batch is worth more patience with throttling than a single call. */
const MAX_ATTEMPTS = 8;

/** API Gateway ends a request at 30 s (AWS API Gateway quotas, HTTP API); a hundred tasks may take that. */
const TIMEOUT_MS = 30_000;

/** `batch`: a task for each line of JSON, once however often the command is repeated. */
export function addBatchCommand(program: Command): void {
  const command = program
    .command('batch')
    .summary('submit a task for each line of a file')
    .description(
      'Submits a task for each line of JSON, and prints a line of JSON for each: {"line", "taskId", "outcome"}, the outcome being submitted, known (from a run before) or refused.\nTaskIDs are made from what the lines say, so that the same command can be repeated after Ctrl-C or a failure: each line is one task.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[file]', 'lines of JSON; without it, or with -, standard input')
    .option('--tasks', 'lines are {"taskId", "payload", "delaySeconds"} in place of payloads')
    .option(
      '--id-field <FIELD>',
      'take the TaskID from this field of each payload',
      filledOption('--id-field', 'a field'),
    )
    .option('--name <NAME>', 'have the same lines be other tasks: once for each name')
    .option(
      '-o, --output <FILE>',
      'write there, and skip what it says is done',
      filledOption('--output', 'a file'),
    )
    .option('-w, --wait', 'wait for each task, and print its status and result')
    .action(batch);
  withExamples(withConnection(command), [
    ['task-mode batch thumbnail photos.jsonl > submitted.jsonl', 'a task for each line'],
    ['task-mode batch thumbnail photos.jsonl --wait --output done.jsonl', 'results; repeated, it goes on'],
    [
      "task-mode list encode --status Failed --limit 1000 --json | jq -c '{id: .taskId}' |\n    task-mode batch report --id-field id",
      'from a pipe, under ids of your own',
    ],
  ]);
}

async function batch(functionName: string, file: string | undefined, options: BatchArguments) {
  const { name = '', idField, wait } = options;
  const source = await openLines(file);
  const client = new TaskModeClient({
    ...(await findConnection(options)),
    maxAttempts: MAX_ATTEMPTS,
    timeoutMs: TIMEOUT_MS,
  });
  const waits = wait === true;
  const log =
    options.output === undefined
      ? BatchLog.toStream(process.stdout)
      : await BatchLog.inFile(options.output, ({ outcome, status }) =>
          waits ? status !== undefined : outcome !== 'refused',
        );
  const progress = new BatchProgress(source.total);
  const tasks = batchTasks(source.lines, { name, idField, asTasks: options.tasks === true });
  const atOnce = waits ? AT_ONCE.waiting : AT_ONCE.submitting;
  try {
    await interruptible(async (signal) => {
      using _line = new LiveLine(() => progress.liveText());
      await submitBatch(tasks, { functionName, client, log, progress, ...atOnce, waits, signal });
      if (signal.aborted) throw new Interrupted('interrupted');
    });
    notes.line(`${linesText(progress)}: ${progress.countsText(notes.paint)}`);
  } catch (error) {
    notes.line(
      `Stopped after ${linesText(progress)}: ${progress.countsText(notes.paint)}. Repeat the command to go on.`,
    );
    throw error;
  } finally {
    await log.close();
  }
  if (progress.counts.refused > 0 || progress.unsuccessful > 0) process.exitCode = EXIT_CODE.failed;
}

function linesText({ lines }: BatchProgress): string {
  return lines === 1 ? '1 line' : `${lines} lines`;
}
