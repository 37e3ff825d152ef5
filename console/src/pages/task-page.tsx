import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import ContentLayout from '@cloudscape-design/components/content-layout';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useState } from 'react';
import { type AsyncTask, allows, isTaskModeError, isTerminal, statusGroupOf } from '../../../client/index.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { EventTable } from '../display/event-table.tsx';
import { Explanation } from '../display/explanation.tsx';
import { JsonView } from '../display/json-view.tsx';
import { TaskFacts } from '../display/task-facts.tsx';
import { TaskFailure } from '../display/task-failure.tsx';
import { TaskLog } from '../display/task-log.tsx';
import { Timeline } from '../display/timeline.tsx';
import { useNow } from '../display/use-now.ts';
import { useNotifications } from '../shell/notifications.tsx';
import { functionHref } from '../shell/router.ts';
import { SubmitDialog } from './submit-dialog.tsx';

const POLL_MS = 1000;

export interface TaskPageProps {
  readonly functionName: string;
  readonly taskId: string;
}

/** One task: how it stands, its life to scale, what it was given and what it gave. */
export function TaskPage({ functionName, taskId }: TaskPageProps) {
  const [isEnded, setEnded] = useState(false);
  const { value, error, refresh } = usePolled(
    `${functionName}/${taskId}`,
    async (signal) => {
      const task = await taskApi.get(functionName, taskId, { signal });
      setEnded(isTerminal(task.status));
      return task;
    },
    isEnded ? undefined : POLL_MS,
  );
  if (value === undefined) {
    return (
      <ContentLayout header={<Header variant="h1">{taskId}</Header>}>
        {error === undefined ? (
          <Spinner size="large" />
        ) : (
          <Unreadable functionName={functionName} error={error} />
        )}
      </ContentLayout>
    );
  }
  const onChanged = () => {
    setEnded(false);
    refresh();
  };
  return <TaskDetail functionName={functionName} task={value} onChanged={onChanged} />;
}

function Unreadable({ functionName, error }: { readonly functionName: string; readonly error: unknown }) {
  const isUnknown = isTaskModeError(error, 'AsyncTaskNotFound');
  return (
    <Alert
      type={isUnknown ? 'info' : 'error'}
      header={isUnknown ? 'There is no such task' : 'The task could not be read'}
      action={<Button href={functionHref(functionName)}>All tasks of {functionName}</Button>}
    >
      {errorText(error)}
    </Alert>
  );
}

interface TaskDetailProps {
  readonly functionName: string;
  readonly task: AsyncTask;
  readonly onChanged: () => void;
}

function TaskDetail({ functionName, task, onChanged }: TaskDetailProps) {
  const now = useNow(!isTerminal(task.status));
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<TaskActions functionName={functionName} task={task} onChanged={onChanged} />}
        >
          <span className="task-id">{task.taskId}</span>
        </Header>
      }
    >
      <SpaceBetween size="l">
        <TaskFailure task={task} />
        {statusGroupOf(task.status) === 'waiting' && (
          <Explanation functionName={functionName} taskId={task.taskId} />
        )}
        <TaskFacts task={task} now={now} />
        <Grid gridDefinition={[{ colspan: { default: 12, xs: 7 } }, { colspan: { default: 12, xs: 5 } }]}>
          <Life task={task} now={now} />
          <SpaceBetween size="l">
            <JsonView title="Payload" text={task.taskPayload} empty="It has none, or it is gone." />
            <JsonView
              title="Result"
              text={task.returnPayload}
              empty={isTerminal(task.status) ? 'It gave none.' : 'Not yet.'}
            />
          </SpaceBetween>
        </Grid>
        <TaskLog functionName={functionName} task={task} />
        <Box color="text-body-secondary" fontSize="body-s">
          Request {task.requestId} · {task.functionArn}
        </Box>
      </SpaceBetween>
    </ContentLayout>
  );
}

function Life({ task, now }: { readonly task: AsyncTask; readonly now: number }) {
  return (
    <Container
      header={
        <Header variant="h2" description="To scale, from the submit to the end.">
          Timeline
        </Header>
      }
    >
      <SpaceBetween size="m">
        <Timeline task={task} now={now} />
        <ExpandableSection
          headerText={task.events.length === 1 ? '1 event' : `${task.events.length} events`}
          defaultExpanded
        >
          <EventTable events={task.events} />
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function TaskActions({ functionName, task, onChanged }: TaskDetailProps) {
  const [isSubmitting, setSubmitting] = useState(false);
  const { succeeded, failed } = useNotifications();
  const { taskId, status } = task;
  const act = async (what: string, done: string, call: Promise<void>) => {
    try {
      await call;
      succeeded(done);
    } catch (error) {
      failed(`The task could not be ${what}`, error);
    }
    onChanged();
  };
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button
        disabled={!allows(status, 'stop')}
        onClick={() => act('stopped', `${taskId} is told to stop`, taskApi.stop(functionName, taskId))}
      >
        Stop
      </Button>
      <Button
        disabled={!allows(status, 'redrive')}
        onClick={() => act('redriven', `${taskId} runs again`, taskApi.redrive(functionName, taskId))}
      >
        Redrive
      </Button>
      <Button variant="primary" onClick={() => setSubmitting(true)}>
        Submit again
      </Button>
      {isSubmitting && (
        <SubmitDialog
          functionName={functionName}
          payload={task.taskPayload ?? '{}'}
          onClose={() => setSubmitting(false)}
        />
      )}
    </SpaceBetween>
  );
}
