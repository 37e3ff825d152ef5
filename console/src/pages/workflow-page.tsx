import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import type { ExecutionSummary } from '../../../client/index.ts';
import { apiTime } from '../data/api-time.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { ExecutionState } from '../display/execution-status.tsx';
import { exactText, spanText, timeText } from '../display/time.ts';
import { executionHref } from '../shell/router.ts';
import { StartDialog } from './start-dialog.tsx';

const POLL_MS = 3000;

/** So many of the latest are shown. */
const SHOWN = 50;

/** One workflow: its latest executions. */
export function WorkflowPage({ workflowName }: { readonly workflowName: string }) {
  const [isStarting, setStarting] = useState(false);
  const { value, error } = usePolled(
    `executions ${workflowName}`,
    (signal) => latestExecutions(workflowName, signal),
    POLL_MS,
  );
  const start = () => setStarting(true);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button variant="primary" onClick={start}>
              Start execution
            </Button>
          }
        >
          {workflowName}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error !== undefined && (
          <Alert type="error" header="The executions could not be read">
            {errorText(error)}
          </Alert>
        )}
        <Table<ExecutionSummary>
          items={value ?? []}
          loading={value === undefined && error === undefined}
          loadingText="Reading executions"
          trackBy="executionName"
          ariaLabels={{ tableLabel: `Executions of ${workflowName}` }}
          header={
            <Header variant="h2" description={`The latest ${SHOWN}.`}>
              Executions
            </Header>
          }
          columnDefinitions={[
            {
              id: 'name',
              header: 'Execution',
              isRowHeader: true,
              minWidth: 180,
              cell: ({ executionName }) => (
                <Link href={executionHref(workflowName, executionName)}>{executionName}</Link>
              ),
            },
            {
              id: 'status',
              header: 'Status',
              minWidth: 120,
              cell: ({ status }) => <ExecutionState status={status} />,
            },
            {
              id: 'started',
              header: 'Started',
              minWidth: 110,
              cell: ({ startedTime }) => <span title={exactText(startedTime)}>{timeText(startedTime)}</span>,
            },
            {
              id: 'duration',
              header: 'Duration',
              minWidth: 110,
              cell: ({ startedTime, endTime }) => spanText((endTime || apiTime()) - startedTime),
            },
          ]}
          empty={
            <Box textAlign="center" padding="l">
              <SpaceBetween size="s">
                <Box variant="strong">No executions yet</Box>
                <Button onClick={start}>Start execution</Button>
              </SpaceBetween>
            </Box>
          }
        />
      </SpaceBetween>
      {isStarting && <StartDialog workflowName={workflowName} onClose={() => setStarting(false)} />}
    </ContentLayout>
  );
}

async function latestExecutions(workflowName: string, signal: AbortSignal): Promise<ExecutionSummary[]> {
  const latest: ExecutionSummary[] = [];
  for await (const execution of taskApi.workflows.executions(workflowName, {}, { signal })) {
    latest.push(execution);
    if (latest.length >= SHOWN) break;
  }
  return latest;
}
