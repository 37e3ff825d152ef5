import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { BulkJob, BulkJobStatus } from '../../../client/index.ts';

const INDICATORS: Record<BulkJobStatus, StatusIndicatorProps.Type> = {
  Pending: 'pending',
  Running: 'in-progress',
  Stopping: 'in-progress',
  Succeeded: 'success',
  Failed: 'error',
  Stopped: 'stopped',
};

export function BulkJobState({ status }: Pick<BulkJob, 'status'>) {
  return <StatusIndicator type={INDICATORS[status]}>{status}</StatusIndicator>;
}

/** What has become of a job's tasks so far: `1,201 done, 2 had moved on, 1 refused`. */
export function bulkCountsText({ done, unchanged, refused }: BulkJob): string {
  const parts = [
    `${done.toLocaleString('en')} done`,
    unchanged > 0 && `${unchanged.toLocaleString('en')} had moved on`,
    refused > 0 && `${refused.toLocaleString('en')} refused`,
  ];
  return parts.filter(Boolean).join(', ');
}
