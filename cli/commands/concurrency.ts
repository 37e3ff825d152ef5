import type { Command } from 'commander';
import type { ConcurrencyConfig } from '../../client/index.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { wholeNumberOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';

interface JsonArguments extends ConnectionOptions {
  readonly json?: true;
}

/** The API says by itself what is too much for a function. */
const CONCURRENCY_RANGE = { min: 0, max: Number.POSITIVE_INFINITY };

/** `concurrency`: how many of a function's tasks run at once. */
export function addConcurrencyCommand(program: Command): void {
  const concurrency = program
    .command('concurrency')
    .helpCommand(false)
    .summary('how many tasks of a function run at once; pause it')
    .description('Changes how many tasks of a function run at once, while the stack runs.');
  const get = concurrency
    .command('get')
    .summary('show how many run at once')
    .description('Shows how many run at once.')
    .argument(...FUNCTION_ARGUMENT)
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, options: JsonArguments) => {
      print(await (await connect(options)).concurrency.get(functionName), options);
    });
  withConnection(get);
  const put = concurrency
    .command('put')
    .summary('have at most so many run at once; 0 pauses')
    .description('Has at most so many run at once. 0 pauses the function: what is submitted waits.')
    .argument(...FUNCTION_ARGUMENT)
    .argument('<number>', 'how many, 0 for none', wholeNumberOption('<number>', CONCURRENCY_RANGE))
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, number: number, options: JsonArguments) => {
      print(await (await connect(options)).concurrency.put(functionName, number), options);
    });
  withExamples(withConnection(put), [['task-mode concurrency put encode 0', 'pauses it']]);
  const remove = concurrency
    .command('delete')
    .summary('have what was deployed hold again')
    .description('Has what was deployed hold again.')
    .argument(...FUNCTION_ARGUMENT)
    .action(async (functionName: string, options: ConnectionOptions) => {
      await (await connect(options)).concurrency.delete(functionName);
      notes.line(`What was deployed holds for ${functionName} again.`);
    });
  withConnection(remove);
}

function print(config: ConcurrencyConfig, { json }: JsonArguments): void {
  if (json) {
    output.line(JSON.stringify(config));
    return;
  }
  const { reservedConcurrency, currentConcurrency } = config;
  const isOther = currentConcurrency !== undefined && currentConcurrency !== reservedConcurrency;
  output.line(
    `${reservedConcurrency}${isOther ? ` (${currentConcurrency} until the change has come through)` : ''}`,
  );
}
