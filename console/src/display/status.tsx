import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { TaskStatus } from '../../../client/index.ts';

const INDICATORS: Record<TaskStatus, StatusIndicatorProps.Type> = {
  Enqueued: 'pending',
  Processed: 'pending',
  Running: 'in-progress',
  Retrying: 'warning',
  Stopping: 'in-progress',
  Succeeded: 'success',
  Failed: 'error',
  Stopped: 'stopped',
  Expired: 'error',
  Invalid: 'error',
};

export function Status({ status }: { readonly status: TaskStatus }) {
  return <StatusIndicator type={INDICATORS[status]}>{status}</StatusIndicator>;
}
