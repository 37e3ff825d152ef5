import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { ExecutionStatus, StepStatus } from '../../../client/index.ts';

const INDICATORS: Record<ExecutionStatus | StepStatus, StatusIndicatorProps.Type> = {
  Running: 'in-progress',
  Succeeded: 'success',
  Failed: 'error',
  TimedOut: 'error',
  Stopped: 'stopped',
  Caught: 'warning',
};

export function ExecutionState({ status }: { readonly status: ExecutionStatus | StepStatus }) {
  return (
    <StatusIndicator type={INDICATORS[status]}>
      {status === 'TimedOut' ? 'Timed out' : status}
    </StatusIndicator>
  );
}
