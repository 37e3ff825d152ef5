import type { Command } from 'commander';
import type { ExecutionStatus, WorkflowExecution } from '../../client/index.ts';
import { withExamples } from '../command-parts.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { EXECUTION_STYLE, executionLines, stepLines } from '../execution-rows.ts';
import { UsageError } from '../failure.ts';
import { followExecution } from '../follow-execution.ts';
import { prettyJson } from '../json-text.ts';
import { wholeNumberOption, wordOption } from '../option-values.ts';
import { readPayload } from '../payload-argument.ts';
import { notes, output, printable } from '../screen.ts';
import { serverTime } from '../server-time.ts';
import { tableLines } from '../table.ts';
import { allOf } from '../task-filter.ts';
import { agoText, durationOption, durationText, instantText } from '../times.ts';

interface JsonArguments extends ConnectionOptions {
  readonly json?: true;
}

const EXECUTION_STATUSES = Object.keys({
  Running: true,
  Succeeded: true,
  Failed: true,
  TimedOut: true,
  Stopped: true,
} satisfies Record<ExecutionStatus, true>) as ExecutionStatus[];

const WORKFLOW_ARGUMENT = ['<workflow>', 'name of the workflow'] as const;
const EXECUTION_ARGUMENT = ['<execution>', 'name of the execution'] as const;

/** `workflows`: their executions. */
export function addWorkflowsCommand(program: Command): void {
  const workflows = program
    .command('workflows')
    .helpCommand(false)
    .summary('workflows and their executions')
    .description('Starts, shows and stops executions of workflows.');
  addList(workflows);
  addStart(workflows);
  addGet(workflows);
  addHistory(workflows);
  addStop(workflows);
}

const layout = () => ({
  width: output.columns,
  paint: output.paint,
  nowMs: serverTime(),
  times: output.isTerminal ? ('ago' as const) : ('iso' as const),
});

interface ListArguments extends JsonArguments {
  readonly status?: ExecutionStatus;
  readonly limit: number;
}

function addList(workflows: Command): void {
  const list = workflows
    .command('list')
    .summary('list workflows, or the executions of one')
    .description('Lists the workflows, or the executions of one, the latest first.')
    .argument('[workflow]', 'name of a workflow')
    .option('--status <STATUS>', 'only these executions', wordOption('--status', EXECUTION_STATUSES))
    .option('-n, --limit <N>', 'how many', wholeNumberOption('--limit', { min: 1, max: 1_000_000 }), 20)
    .option('--json', 'print one a line, as the API has it')
    .action(async (workflowName: string | undefined, options: ListArguments) => {
      if (workflowName === undefined) await printWorkflows(options);
      else await printExecutions(workflowName, options);
    });
  withConnection(list);
}

async function printWorkflows(options: ListArguments): Promise<void> {
  const { workflows } = await connect(options);
  const all = await allOf(workflows.list());
  if (options.json) for (const one of all) output.line(JSON.stringify(one));
  else if (all.length === 0) notes.line('There are no workflows.');
  else {
    const columns = [
      { title: 'WORKFLOW', text: ({ workflowName }: (typeof all)[number]) => workflowName },
      { title: 'TYPE', text: ({ type }: (typeof all)[number]) => type },
    ];
    for (const line of tableLines(columns, all, layout())) output.line(line);
  }
}

async function printExecutions(workflowName: string, { status, limit, ...options }: ListArguments) {
  const { workflows } = await connect(options);
  const executions = [];
  for await (const execution of workflows.executions(workflowName, status === undefined ? {} : { status })) {
    if (options.json) output.line(JSON.stringify(execution));
    if (executions.push(execution) >= limit) break;
  }
  if (options.json) return;
  if (executions.length === 0)
    notes.line(`${workflowName} has no such executions: task-mode workflows start ${workflowName}`);
  else for (const line of executionLines(executions, layout())) output.line(line);
}

interface StartArguments extends JsonArguments {
  readonly name?: string;
  readonly file?: string;
  readonly wait?: true;
  readonly timeout?: number;
}

function addStart(workflows: Command): void {
  const start = workflows
    .command('start')
    .summary('start an execution')
    .description(
      'Starts an execution and prints its name. Started again under the same --name, it runs once.',
    )
    .argument(...WORKFLOW_ARGUMENT)
    .argument('[input]', 'JSON, @FILE, or - for standard input')
    .option('-f, --file <FILE>', 'read the input from a file')
    .option('--name <NAME>', 'your own name for it: letters, digits, _ and -')
    .option('-w, --wait', 'wait until it has ended, print its output, and exit by its status')
    .option('--timeout <TIME>', 'with --wait: give up after this', durationOption('--timeout'))
    .option('--json', 'print it as the API has it')
    .action(startExecution);
  withExamples(withConnection(start), [
    [`task-mode workflows start media @album.json --name album-7`, 'an execution of your own name'],
    [
      'task-mode workflows start media @album.json --wait | jq .sheet',
      'waits for it, and takes from its output',
    ],
  ]);
}

async function startExecution(workflowName: string, input: string | undefined, options: StartArguments) {
  if (options.timeout !== undefined && options.wait === undefined) {
    throw new UsageError('--timeout is given without --wait: want both');
  }
  const payload = (await readPayload(input, options.file)) ?? {};
  const client = await connect(options);
  const execution = await client.workflows.start(
    workflowName,
    payload,
    options.name === undefined ? {} : { name: options.name },
  );
  if (options.wait) {
    const { timeout: timeoutSeconds, json } = options;
    await followExecution(client, execution, { timeoutSeconds, asJson: json === true });
    return;
  }
  output.line(options.json ? JSON.stringify(execution) : execution.executionName);
}

function addGet(workflows: Command): void {
  const get = workflows
    .command('get')
    .summary('show an execution')
    .description('Shows an execution, with input and output.')
    .argument(...WORKFLOW_ARGUMENT)
    .argument(...EXECUTION_ARGUMENT)
    .option('--json', 'print it as the API has it')
    .action(async (workflowName: string, executionName: string, options: JsonArguments) => {
      const execution = await (await connect(options)).workflows.get(workflowName, executionName);
      output.line(options.json ? JSON.stringify(execution) : executionText(execution));
    });
  withConnection(get);
}

function executionText(execution: WorkflowExecution): string {
  const { workflowName, executionName, status, startedTime, endTime, input, output: result } = execution;
  const { error, cause } = execution;
  const nowMs = serverTime();
  const { paint } = output;
  const facts: [string, string | undefined | false][] = [
    ['execution', `${executionName} of ${workflowName}`],
    ['status', paint(EXECUTION_STYLE[status], status)],
    ['error', error && printable([error, cause].filter(Boolean).join(': '))],
    ['started', `${instantText(startedTime)} (${agoText(nowMs - startedTime)})`],
    ['took', durationText((endTime || nowMs) - startedTime)],
  ];
  const block = (title: string, json: string | undefined) =>
    json === undefined ? [] : ['', paint('bold', title), printable(prettyJson(json)).replaceAll(/^/gm, '  ')];
  return [
    ...facts.flatMap(([name, value]) => (value ? [`${paint('bold', name.padEnd(11))}${value}`] : [])),
    ...block('input', input),
    ...block('output', result),
  ].join('\n');
}

function addHistory(workflows: Command): void {
  const history = workflows
    .command('history')
    .summary('show the steps of an execution, with their tasks')
    .description('Shows the steps of an execution in the order in which they began, with their tasks.')
    .argument(...WORKFLOW_ARGUMENT)
    .argument(...EXECUTION_ARGUMENT)
    .option('--json', 'print one step a line, as the API has it')
    .action(async (workflowName: string, executionName: string, options: JsonArguments) => {
      const client = await connect(options);
      const steps = await allOf(client.workflows.steps(workflowName, executionName));
      if (options.json) for (const step of steps) output.line(JSON.stringify(step));
      else if (steps.length === 0) notes.line(`${executionName} has no steps yet.`);
      else for (const line of stepLines(steps, steps[0]?.enteredTime ?? 0, layout())) output.line(line);
    });
  withConnection(history);
}

function addStop(workflows: Command): void {
  const stop = workflows
    .command('stop')
    .summary('stop an execution and its tasks')
    .description('Stops an execution, and the tasks that it waits for. Prints its name.')
    .argument(...WORKFLOW_ARGUMENT)
    .argument(...EXECUTION_ARGUMENT)
    .option('--cause <TEXT>', 'why, for whoever reads its history')
    .action(
      async (
        workflowName: string,
        executionName: string,
        options: ConnectionOptions & { cause?: string },
      ) => {
        const reason = options.cause === undefined ? {} : { cause: options.cause };
        await (await connect(options)).workflows.stop(workflowName, executionName, reason);
        output.line(executionName);
      },
    );
  withConnection(stop);
}
