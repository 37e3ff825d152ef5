import type { Command } from 'commander';
import { type AsyncInvokeConfig, type AsyncInvokeConfigChange, statusesIn } from '../../client/index.ts';
import { EVENT_AGE_SECONDS_RANGE, RETRY_ATTEMPTS_RANGE } from '../../lambdas/domain/limits.ts';
import { FUNCTION_ARGUMENT, withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { UsageError } from '../failure.ts';
import { wholeNumberOption, wordOption } from '../option-values.ts';
import { notes, output } from '../screen.ts';
import { durationOption, durationText } from '../times.ts';

interface PutArguments extends ConnectionOptions {
  readonly taskMode?: 'on' | 'off';
  readonly retries?: number;
  readonly maxAge?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly json?: true;
}

interface JsonArguments extends ConnectionOptions {
  readonly json?: true;
}

/** `config`: how a function's tasks are retried, expire and are told of. */
export function addConfigCommand(program: Command): void {
  const config = program
    .command('config')
    .helpCommand(false)
    .summary('retries, age, destinations and task mode of a function')
    .description('Changes how tasks are handled that are submitted from then on, while the stack runs.');
  addGet(config);
  addPut(config);
  const remove = config
    .command('delete')
    .summary('have what was deployed hold again')
    .description('Has what was deployed hold again.')
    .argument(...FUNCTION_ARGUMENT)
    .action(async (functionName: string, options: ConnectionOptions) => {
      await (await connect(options)).config.delete(functionName);
      notes.line(`What was deployed holds for ${functionName} again.`);
    });
  withConnection(remove);
}

function addGet(config: Command): void {
  const get = config
    .command('get')
    .summary('show what was put')
    .description('Shows what was put.')
    .argument(...FUNCTION_ARGUMENT)
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, options: JsonArguments) => {
      const config = await (await connect(options)).config.get(functionName);
      if (options.json) output.line(JSON.stringify(config ?? null));
      else if (config === undefined)
        notes.line(`Nothing was put for ${functionName}: what was deployed holds.`);
      else output.line(configText(config));
    });
  withConnection(get);
}

function addPut(config: Command): void {
  const put = config
    .command('put')
    .summary('change what is named, and leave the rest')
    .description('Changes what is named, and leaves the rest.')
    .argument(...FUNCTION_ARGUMENT)
    .option('--task-mode <ON_OFF>', 'on or off', wordOption('--task-mode', ['on', 'off']))
    .option(
      '--retries <N>',
      'how often a failed attempt is repeated, 0 to 8',
      wholeNumberOption('--retries', RETRY_ATTEMPTS_RANGE),
    )
    .option(
      '--max-age <TIME>',
      'what does not start within this expires: 30m, 2h, 7d',
      durationOption('--max-age'),
    )
    .option('--on-success <ARN>', 'who is told of Succeeded; "" for nobody')
    .option('--on-failure <ARN>', `who is notified of ${statusesIn('failed').join(', ')}; "" for none`)
    .option('--json', 'print it as the API has it')
    .action(async (functionName: string, options: PutArguments) => {
      const changed = await (await connect(options)).config.put(functionName, changeOf(options));
      output.line(options.json ? JSON.stringify(changed) : configText(changed));
    });
  withExamples(withConnection(put), [
    ['task-mode config put encode --retries 5 --max-age 2h', 'for tasks from now on'],
    [`task-mode config put encode --on-failure ''`, 'nobody is told of failures'],
  ]);
}

function changeOf({
  taskMode,
  retries,
  maxAge,
  onSuccess,
  onFailure,
}: PutArguments): AsyncInvokeConfigChange {
  const { min, max } = EVENT_AGE_SECONDS_RANGE;
  if (maxAge !== undefined && (maxAge < min || maxAge > max)) {
    throw new UsageError(`--max-age is ${maxAge} s: want 1s to 7d`);
  }
  const destinations = {
    ...(onSuccess !== undefined && { onSuccess: { destination: onSuccess } }),
    ...(onFailure !== undefined && { onFailure: { destination: onFailure } }),
  };
  const change = {
    ...(taskMode !== undefined && { asyncTask: taskMode === 'on' }),
    ...(retries !== undefined && { maxAsyncRetryAttempts: retries }),
    ...(maxAge !== undefined && { maxAsyncEventAgeInSeconds: maxAge }),
    ...(Object.keys(destinations).length > 0 && { destinationConfig: destinations }),
  };
  if (Object.keys(change).length === 0) {
    throw new UsageError(
      'nothing is to be changed: want --task-mode, --retries, --max-age, --on-success or --on-failure',
    );
  }
  return change;
}

function configText(config: AsyncInvokeConfig): string {
  const { onSuccess, onFailure } = config.destinationConfig ?? {};
  return [
    ['task mode', config.asyncTask ? 'on' : 'off'],
    ['retries', String(config.maxAsyncRetryAttempts)],
    ['max age', durationText(config.maxAsyncEventAgeInSeconds * 1000)],
    ['on success', onSuccess?.destination || 'nobody is told'],
    ['on failure', onFailure?.destination || 'nobody is told'],
  ]
    .map(([name = '', value]) => `${output.paint('bold', name.padEnd(12))}${value}`)
    .join('\n');
}
