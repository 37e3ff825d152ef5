import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { type AsyncTask, allows } from '../../../client/index.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { queryOf, viewOf } from '../data/task-filter.ts';
import { useTaskPages } from '../data/task-pages.ts';
import { usePolled } from '../data/use-polled.ts';
import { BulkProgress } from '../display/bulk-progress.tsx';
import { EmptyTasks } from '../display/empty-tasks.tsx';
import { StatusCounts } from '../display/status-counts.tsx';
import { taskColumns } from '../display/task-columns.tsx';
import { useNotifications } from '../shell/notifications.tsx';
import { useQuery } from '../shell/router.ts';
import { BulkActions, type StartedBulkJob } from './bulk-actions.tsx';
import { TaskFilterBar } from './task-filter-bar.tsx';

const POLL_MS = 2000;
const PAGE_SIZE = 25;

export interface TasksTabProps {
  readonly functionName: string;
  readonly onSubmit: () => void;
}

/** A function's tasks, newest first, as they change. */
export function TasksTab({ functionName, onSubmit }: TasksTabProps) {
  const [query, changeQuery] = useQuery();
  const view = viewOf(query);
  const [isLive, setLive] = useState(true);
  const pages = useTaskPages(functionName, view);
  const { value, error, isLoading, refresh } = usePolled(
    pages.key,
    (signal) => pages.read(PAGE_SIZE, signal),
    isLive ? POLL_MS : undefined,
  );
  const [selected, setSelected] = useState<readonly string[]>([]);
  const [bulkJobs, setBulkJobs] = useState<readonly StartedBulkJob[]>([]);
  const startedBulk = (job: StartedBulkJob) => setBulkJobs((jobs) => [...jobs, job]);
  const endedBulk = (ended: string) => {
    setBulkJobs((jobs) => jobs.filter(({ bulkJobId }) => bulkJobId !== ended));
    refresh();
  };
  const tasks = value?.tasks ?? [];
  const selectedTasks = tasks.filter(({ taskId }) => selected.includes(taskId));
  const isFiltered = Object.values(queryOf(view)).some((part) => part !== undefined);
  return (
    <Table<AsyncTask>
      variant="borderless"
      items={tasks}
      columnDefinitions={taskColumns(functionName)}
      loading={isLoading}
      loadingText="Reading tasks"
      trackBy="taskId"
      stickyHeader
      stickyColumns={{ first: 0 }}
      selectionType="multi"
      selectedItems={selectedTasks}
      onSelectionChange={({ detail }) => setSelected(detail.selectedItems.map(({ taskId }) => taskId))}
      ariaLabels={{
        tableLabel: `Tasks of ${functionName}`,
        selectionGroupLabel: 'Tasks',
        allItemsSelectionLabel: () => 'All tasks of this page',
        itemSelectionLabel: (_, { taskId }) => taskId,
      }}
      header={
        <Header
          variant="h2"
          description="Newest first. Ended tasks are kept for 7 days."
          actions={
            <SpaceBetween direction="horizontal" size="xs" alignItems="center">
              <Toggle checked={isLive} onChange={({ detail }) => setLive(detail.checked)}>
                Live
              </Toggle>
              <Button iconName="refresh" ariaLabel="Read the tasks again" onClick={refresh} />
              <TaskActions functionName={functionName} tasks={selectedTasks} onDone={refresh} />
              <BulkActions functionName={functionName} view={view} onStarted={startedBulk} />
            </SpaceBetween>
          }
        >
          Tasks
        </Header>
      }
      filter={
        <SpaceBetween size="s">
          <TaskFilterBar view={view} onChange={(change) => changeQuery(queryOf({ ...view, ...change }))} />
          <StatusCounts
            functionName={functionName}
            view={view}
            isLive={isLive}
            onChoose={(status) => changeQuery(queryOf({ ...view, status }))}
          />
          {bulkJobs.map(({ bulkJobId, expected }) => (
            <BulkProgress
              key={bulkJobId}
              functionName={functionName}
              bulkJobId={bulkJobId}
              expected={expected}
              onEnded={() => endedBulk(bulkJobId)}
            />
          ))}
          {error !== undefined && (
            <Alert type="error" header="The tasks could not be read">
              {errorText(error)}
            </Alert>
          )}
        </SpaceBetween>
      }
      pagination={
        <Pagination
          currentPageIndex={pages.index}
          pagesCount={pages.known(value?.nextToken)}
          openEnd={value?.nextToken !== undefined && pages.known(value.nextToken) <= pages.index}
          onChange={({ detail }) => pages.goTo(detail.currentPageIndex, value?.nextToken)}
          ariaLabels={{
            paginationLabel: 'Pages of tasks',
            nextPageLabel: 'Next page',
            previousPageLabel: 'Previous page',
            pageLabel: (page) => `Page ${page}`,
          }}
        />
      }
      empty={
        isFiltered ? (
          <Box textAlign="center" padding="l">
            <SpaceBetween size="s">
              <Box variant="strong">No task is like that</Box>
              <Button onClick={() => changeQuery(queryOf(viewOf(new URLSearchParams())))}>
                Clear the filter
              </Button>
            </SpaceBetween>
          </Box>
        ) : (
          <EmptyTasks functionName={functionName} onSubmit={onSubmit} />
        )
      }
    />
  );
}

interface TaskActionsProps {
  readonly functionName: string;
  readonly tasks: readonly AsyncTask[];
  readonly onDone: () => void;
}

/** What can be done with the tasks that are chosen. */
function TaskActions({ functionName, tasks, onDone }: TaskActionsProps) {
  const { succeeded, failed } = useNotifications();
  const stoppable = tasks.filter(({ status }) => allows(status, 'stop'));
  const redrivable = tasks.filter(({ status }) => allows(status, 'redrive'));
  const act = async (
    what: string,
    chosen: readonly AsyncTask[],
    done: string,
    call: (taskId: string) => Promise<void>,
  ) => {
    const outcomes = await Promise.allSettled(chosen.map(({ taskId }) => call(taskId)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (errors.length < chosen.length)
      succeeded(`${done}: ${chosen.length - errors.length} of ${chosen.length}`);
    if (errors.length > 0) failed(`${errors.length} of ${chosen.length} could not be ${what}`, errors[0]);
    onDone();
  };
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button
        disabled={stoppable.length === 0}
        onClick={() =>
          act('stopped', stoppable, 'Stop asked for', (taskId) => taskApi.stop(functionName, taskId))
        }
      >
        Stop
      </Button>
      <Button
        disabled={redrivable.length === 0}
        onClick={() =>
          act('redriven', redrivable, 'Redriven', (taskId) => taskApi.redrive(functionName, taskId))
        }
      >
        Redrive
      </Button>
    </SpaceBetween>
  );
}
