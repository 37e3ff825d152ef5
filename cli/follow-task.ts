import { type AsyncTask, isTerminal, type TaskModeClient } from '../client/index.ts';
import { EXIT_CODE, EXIT_CODE_OF_STATUS } from './exit-code.ts';
import { Interrupted, interruptible } from './interruption.ts';
import { prettyJson } from './json-text.ts';
import { LiveLine } from './live-line.ts';
import { notes, output, printable } from './screen.ts';
import { STATUS_STYLE } from './status-style.ts';
import { attemptsOf, errorLine, waitedMs } from './task-times.ts';
import { durationText } from './times.ts';

export interface FollowOptions {
  readonly timeoutSeconds?: number | undefined;
  /** Prints the whole task in place of its result. */
  readonly asJson: boolean;
}

/** How often a person at a terminal is shown how the task stands; the wait itself is one request. */
const LOOK_MS = 1000;

/** Waits for a task with a line that shows how it stands, prints its result, and has the exit code say how it ended. */
export async function followTask(
  client: TaskModeClient,
  functionName: string,
  taskId: string,
  { timeoutSeconds, asJson }: FollowOptions,
): Promise<void> {
  const task = await untilEnded(client, functionName, taskId, timeoutSeconds);
  if (!isTerminal(task.status)) {
    notes.line(`${taskId} is still ${task.status} after ${durationText((timeoutSeconds ?? 0) * 1000)}.`);
    tellHowToGoOn(functionName, taskId);
    process.exitCode = EXIT_CODE.stillRunning;
    return;
  }
  if (asJson) output.line(JSON.stringify(task));
  tellEnd(task);
  if (!asJson && task.returnPayload !== undefined) {
    output.line(output.isTerminal ? printable(prettyJson(task.returnPayload)) : task.returnPayload);
  }
  process.exitCode = EXIT_CODE_OF_STATUS[task.status];
}

async function untilEnded(
  client: TaskModeClient,
  functionName: string,
  taskId: string,
  timeoutSeconds: number | undefined,
): Promise<AsyncTask> {
  let seen: AsyncTask | undefined;
  const see = (task: AsyncTask) => {
    seen = task;
  };
  const startMs = performance.now();
  const text = () => {
    const attempt = seen === undefined ? 0 : attemptsOf(seen);
    const tries = attempt > 1 ? `, attempt ${attempt}` : '';
    return `${taskId} ${seen?.status ?? '…'}${tries}, ${durationText(performance.now() - startMs)}`;
  };
  try {
    return await interruptible(async (signal) => {
      using _line = new LiveLine(text, () => (seen ? STATUS_STYLE[seen.status] : 'cyan'));
      const look = () => {
        client.get(functionName, taskId, { signal }).then(see, () => undefined);
      };
      const looking = notes.isTerminal ? setInterval(look, LOOK_MS) : undefined;
      try {
        return await client.wait(functionName, taskId, {
          signal,
          onRead: see,
          ...(timeoutSeconds !== undefined && { timeoutMs: timeoutSeconds * 1000 }),
        });
      } finally {
        clearInterval(looking);
      }
    });
  } catch (error) {
    if (error instanceof Interrupted) tellHowToGoOn(functionName, taskId);
    throw error;
  }
}

function tellHowToGoOn(functionName: string, taskId: string): void {
  notes.line(
    `The task goes on: "task-mode wait ${functionName} ${taskId}" waits again, "task-mode stop …" ends it.`,
  );
}

const MARK: Partial<Record<AsyncTask['status'], string>> = { Succeeded: '✔', Stopped: '■' };

/** Tells how a task ended, in a line. */
export function tellEnd(task: AsyncTask): void {
  const attempts = attemptsOf(task);
  const facts = [
    `${durationText(task.endTime - task.startedTime)} after its submit`,
    attempts > 0 && `waited ${durationText(waitedMs(task, task.endTime))}`,
    attempts > 1 && `${attempts} attempts`,
  ].filter(Boolean);
  const error = printable(errorLine(task));
  const why = error === '' ? '' : `: ${error}`;
  const end = notes.paint(STATUS_STYLE[task.status], `${MARK[task.status] ?? '✘'} ${task.status}`);
  notes.line(`${end} ${task.taskId}${why} (${facts.join(', ')})`);
}
