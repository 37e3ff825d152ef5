import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { AsyncTask, TaskDelivery } from '../../../client/index.ts';
import { durationOf, queueWaitOf } from './segments.ts';
import { Status } from './status.tsx';
import { shortInstance } from './task-columns.tsx';
import { exactText, spanText, timeText } from './time.ts';

const DELIVERIES = { Pending: 'pending', Delivered: 'success', Failed: 'error' } as const;

/** What one asks first of a task. */
export function TaskFacts({ task, now }: { readonly task: AsyncTask; readonly now: number }) {
  const wait = queueWaitOf(task, now);
  const duration = durationOf(task, now);
  const instance = task.instanceId;
  return (
    <Container>
      <KeyValuePairs
        columns={4}
        items={[
          { label: 'Status', value: <Status status={task.status} /> },
          {
            label: 'Submitted',
            value: <span title={exactText(task.startedTime)}>{timeText(task.startedTime)}</span>,
          },
          { label: 'Queue wait', value: wait === undefined ? '–' : spanText(wait) },
          { label: 'Duration', value: duration === undefined ? '–' : spanText(duration) },
          { label: 'Retries', value: String(task.alreadyRetriedTimes) },
          {
            label: 'Instance',
            value:
              instance === undefined ? (
                '–'
              ) : (
                <CopyToClipboard
                  variant="inline"
                  textToCopy={instance}
                  textToDisplay={shortInstance(instance)}
                  copyButtonAriaLabel="Copy the instance's log stream"
                  copySuccessText="Copied"
                  copyErrorText="Could not be copied"
                />
              ),
          },
          {
            label: 'TaskID',
            value: (
              <CopyToClipboard
                variant="inline"
                textToCopy={task.taskId}
                textToDisplay={task.taskId.length > 24 ? `${task.taskId.slice(0, 23)}…` : task.taskId}
                copyButtonAriaLabel="Copy the TaskID"
                copySuccessText="Copied"
                copyErrorText="Could not be copied"
              />
            ),
          },
          { label: 'Destination', value: <Delivery delivery={task.destination} /> },
        ]}
      />
    </Container>
  );
}

function Delivery({ delivery }: { readonly delivery: TaskDelivery | undefined }) {
  if (delivery === undefined) return '–';
  const { state, attempts, destination, lastError } = delivery;
  return (
    <span title={lastError === undefined ? destination : `${destination}: ${lastError}`}>
      <StatusIndicator type={DELIVERIES[state]}>
        {state}, {attempts} {attempts === 1 ? 'try' : 'tries'}
      </StatusIndicator>
    </span>
  );
}
