import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import type { ExecutionStep, WorkflowExecution } from '../../../client/index.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { ExecutionState } from '../display/execution-status.tsx';
import { JsonView } from '../display/json-view.tsx';
import { StepGraph } from '../display/step-graph.tsx';
import { StepTable } from '../display/step-table.tsx';
import { exactText, spanText, timeText } from '../display/time.ts';
import { useNow } from '../display/use-now.ts';
import { useNotifications } from '../shell/notifications.tsx';

const POLL_MS = 1500;

/** A Map of thousands is not drawn box by box. */
const STEPS_SHOWN = 300;

export interface ExecutionPageProps {
  readonly workflowName: string;
  readonly executionName: string;
}

interface Shown {
  readonly execution: WorkflowExecution;
  readonly steps: readonly ExecutionStep[];
}

/** One execution: its states as a graph, each with the task that it ran. */
export function ExecutionPage({ workflowName, executionName }: ExecutionPageProps) {
  const [isEnded, setEnded] = useState(false);
  const { value, error, refresh } = usePolled(
    `${workflowName}/${executionName}`,
    async (signal): Promise<Shown> => {
      const execution = await taskApi.workflows.get(workflowName, executionName, { signal });
      const steps: ExecutionStep[] = [];
      for await (const step of taskApi.workflows.steps(workflowName, executionName, { signal })) {
        steps.push(step);
        if (steps.length >= STEPS_SHOWN) break;
      }
      setEnded(execution.status !== 'Running');
      return { execution, steps };
    },
    isEnded ? undefined : POLL_MS,
  );
  const { succeeded, failed } = useNotifications();
  const stop = async () => {
    try {
      await taskApi.workflows.stop(workflowName, executionName);
      succeeded(`${executionName} is stopped`);
    } catch (stopError) {
      failed('The execution could not be stopped', stopError);
    }
    refresh();
  };
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={
            <Button disabled={value?.execution.status !== 'Running'} onClick={stop}>
              Stop
            </Button>
          }
        >
          <span className="task-id">{executionName}</span>
        </Header>
      }
    >
      {value !== undefined ? (
        <ExecutionDetail {...value} />
      ) : error !== undefined ? (
        <Alert type="error" header="The execution could not be read">
          {errorText(error)}
        </Alert>
      ) : (
        <Spinner size="large" />
      )}
    </ContentLayout>
  );
}

function ExecutionDetail({ execution, steps }: Shown) {
  const { status, startedTime, endTime, input, output, error, cause } = execution;
  const now = useNow(status === 'Running');
  return (
    <SpaceBetween size="l">
      {error !== undefined && (
        <Alert type="error" header={error}>
          <pre className="error-text">{cause}</pre>
        </Alert>
      )}
      <Container>
        <KeyValuePairs
          columns={4}
          items={[
            { label: 'Status', value: <ExecutionState status={status} /> },
            { label: 'Started', value: <span title={exactText(startedTime)}>{timeText(startedTime)}</span> },
            { label: 'Duration', value: spanText((endTime || now) - startedTime) },
            { label: 'Steps', value: steps.length < STEPS_SHOWN ? steps.length : `${STEPS_SHOWN} and more` },
          ]}
        />
      </Container>
      <Container
        header={
          <Header variant="h2" description="What ran, in its order; a click on a task shows it.">
            Graph
          </Header>
        }
      >
        <StepGraph steps={steps} now={now} />
      </Container>
      <StepTable steps={steps} now={now} />
      <Grid gridDefinition={[HALF, HALF]}>
        <JsonView title="Input" text={input} empty="It has none." />
        <JsonView title="Output" text={output} empty={status === 'Running' ? 'Not yet.' : 'It gave none.'} />
      </Grid>
    </SpaceBetween>
  );
}

const HALF = { colspan: { default: 12, s: 6 } } as const;
