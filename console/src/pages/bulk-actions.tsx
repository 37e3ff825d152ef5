import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import type { BulkAction, BulkFilter } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { bulkFilterOf, refusalOfAction } from '../data/bulk-orders.ts';
import type { ListView } from '../data/task-filter.ts';
import { BulkDialog } from './bulk-dialog.tsx';

const ACTIONS: readonly BulkAction[] = ['Stop', 'Redrive'];

export interface BulkActionsProps {
  readonly functionName: string;
  /** Which tasks the list shows, all pages of it. */
  readonly view: ListView;
  readonly onStarted: (job: StartedBulkJob) => void;
}

export interface StartedBulkJob {
  readonly bulkJobId: string;
  /** How many tasks were counted. */
  readonly expected: number;
}

/** What can be done with all tasks that a list shows, also those of pages that nobody has looked at. */
export function BulkActions({ functionName, view, onStarted }: BulkActionsProps) {
  const [asked, ask] = useState<{ readonly action: BulkAction; readonly filter: BulkFilter }>();
  return (
    <>
      <ButtonDropdown
        items={ACTIONS.map((action) => {
          const refusal = refusalOfAction(action, view);
          return {
            id: action,
            text: `${action} all matching`,
            ...(refusal !== undefined && { disabled: true, disabledReason: refusal }),
          };
        })}
        onItemClick={({ detail }) =>
          ask({ action: detail.id as BulkAction, filter: bulkFilterOf(view, apiTime()) })
        }
      >
        All matching
      </ButtonDropdown>
      {asked !== undefined && (
        <BulkDialog
          functionName={functionName}
          action={asked.action}
          filter={asked.filter}
          onStarted={({ bulkJobId }, expected) => onStarted({ bulkJobId, expected })}
          onClose={() => ask(undefined)}
        />
      )}
    </>
  );
}
