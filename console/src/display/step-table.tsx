import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import Table from '@cloudscape-design/components/table';
import type { ExecutionStep } from '../../../client/index.ts';
import { taskHref } from '../shell/router.ts';
import { ExecutionState } from './execution-status.tsx';
import { Status } from './status.tsx';
import { exactText, spanText, timeText } from './time.ts';

export interface StepTableProps {
  readonly steps: readonly ExecutionStep[];
  readonly now: number;
}

/** Every step with its task, in the order in which they were entered. */
export function StepTable({ steps, now }: StepTableProps) {
  return (
    <Table<ExecutionStep>
      items={steps}
      trackBy={({ stepId }) => String(stepId)}
      ariaLabels={{ tableLabel: 'Steps' }}
      header={<Header variant="h2">Steps</Header>}
      columnDefinitions={[
        {
          id: 'state',
          header: 'State',
          isRowHeader: true,
          minWidth: 150,
          cell: ({ stateName, mapIndex }) =>
            mapIndex === undefined ? stateName : `${stateName} [${mapIndex}]`,
        },
        {
          id: 'status',
          header: 'Status',
          minWidth: 120,
          cell: ({ status, error }) => (
            <span title={error}>
              <ExecutionState status={status} />
            </span>
          ),
        },
        {
          id: 'task',
          header: 'Task',
          minWidth: 180,
          cell: ({ functionName, taskId }) =>
            functionName !== undefined && taskId !== undefined ? (
              <Link href={taskHref(functionName, taskId)}>
                {functionName}: {taskId.slice(0, 16)}
              </Link>
            ) : (
              '–'
            ),
        },
        {
          id: 'taskStatus',
          header: 'Task status',
          minWidth: 120,
          cell: ({ taskStatus }) => (taskStatus === undefined ? '–' : <Status status={taskStatus} />),
        },
        {
          id: 'entered',
          header: 'Entered',
          minWidth: 110,
          cell: ({ enteredTime }) => <span title={exactText(enteredTime)}>{timeText(enteredTime)}</span>,
        },
        {
          id: 'duration',
          header: 'Duration',
          minWidth: 100,
          cell: ({ enteredTime, exitedTime }) => spanText((exitedTime || now) - enteredTime),
        },
        { id: 'attempts', header: 'Attempts', minWidth: 90, cell: ({ attempts }) => attempts },
      ]}
    />
  );
}
