import { failureText } from '../domain/failure.ts';
import { destinationOf } from '../domain/follow-up.ts';
import { isStopRequested } from '../domain/lifecycle.ts';
import { EVENTS_KEPT } from '../domain/limits.ts';
import { shownDestination } from '../domain/shown-destination.ts';
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
    destinationStatus: isStopRequested(task.status) ? 'Stopped' : 'Succeeded',
    taskErrorMessage: errorMessage(task),
    taskPayload: payloadText,
    returnPayload: resultText,
    events: numberedEvents(task),
    destination: deliveryOf(task),
    /** Ours. */
    ...task.trace,
  };
}

const DELIVERY_STATES = { pending: 'Pending', delivered: 'Delivered', failed: 'Failed' } as const;

/** Ours: whether the destination of this end is told; absent when nobody is to be told. */
function deliveryOf(task: Task) {
  const destination = destinationOf(task.config, task.status);
  if (!('followUp' in task) || !task.followUp || destination === undefined) return undefined;
  return {
    destination: shownDestination(destination),
    state: DELIVERY_STATES[task.followUp],
    attempts: task.followUpAttempts ?? 0,
    lastError: task.followUpError,
  };
}

/** Events are numbered from 1; of a long history the middle is not kept, and its numbers are missing. */
function numberedEvents({ events, droppedEvents = 0 }: Task) {
  return events.map((event, index) => ({
    eventId: index + 1 + (index < EVENTS_KEPT.first ? 0 : droppedEvents),
    ...event,
  }));
}

function errorMessage(task: Task): string | undefined {
  if (!('error' in task) || !task.error) return undefined;
  return failureText(task.error);
}
