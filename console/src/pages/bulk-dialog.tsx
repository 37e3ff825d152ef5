import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import type { BulkAction, BulkFilter, BulkJob, BulkJobPreview, TaskStatus } from '../../../client/index.ts';
import {
  ACTION_WORDS,
  BULK_REASON_MAX,
  BULK_TASKS_DEFAULT,
  bulkFilterText,
  maxTasksFault,
} from '../data/bulk-orders.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { Status } from '../display/status.tsx';

export interface BulkDialogProps {
  readonly functionName: string;
  readonly action: BulkAction;
  readonly filter: BulkFilter;
  /** `expected` is how many tasks were counted. */
  readonly onStarted: (job: BulkJob, expected: number) => void;
  readonly onClose: () => void;
}

/** Says how many tasks a filter finds before anything is done to them, and has it done. */
export function BulkDialog({ functionName, action, filter, onStarted, onClose }: BulkDialogProps) {
  const { value: preview, error } = usePolled(
    JSON.stringify([functionName, action, filter]),
    (signal) => taskApi.bulkJobs.preview(functionName, { action, filter }, { signal }),
    undefined,
  );
  const [reason, setReason] = useState('');
  const [maxTasks, setMaxTasks] = useState(String(BULK_TASKS_DEFAULT));
  const [failure, setFailure] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const { act, past } = ACTION_WORDS[action];
  const matched = preview?.matched ?? 0;
  const isMany = matched > BULK_TASKS_DEFAULT || preview?.isComplete === false;
  const fault = maxTasksFault(maxTasks);
  const start = async () => {
    setSending(true);
    try {
      const why = reason.trim();
      const order = { action, filter, maxTasks: Number(maxTasks), ...(why !== '' && { reason: why }) };
      const job = await taskApi.bulkJobs.start(functionName, order);
      onClose();
      onStarted(job, Math.min(matched, Number(maxTasks)));
    } catch (startError) {
      setFailure(startError);
      setSending(false);
    }
  };
  const shownError = failure ?? error;
  return (
    <Modal
      visible
      header={`${act} all matching tasks of ${functionName}`}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={isSending}
              disabled={matched === 0 || fault !== undefined}
              onClick={start}
            >
              {matched === 0 ? act : `${act} ${countText(preview)}`}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        {shownError !== undefined && (
          <Alert type="error" header={failure ? 'The job was not started' : 'The tasks could not be counted'}>
            {errorText(shownError)}
          </Alert>
        )}
        <Box>
          Which: <b>{bulkFilterText(filter)}</b>. Tasks that are submitted from now on are left alone.
        </Box>
        {preview === undefined ? (
          error === undefined && <Spinner />
        ) : (
          <Counts preview={preview} past={past} />
        )}
        <FormField
          stretch
          label={
            <span>
              Why <i>- optional</i>
            </span>
          }
          description="It is kept with the job and your name for 90 days."
        >
          <Input
            value={reason}
            placeholder="The codec is mended"
            onChange={({ detail }) => setReason(detail.value.slice(0, BULK_REASON_MAX))}
          />
        </FormField>
        {isMany && (
          <FormField label="At most" description="The job ends there." errorText={fault}>
            <Input
              value={maxTasks}
              inputMode="numeric"
              onChange={({ detail }) => setMaxTasks(detail.value.trim())}
            />
          </FormField>
        )}
      </SpaceBetween>
    </Modal>
  );
}

function Counts({ preview, past }: { readonly preview: BulkJobPreview; readonly past: string }) {
  const counts = Object.entries(preview.countsByStatus).filter(([, count]) => count > 0);
  if (preview.matched === 0) return <Box>No task that could be {past} is like that.</Box>;
  return (
    <ul className="bulk-counts">
      {counts.map(([status, count]) => (
        <li key={status}>
          <b>
            {count.toLocaleString('en')}
            {!preview.isComplete && '+'}
          </b>{' '}
          <Status status={status as TaskStatus} />
        </li>
      ))}
    </ul>
  );
}

function countText(preview: BulkJobPreview | undefined): string {
  if (preview === undefined) return '';
  const count = `${preview.isComplete ? '' : 'at least '}${preview.matched.toLocaleString('en')}`;
  return preview.matched === 1 && preview.isComplete ? '1 task' : `${count} tasks`;
}
