import Button from '@cloudscape-design/components/button';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import { useQuery } from '../shell/router.ts';
import { BulkJobsTab } from './bulk-jobs-tab.tsx';
import { CodeSampleTab } from './code-sample-tab.tsx';
import { ConfigurationTab } from './configuration-tab.tsx';
import { MonitoringTab } from './monitoring-tab.tsx';
import { SubmitDialog } from './submit-dialog.tsx';
import { TasksTab } from './tasks-tab.tsx';

const FIRST_TAB = 'tasks';

/** One function: its tasks, how it is set, and how to call it. */
export function FunctionPage({ functionName }: { readonly functionName: string }) {
  const [query, changeQuery] = useQuery();
  const [isSubmitting, setSubmitting] = useState(false);
  const submit = () => setSubmitting(true);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button variant="primary" onClick={submit}>
              Submit task
            </Button>
          }
        >
          {functionName}
        </Header>
      }
    >
      <Tabs
        activeTabId={query.get('tab') ?? FIRST_TAB}
        onChange={({ detail }) =>
          changeQuery({ tab: detail.activeTabId === FIRST_TAB ? undefined : detail.activeTabId })
        }
        ariaLabel={`Views of ${functionName}`}
        tabs={[
          {
            id: FIRST_TAB,
            label: 'Tasks',
            content: <TasksTab functionName={functionName} onSubmit={submit} />,
          },
          {
            id: 'monitoring',
            label: 'Monitoring',
            content: <MonitoringTab functionName={functionName} />,
          },
          {
            id: 'configuration',
            label: 'Configuration',
            content: <ConfigurationTab functionName={functionName} />,
          },
          {
            id: 'bulk-jobs',
            label: 'Bulk jobs',
            content: <BulkJobsTab functionName={functionName} />,
          },
          { id: 'code', label: 'Code sample', content: <CodeSampleTab functionName={functionName} /> },
        ]}
      />
      {isSubmitting && <SubmitDialog functionName={functionName} onClose={() => setSubmitting(false)} />}
    </ContentLayout>
  );
}
