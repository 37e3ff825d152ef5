import type { Command } from 'commander';
import { withExamples } from '../command-parts.ts';
import { type ConnectionOptions, endpointOf, withConnection } from '../connection.ts';
import { CommandError, isLoopback } from '../failure.ts';
import { output } from '../screen.ts';
import { durationOption, durationText, instantText } from '../times.ts';

const PATH = '/_local/clock';

interface ClockArguments extends ConnectionOptions {
  readonly json?: true;
}

interface ClockState {
  readonly time: number;
  readonly advancedMs: number;
}

/** `clock`: the clock of the local runtime, and its advance. */
export function addClockCommand(program: Command): void {
  const clock = program
    .command('clock')
    .helpCommand(false)
    .summary('show or advance the clock of the local runtime')
    .description(
      'The clock of the local runtime ("dev"). Advanced, all that waits for that time comes at once: delays, retries, expiry, schedules, the end of what is kept. What runs goes on as if nothing was.',
    );
  const show = clock
    .command('show', { isDefault: true })
    .summary('show what time it is there')
    .description('Shows what time it is in the local runtime.')
    .option('--json', 'print it as the runtime has it')
    .action(async (options: ClockArguments) => {
      print(await callClock(options, PATH), options);
    });
  withConnection(show);
  const advance = clock
    .command('advance')
    .summary('have it be later by so much')
    .description('Has it be later in the local runtime. There is no way back but "dev --fresh".')
    .argument('<time>', 'by how much: 90, 30s, 5m, 2h, 7d; 30 days at most', durationOption('<time>'))
    .option('--json', 'print it as the runtime has it')
    .action(async (seconds: number, options: ClockArguments) => {
      const init = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ seconds }),
      };
      print(await callClock(options, `${PATH}/advance`, init), options);
    });
  withExamples(withConnection(advance), [
    ['task-mode clock advance 30m', 'what is delayed by half an hour runs now'],
    ['task-mode clock advance 7d', 'ended tasks are forgotten, their ids free'],
  ]);
}

async function callClock(options: ConnectionOptions, path: string, init?: RequestInit): Promise<ClockState> {
  const endpoint = await endpointOf(options);
  if (!isLoopback(endpoint)) {
    throw new CommandError(
      `${endpoint} is no runtime of this machine: only that has a clock to show and to advance`,
      'Name one with --endpoint, http://127.0.0.1:3000 by default.',
    );
  }
  const response = await fetch(`${endpoint}${path}`, init).catch((cause: Error) => {
    throw new CommandError(
      `${endpoint} does not answer`,
      'Start it with "npm start" or "npx task-mode dev", or name another one with --endpoint.',
      { cause },
    );
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return answer as ClockState;
  const { message } = (answer ?? {}) as { message?: string };
  throw new CommandError(
    `${endpoint} answered ${response.status}: ${message}`,
    response.status === 404 ? 'Is it a runtime of an earlier version?' : undefined,
  );
}

function print({ time, advancedMs }: ClockState, { json }: ClockArguments): void {
  if (json) output.line(JSON.stringify({ time, advancedMs }));
  else if (advancedMs === 0) output.line(`${instantText(time)}, as on this machine`);
  else output.line(`${instantText(time)}, ${durationText(advancedMs)} ahead of this machine`);
}
