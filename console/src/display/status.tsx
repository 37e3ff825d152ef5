import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import { type StatusGroup, statusGroupOf, type TaskStatus } from '../../../client/index.ts';

const INDICATORS: Record<StatusGroup, StatusIndicatorProps.Type> = {
  waiting: 'pending',
  running: 'in-progress',
  succeeded: 'success',
  failed: 'error',
  stopped: 'stopped',
};

/** It waits, and its last attempt failed. */
const RETRYING = 'warning';

export function Status({ status }: { readonly status: TaskStatus }) {
  const type = status === 'Retrying' ? RETRYING : INDICATORS[statusGroupOf(status)];
  return <StatusIndicator type={type}>{status}</StatusIndicator>;
}
