import type { Command } from 'commander';
import { FunctionFailedError } from '../../client/index.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { EXIT_CODE_OF_STATUS } from '../exit-code.ts';
import { interruptible } from '../interruption.ts';
import { LiveLine } from '../live-line.ts';
import { readPayload } from '../payload-argument.ts';
import { notes, output, printable } from '../screen.ts';
import { durationText } from '../times.ts';

interface InvokeArguments extends ConnectionOptions {
  readonly file?: string;
  readonly log?: true;
}

/** `invoke`: a function at once, without a task. */
export function addInvokeCommand(program: Command): void {
  const command = program
    .command('invoke')
    .summary('call a function at once, without a task')
    .description(
      'Calls a function, waits for it, and prints its result. There is no task: nothing is recorded or\nrepeated, and after 28 s nobody waits any more ("submit --wait" does).\nExits with 3 when the function failed.',
    )
    .argument(...FUNCTION_ARGUMENT)
    .argument('[payload]', 'JSON, @FILE, or - for standard input')
    .option('-f, --file <FILE>', 'read the payload from a file')
    .option('--log', 'show the last 4 KB of its log, on standard error')
    .action(invoke);
  withExamples(withConnection(command), [
    [`task-mode invoke echo '{"hello":"world"}'`, 'prints what it returned'],
    [
      'task-mode invoke thumbnail @photo.json --log | jq -r .image',
      'its log on the terminal, its result in the pipe',
    ],
  ]);
}

async function invoke(functionName: string, payloadText: string | undefined, options: InvokeArguments) {
  const payload = await readPayload(payloadText, options.file);
  const client = await connect(options);
  const startMs = performance.now();
  try {
    const { result, durationMs, logTail } = await interruptible(async (signal) => {
      using _line = new LiveLine(() => `${functionName} runs, ${durationText(performance.now() - startMs)}`);
      return client.invoke(functionName, payload, { signal, wantsLogTail: options.log === true });
    });
    tellLog(logTail);
    notes.line(`${notes.paint('green', '✔ Succeeded')} (${durationText(durationMs)})`);
    const text = output.isTerminal ? JSON.stringify(result, null, 2) : JSON.stringify(result);
    output.line(output.isTerminal ? printable(text) : text);
  } catch (error) {
    if (!(error instanceof FunctionFailedError)) throw error;
    tellLog(error.logTail);
    const { kind, errorType, message, stackTrace = [] } = error;
    const type = errorType === undefined ? '' : `${errorType}: `;
    notes.line(`${notes.paint('red', '✘ Failed')} ${kind}: ${printable(`${type}${message}`)}`);
    // Its first line says once more what is said above.
    for (const line of stackTrace.slice(1)) notes.line(notes.paint('gray', `    ${printable(line.trim())}`));
    process.exitCode = EXIT_CODE_OF_STATUS.Failed;
  }
}

function tellLog(logTail: string | undefined): void {
  if (logTail) notes.line(printable(logTail.trimEnd()));
}
