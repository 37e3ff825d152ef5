import type { AsyncTask, AsyncTaskEvent } from '../client/index.ts';
import { prettyJson } from './json-text.ts';
import { type Paint, printable } from './screen.ts';
import { STATUS_STYLE } from './status-style.ts';
import { attemptsOf, errorLine, ranMs, waitedMs } from './task-times.ts';
import { agoText, durationText, instantText } from './times.ts';

export interface ViewOptions {
  readonly paint: Paint;
  readonly nowMs: number;
  readonly width: number;
}

/** Lays out all that is known of a task, for people. */
export function taskView(functionName: string, task: AsyncTask, options: ViewOptions): string {
  const { paint } = options;
  const block = (title: string, json: string | undefined) =>
    json === undefined ? [] : ['', paint('bold', title), ...indented(prettyJson(json))];
  const facts = factsOf(functionName, task, options).map(
    ([name, value]) => `${paint('bold', name.padEnd(NAME_COLUMNS))}${value}`,
  );
  return [
    ...facts,
    ...block('payload', task.taskPayload),
    ...block('result', task.returnPayload),
    ...stackLines(task, paint),
    '',
    paint('bold', 'history'),
    ...historyLines(task, options),
  ].join('\n');
}

function stackLines({ taskErrorMessage = '' }: AsyncTask, paint: Paint): string[] {
  const [, ...stack] = taskErrorMessage.split('\n');
  return stack.length === 0 ? [] : ['', paint('bold', 'stack'), ...indented(stack.join('\n'))];
}

const NAME_COLUMNS = 11;

function factsOf(functionName: string, task: AsyncTask, { paint, nowMs }: ViewOptions): [string, string][] {
  const ran = ranMs(task, nowMs);
  const attempts = attemptsOf(task);
  const { destination, instanceId } = task;
  const facts: [string, string | undefined | false][] = [
    ['task', `${task.taskId} of ${functionName}`],
    ['status', paint(STATUS_STYLE[task.status], task.status)],
    ['error', printable(errorLine(task))],
    ['submitted', `${instantText(task.startedTime)} (${agoText(nowMs - task.startedTime)})`],
    ['waited', durationText(waitedMs(task, nowMs))],
    [
      'ran',
      ran !== undefined && `${durationText(ran)}${attempts > 1 ? `, the last of ${attempts} attempts` : ''}`,
    ],
    ['ended', task.endTime > 0 && `${instantText(task.endTime)} (${agoText(nowMs - task.endTime)})`],
    ['told', destination && `${destination.destination}: ${toldText(destination)}`],
    ['request', task.requestId],
    ['instance', instanceId],
  ];
  return facts.filter((fact): fact is [string, string] => Boolean(fact[1]));
}

function toldText({ state, attempts, lastError }: NonNullable<AsyncTask['destination']>): string {
  return [state, attempts > 1 && `${attempts} tries`, lastError && printable(lastError)]
    .filter(Boolean)
    .join(', ');
}

function indented(text: string): string[] {
  return printable(text)
    .split('\n')
    .map((line) => `  ${line}`);
}

function historyLines(task: AsyncTask, options: ViewOptions): string[] {
  const { paint } = options;
  let before: AsyncTaskEvent | undefined;
  return task.events.flatMap((event) => {
    const lost = event.eventId - (before?.eventId ?? 0) - 1;
    const sinceMs = event.timestamp - (before?.timestamp ?? event.timestamp);
    const since = before === undefined ? '' : `+${durationText(sinceMs)}`;
    before = event;
    const time = instantText(event.timestamp).slice(11);
    const millis = String(event.timestamp % 1000).padStart(3, '0');
    const status = paint(STATUS_STYLE[event.status], event.status.padEnd(10));
    const line = `  ${time}.${millis}  ${since.padStart(12)}  ${status} ${detailText(event)}`.trimEnd();
    return lost > 0 ? [`  … ${lost} events are not kept`, line] : [line];
  });
}

function detailText({ eventDetail }: AsyncTaskEvent): string {
  if (eventDetail === undefined) return '';
  try {
    const detail = JSON.parse(eventDetail) as { errorMessage?: unknown; Error?: unknown };
    const text = detail.errorMessage ?? detail.Error;
    return printable(typeof text === 'string' ? text : eventDetail).replaceAll(/\s+/g, ' ');
  } catch {
    return printable(eventDetail);
  }
}
