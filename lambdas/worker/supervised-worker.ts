import type { InvocationLog } from '../tasks/end-invocation.ts';
import type { EndLog } from '../tasks/end-run.ts';
import { aboutInvocation, aboutTask } from './log-fields.ts';
import { Supervision, type SupervisionOptions } from './supervision.ts';
import { endDependencies, isExistingFunction, leaseMs, timeoutSeconds } from './worker-environment.ts';
import { writeLineNow } from './write-line.ts';

function line(message: string, fields: object): void {
  const timestamp = new Date().toISOString();
  writeLineNow(`${JSON.stringify({ level: 'WARN', message, timestamp, service: 'task-mode', ...fields })}\n`);
}

const lineLog: EndLog & InvocationLog = {
  attemptFailed: (task, failure) => line('attempt failed', { ...aboutTask(task), failure }),
  stopped: (task, detail) => line('task stopped', { ...aboutTask(task), detail }),
  superseded: (task, current) =>
    line('run superseded: what it did does not count', { ...aboutTask(task), status: current?.status }),
  handedBack: (task, reason) =>
    line('task handed back: it runs again, the attempt is not counted', {
      ...aboutTask(task),
      cause: String(reason),
    }),
  invocationFailed: ({ invocation, attempt }, failure) =>
    line('attempt failed', { ...aboutInvocation(invocation), attempt, failure }),
  // Only the main thread finds one expired.
  invocationExpired: () => undefined,
  invocationHandedBack: ({ invocation }, reason) =>
    line('invocation handed back: it runs again, the attempt is not counted', {
      ...aboutInvocation(invocation),
      cause: String(reason),
    }),
};

/** The supervision of this worker's runs, with the connections to AWS of the thread that it is on. */
export function superviseWorker(
  options: Omit<SupervisionOptions, 'timeoutSeconds' | 'leaseMs' | 'dependencies'>,
  log: EndLog & InvocationLog = lineLog,
): Supervision {
  return new Supervision({
    ...options,
    timeoutSeconds,
    leaseMs,
    dependencies: { ...endDependencies, log, stopEnd: isExistingFunction ? 'fenced' : 'killed' },
  });
}
