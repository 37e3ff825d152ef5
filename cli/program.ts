import { Command } from 'commander';
import { addBatchCommand } from './commands/batch.ts';
import { addBulkJobsCommand } from './commands/bulk-jobs.ts';
import { addClockCommand } from './commands/clock.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addConcurrencyCommand } from './commands/concurrency.ts';
import { addConfigCommand } from './commands/config.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addDevCommand } from './commands/dev.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFunctionsCommand } from './commands/functions.ts';
import { addGetCommand } from './commands/get.ts';
import { addInvokeCommand } from './commands/invoke.ts';
import { addListCommand } from './commands/list.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addRedriveCommand } from './commands/redrive.ts';
import { addStopCommand } from './commands/stop.ts';
import { addSubmitCommand } from './commands/submit.ts';
import { addWaitCommand } from './commands/wait.ts';
import { addWorkflowsCommand } from './commands/workflows.ts';
import { notes, output } from './screen.ts';

const EXAMPLES = `
Start here:
  task-mode dev                                   run your CDK app on this machine
  task-mode submit echo '{"hello":"world"}' --wait
  task-mode list echo --watch

Where the API is: --endpoint, --stack, TASK_MODE_ENDPOINT, TASK_MODE_STACK, else
http://127.0.0.1:3000, which is what "dev" serves. Calls of an AWS address are
signed with your AWS credentials, or with an access key where the environment
has TASK_MODE_ACCESS_KEY_ID and TASK_MODE_ACCESS_KEY_SECRET.

Exit codes: 0 done, 1 failed, 2 wrong command line; of a task, bulk job or
execution that was waited for 0 Succeeded, 3 Failed (or TimedOut), 4 Stopped,
5 Expired, 6 Invalid, 7 not ended in time; of a call 3 the function failed;
130 Ctrl-C.
`;

/** Makes the command with all that it can do; parsing it runs what was asked for, or throws. */
export function makeProgram(): Command {
  const program = new Command('task-mode')
    .description('Tasks on AWS Lambda: submit, follow, list, stop and repeat them.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => notes.write(text),
      // It is told by whoever runs the program, as all errors are.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(output.columns, 100),
      getErrHelpWidth: () => Math.min(notes.columns, 100),
    })
    .configureHelp({
      styleTitle: (title) => output.paint('bold', title),
      subcommandTerm: (command) => command.name(),
      optionTerm: ({ flags }) => flags.replace(/<(.+)>/, '$1'),
    })
    .helpOption('-h, --help', 'show this')
    .addHelpText('after', EXAMPLES);
  program.commandsGroup('Tasks:');
  addSubmitCommand(program);
  addGetCommand(program);
  addExplainCommand(program);
  addLogsCommand(program);
  addWaitCommand(program);
  addListCommand(program);
  addStopCommand(program);
  addRedriveCommand(program);
  addBulkJobsCommand(program);
  addBatchCommand(program);
  program.commandsGroup('Functions:');
  addInvokeCommand(program);
  addFunctionsCommand(program);
  addConfigCommand(program);
  addConcurrencyCommand(program);
  program.commandsGroup('Workflows:');
  addWorkflowsCommand(program);
  program.commandsGroup('On this machine:').helpCommand('help [command]', 'show what a command does');
  addDevCommand(program);
  addClockCommand(program);
  addConsoleCommand(program);
  addCompletionCommand(program);
  return program;
}
