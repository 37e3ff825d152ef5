import type { ExecutionStatus, TaskModeClient, WorkflowExecution } from '../client/index.ts';
import { pause } from '../client/transport.ts';
import { EXECUTION_STYLE } from './execution-rows.ts';
import { EXIT_CODE, EXIT_CODE_OF_STATUS } from './exit-code.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { prettyJson } from './json-text.ts';
import { LiveLine } from './live-line.ts';
import { notes, output, printable } from './screen.ts';
import { durationText } from './times.ts';

export interface FollowExecutionOptions {
  readonly timeoutSeconds?: number | undefined;
  /** Prints the whole execution in place of its output. */
  readonly asJson: boolean;
}

/** How often it is looked at: soon at first, for one that is short. */
const LOOK = { firstMs: 250, growth: 1.5, maxMs: 2000 } as const;

const EXIT_CODE_OF_EXECUTION: Readonly<Record<Exclude<ExecutionStatus, 'Running'>, number>> = {
  Succeeded: EXIT_CODE.done,
  Failed: EXIT_CODE_OF_STATUS.Failed,
  TimedOut: EXIT_CODE_OF_STATUS.Failed,
  Stopped: EXIT_CODE_OF_STATUS.Stopped,
};

const MARK: Partial<Record<ExecutionStatus, string>> = { Succeeded: '✔', Stopped: '■' };

/** Waits for an execution with a line that shows how it stands, prints its output, and has the exit code say how it ended. */
export async function followExecution(
  client: TaskModeClient,
  started: WorkflowExecution,
  { timeoutSeconds, asJson }: FollowExecutionOptions,
): Promise<void> {
  const execution = await untilEnded(client, started, timeoutSeconds);
  const { executionName, status, output: result } = execution;
  if (status === 'Running') {
    notes.line(`${executionName} still runs after ${durationText((timeoutSeconds ?? 0) * 1000)}.`);
    tellHowToGoOn(execution);
    process.exitCode = EXIT_CODE.stillRunning;
    return;
  }
  if (asJson) output.line(JSON.stringify(execution));
  tellEnd(execution);
  if (!asJson && result !== undefined)
    output.line(output.isTerminal ? printable(prettyJson(result)) : result);
  process.exitCode = EXIT_CODE_OF_EXECUTION[status];
}

async function untilEnded(
  { workflows }: TaskModeClient,
  started: WorkflowExecution,
  timeoutSeconds = Number.POSITIVE_INFINITY,
): Promise<WorkflowExecution> {
  const { workflowName, executionName } = started;
  const startMs = performance.now();
  const endMs = startMs + timeoutSeconds * 1000;
  let { status } = started;
  const text = () => `${executionName} ${status}, ${durationText(performance.now() - startMs)}`;
  try {
    return await interruptible(async (signal) => {
      using _line = new LiveLine(text, () => EXECUTION_STYLE[status]);
      for (let pauseMs: number = LOOK.firstMs; ; pauseMs = Math.min(pauseMs * LOOK.growth, LOOK.maxMs)) {
        const execution = await workflows.get(workflowName, executionName, { signal });
        ({ status } = execution);
        const leftMs = endMs - performance.now();
        if (status !== 'Running' || leftMs <= 0) return execution;
        await pause(Math.min(pauseMs, leftMs), signal);
      }
    });
  } catch (error) {
    if (error instanceof Interrupted) tellHowToGoOn(started);
    throw error;
  }
}

function tellHowToGoOn({ workflowName, executionName }: WorkflowExecution): void {
  const names = `${workflowName} ${executionName}`;
  notes.line(
    `It goes on: "task-mode workflows get ${names}" shows how it stands, "… stop ${names}" ends it.`,
  );
}

function tellEnd({ executionName, status, startedTime, endTime, error, cause }: WorkflowExecution): void {
  const why = [error, cause].filter(Boolean).join(': ');
  const end = notes.paint(EXECUTION_STYLE[status], `${MARK[status] ?? '✘'} ${status}`);
  notes.line(
    `${end} ${executionName}${why && `: ${printable(why)}`} (${durationText(endTime - startedTime)} after its start)`,
  );
}
