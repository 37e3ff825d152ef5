import Link from '@cloudscape-design/components/link';
import type { TableProps } from '@cloudscape-design/components/table';
import type { AsyncTask } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { taskHref } from '../shell/router.ts';
import { durationOf, queueWaitOf } from './segments.ts';
import { Status } from './status.tsx';
import { exactText, spanText, timeText } from './time.ts';

const spanOrDash = (ms: number | undefined) => (ms === undefined ? '–' : spanText(ms));

export function taskColumns(functionName: string): TableProps.ColumnDefinition<AsyncTask>[] {
  return [
    {
      id: 'taskId',
      header: 'TaskID',
      isRowHeader: true,
      minWidth: 140,
      // On a telephone the status is to be seen beside it.
      maxWidth: matchMedia('(max-width: 688px)').matches ? 150 : 280,
      cell: ({ taskId }) => <Link href={taskHref(functionName, taskId)}>{taskId}</Link>,
    },
    { id: 'status', header: 'Status', minWidth: 130, cell: ({ status }) => <Status status={status} /> },
    {
      id: 'submitted',
      header: 'Submitted',
      minWidth: 110,
      cell: ({ startedTime }) => <span title={exactText(startedTime)}>{timeText(startedTime)}</span>,
    },
    {
      id: 'queueWait',
      header: 'Queue wait',
      minWidth: 110,
      cell: (task) => spanOrDash(queueWaitOf(task, apiTime())),
    },
    {
      id: 'duration',
      header: 'Duration',
      minWidth: 110,
      cell: (task) => spanOrDash(durationOf(task, apiTime())),
    },
    {
      id: 'retries',
      header: 'Retries',
      minWidth: 90,
      cell: ({ alreadyRetriedTimes }) => alreadyRetriedTimes,
    },
    {
      id: 'instance',
      header: 'Instance',
      minWidth: 140,
      cell: ({ instanceId }) =>
        instanceId === undefined ? '–' : <span title={instanceId}>{shortInstance(instanceId)}</span>,
    },
  ];
}

/** Of a log stream such as `2026/11/24/[$LATEST]4f0c…` what tells instances apart. */
export function shortInstance(instanceId: string): string {
  return instanceId.replace(/^.*\]/, '').slice(0, 8);
}
