import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Cards from '@cloudscape-design/components/cards';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Header from '@cloudscape-design/components/header';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { FunctionSummary } from '../../../client/index.ts';
import { useFunctions } from '../data/functions.tsx';
import { errorText } from '../data/task-api.ts';
import { FunctionCounts } from '../display/function-counts.tsx';
import { LatestTasks } from '../display/latest-tasks.tsx';
import { functionHref } from '../shell/router.ts';

/** All functions that take tasks, each with how its latest went. */
export function FunctionsPage() {
  const { functions, error } = useFunctions();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="Lambda functions that take tasks, and how their latest tasks went.">
          Functions
        </Header>
      }
    >
      <SpaceBetween size="l">
        {error !== undefined && (
          <Alert type="error" header="The functions could not be read">
            {errorText(error)}
          </Alert>
        )}
        <Cards<FunctionSummary>
          items={functions ?? []}
          loading={functions === undefined && error === undefined}
          loadingText="Reading the functions"
          trackBy="functionName"
          ariaLabels={{ itemSelectionLabel: () => '', selectionGroupLabel: '' }}
          cardDefinition={{
            header: ({ functionName }) => (
              <Link href={functionHref(functionName)} fontSize="heading-m">
                {functionName}
              </Link>
            ),
            sections: [
              {
                id: 'counts',
                content: (each) => <FunctionCounts {...each} />,
              },
              {
                id: 'latest',
                content: ({ functionName }) => <LatestTasks functionName={functionName} />,
              },
            ],
          }}
          cardsPerRow={[{ cards: 1 }, { minWidth: 600, cards: 2 }, { minWidth: 1000, cards: 3 }]}
          empty={
            <Box textAlign="center" padding="l">
              <Box variant="strong">No functions</Box>
              <Box variant="p" color="text-body-secondary">
                Add one to the CDK app: <code>taskMode.addFunction('encode', {'{ entry }'})</code>
              </Box>
            </Box>
          }
        />
      </SpaceBetween>
    </ContentLayout>
  );
}
