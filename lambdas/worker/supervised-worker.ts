import type { Task } from '../domain/task.ts';
import type { EndLog } from '../tasks/end-run.ts';
import { Supervision, type SupervisionOptions } from './supervision.ts';
import { endDependencies, leaseMs, timeoutSeconds } from './worker-environment.ts';
import { writeLineNow } from './write-line.ts';

function line(message: string, task: Task, more: object): void {
  const { functionName, taskId, attempt, requestId } = task;
  const timestamp = new Date().toISOString();
  const about = { functionName, taskId, attempt, requestId };
  writeLineNow(
    `${JSON.stringify({ level: 'WARN', message, timestamp, service: 'task-mode', ...about, ...more })}\n`,
  );
}

const lineLog: EndLog = {
  attemptFailed: (task, failure) => line('attempt failed', task, { failure }),
  stopped: (task, detail) => line('task stopped', task, { detail }),
  superseded: (task, current) =>
    line('run superseded: what it did does not count', task, { status: current?.status }),
  handedBack: (task, cause) =>
    line('task handed back: it runs again, the attempt is not counted', task, { cause: String(cause) }),
};

/** The supervision of this worker's runs, with the connections to AWS of the thread that it is on. */
export function superviseWorker(
  options: Omit<SupervisionOptions, 'timeoutSeconds' | 'leaseMs' | 'dependencies'>,
  log: EndLog = lineLog,
): Supervision {
  return new Supervision({ ...options, timeoutSeconds, leaseMs, dependencies: { ...endDependencies, log } });
}
