import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { errorText } from '../data/task-api.ts';
import { useWorkflows } from '../data/workflows.tsx';
import { workflowHref } from '../shell/router.ts';

/** All workflows of the app. */
export function WorkflowsPage() {
  const { workflows, error } = useWorkflows();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="State machines of Step Functions whose states run tasks.">
          Workflows
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error !== undefined && (
          <Alert type="error" header="The workflows could not be read">
            {errorText(error)}
          </Alert>
        )}
        <Table
          items={workflows ?? []}
          loading={workflows === undefined && error === undefined}
          loadingText="Reading the workflows"
          trackBy="workflowName"
          ariaLabels={{ tableLabel: 'Workflows' }}
          columnDefinitions={[
            {
              id: 'name',
              header: 'Workflow',
              isRowHeader: true,
              cell: ({ workflowName }) => <Link href={workflowHref(workflowName)}>{workflowName}</Link>,
            },
            { id: 'type', header: 'Type', cell: ({ type }) => type },
          ]}
          empty={
            <Box textAlign="center" padding="l">
              <Box variant="strong">No workflows</Box>
              <Box variant="p" color="text-body-secondary">
                Add one to the CDK app: <code>taskMode.addWorkflow('media', {'{ definition }'})</code>
              </Box>
            </Box>
          }
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
