import { useEffect, useState } from 'react';
import type { TaskLogLine } from '../../../client/index.ts';
import { taskApi } from './task-api.ts';

/** CloudWatch Logs takes as few as five searches a second from an account. */
const PAUSE_MS = 3000;
const PAGE_LIMIT = 1000;

/** A page with more than this is slow, and nobody reads it: the command line has it all. */
const KEPT_LINES = 5000;

export interface TaskLogs {
  readonly lines: readonly TaskLogLine[];
  /** How many were left out, the oldest. */
  readonly leftOut: number;
  /** No line will come any more. */
  readonly isComplete: boolean;
  /** Everything was read that there was. */
  readonly isUpToDate: boolean;
  /** Of the last try; the next one may do. */
  readonly error: unknown;
}

const NOTHING: TaskLogs = {
  lines: [],
  leftOut: 0,
  isComplete: false,
  isUpToDate: false,
  error: undefined,
};

export interface LogsWanted {
  readonly functionName: string;
  readonly taskId: string;
  readonly attempt: number | undefined;
  /** How often the task was put into the queue: a log that was complete goes on when it runs again. */
  readonly series: number;
}

/** What a task has logged, read on while it runs and somebody looks. */
export function useTaskLogs({ functionName, taskId, attempt, series }: LogsWanted): TaskLogs {
  const key = `${functionName}/${taskId}/${attempt ?? 'all'}/${series}`;
  const [state, setState] = useState<{ key: string; logs: TaskLogs }>({ key, logs: NOTHING });

  // biome-ignore lint/correctness/useExhaustiveDependencies: another series is read from its beginning
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let logs = NOTHING;
    let nextToken: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const readOn = async () => {
      if (!document.hidden) {
        try {
          const page = await taskApi.logsPage(functionName, taskId, {
            limit: PAGE_LIMIT,
            signal,
            ...(attempt !== undefined && { attempt }),
            ...(nextToken !== undefined && { nextToken }),
          });
          nextToken = page.nextToken ?? nextToken;
          logs = withMore(logs, page.logs);
          const isComplete = page.nextToken === undefined;
          logs = { ...logs, isComplete, isUpToDate: isComplete || page.isUpToDate, error: undefined };
        } catch (error) {
          logs = { ...logs, error };
        }
        if (signal.aborted) return;
        setState({ key, logs });
        if (logs.isComplete) return;
      }
      timer = setTimeout(
        readOn,
        logs.isUpToDate || logs.error !== undefined || document.hidden ? PAUSE_MS : 0,
      );
    };
    void readOn();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [functionName, taskId, attempt, series]);

  return state.key === key ? state.logs : NOTHING;
}

function withMore(logs: TaskLogs, more: readonly TaskLogLine[]): TaskLogs {
  const all = [...logs.lines, ...more];
  const surplus = Math.max(all.length - KEPT_LINES, 0);
  return { ...logs, lines: all.slice(surplus), leftOut: logs.leftOut + surplus };
}
