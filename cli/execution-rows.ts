import type { ExecutionStatus, ExecutionStep, ExecutionSummary, StepStatus } from '../client/index.ts';
import type { Paint, Style } from './screen.ts';
import { type Column, tableLines } from './table.ts';
import { agoText, durationText } from './times.ts';

interface Layout {
  readonly width: number;
  readonly paint: Paint;
  readonly nowMs: number;
  readonly times: 'ago' | 'iso';
}

/** The colours are those of tasks. */
export const EXECUTION_STYLE: Readonly<Record<ExecutionStatus | StepStatus, Style>> = {
  Running: 'blue',
  Succeeded: 'green',
  Caught: 'yellow',
  Failed: 'red',
  TimedOut: 'red',
  Stopped: 'gray',
};

/** Lays executions out as a table. */
export function executionLines(
  executions: readonly ExecutionSummary[],
  { nowMs, times, ...layout }: Layout,
): string[] {
  const columns: Column<ExecutionSummary>[] = [
    { title: 'EXECUTION', text: ({ executionName }) => executionName, minColumns: 12 },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => EXECUTION_STYLE[status] },
    {
      title: 'STARTED',
      text: ({ startedTime }) =>
        times === 'iso' ? new Date(startedTime).toISOString() : agoText(nowMs - startedTime),
    },
    {
      title: 'TOOK',
      text: ({ startedTime, endTime }) => durationText((endTime || nowMs) - startedTime),
      align: 'right',
    },
  ];
  return tableLines(columns, executions, layout);
}

/** Lays the steps of an execution out as a table; what is within a Map or Parallel stands below it. */
export function stepLines(
  steps: readonly ExecutionStep[],
  startMs: number,
  { width, paint, nowMs }: Layout,
): string[] {
  const parents = new Map(steps.map(({ stepId, parentStepId }) => [stepId, parentStepId]));
  const depthOf = (stepId: number | undefined): number =>
    stepId === undefined ? 0 : 1 + depthOf(parents.get(stepId));
  const columns: Column<ExecutionStep>[] = [
    {
      title: 'STEP',
      text: ({ stateName, parentStepId, mapIndex }) =>
        `${'· '.repeat(depthOf(parentStepId))}${stateName}${mapIndex === undefined ? '' : ` [${mapIndex}]`}`,
      minColumns: 12,
    },
    { title: 'TYPE', text: ({ stateType }) => stateType },
    { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => EXECUTION_STYLE[status] },
    { title: 'AFTER', text: ({ enteredTime }) => durationText(enteredTime - startMs), align: 'right' },
    {
      title: 'TOOK',
      text: ({ enteredTime, exitedTime }) => durationText((exitedTime || nowMs) - enteredTime),
      align: 'right',
    },
    {
      title: 'TASK',
      text: ({ functionName, taskId }) => (taskId === undefined ? '' : `${functionName} ${taskId}`),
      minColumns: 8,
    },
    { title: 'ERROR', text: ({ error = '' }) => error, style: () => 'red', minColumns: 8 },
  ];
  return tableLines(columns, steps, { width, paint });
}
