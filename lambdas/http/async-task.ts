import type { Task } from '../domain/task.ts';
import type { TaskView } from '../tasks/get-task.ts';
import { LATEST } from './qualifier.ts';

/** The contract's AsyncTask (section 5). Fields that have no value are left out; `endTime` is 0 while unfinished. */
export function toAsyncTask({ task, taskFunction, payloadText, resultText }: TaskView) {
  return {
    taskId: task.taskId,
    functionArn: taskFunction.functionArn,
    qualifier: LATEST,
    status: task.status,
    requestId: task.requestId,
    instanceId: task.instanceId,
    startedTime: task.submitTime,
    endTime: 'endTime' in task ? task.endTime : 0,
    durationMs: 'endTime' in task ? task.durationMs : undefined,
    alreadyRetriedTimes: Math.max(task.attempt - 1, 0),
    destinationStatus: task.status === 'Stopping' || task.status === 'Stopped' ? 'Stopped' : 'Succeeded',
    taskErrorMessage: errorMessage(task),
    taskPayload: payloadText,
    returnPayload: resultText,
    events: task.events.map((event, index) => ({ eventId: index + 1, ...event })),
  };
}

function errorMessage(task: Task): string | undefined {
  if (!('error' in task) || !task.error) return undefined;
  const { kind, errorType, errorMessage } = task.error;
  return `${kind}: ${errorType}: ${errorMessage}`;
}
