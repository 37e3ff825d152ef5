import Alert from '@cloudscape-design/components/alert';
import Badge from '@cloudscape-design/components/badge';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Form from '@cloudscape-design/components/form';
import FormField from '@cloudscape-design/components/form-field';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { type AsyncInvokeConfig, type ConcurrencyConfig, statusesIn } from '../../../client/index.ts';
import { type ConfigDraft, changeOf, configFaults, draftOf } from '../data/config-draft.ts';
import { useFunction, useFunctions } from '../data/functions.tsx';
import { errorText, taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { useNotifications } from '../shell/notifications.tsx';

/** How a function's tasks are run from now on, over what was deployed. */
export function ConfigurationTab({ functionName }: { readonly functionName: string }) {
  const config = usePolled(
    `config ${functionName}`,
    async (signal) => ({
      put: (await taskApi.config.list(functionName, { signal }).next()).value ?? undefined,
    }),
    undefined,
  );
  const concurrency = usePolled(
    `concurrency ${functionName}`,
    (signal) => taskApi.concurrency.get(functionName, { signal }),
    undefined,
  );
  const isOn = useFunction(functionName)?.asyncTask;
  const error = config.error ?? concurrency.error;
  if (error !== undefined) {
    return (
      <Alert type="error" header="The configuration could not be read">
        {errorText(error)}
      </Alert>
    );
  }
  if (config.value === undefined || concurrency.value === undefined) return <Spinner size="large" />;
  return (
    <SpaceBetween size="xxl">
      <TaskSettings
        key={JSON.stringify([config.value, isOn])}
        functionName={functionName}
        config={config.value.put}
        onChanged={config.refresh}
      />
      <Concurrency
        key={JSON.stringify(concurrency.value)}
        functionName={functionName}
        concurrency={concurrency.value}
        onChanged={concurrency.refresh}
      />
    </SpaceBetween>
  );
}

interface TaskSettingsProps {
  readonly functionName: string;
  readonly config: AsyncInvokeConfig | undefined;
  readonly onChanged: () => void;
}

function TaskSettings({ functionName, config, onChanged }: TaskSettingsProps) {
  const isOn = useFunction(functionName)?.asyncTask ?? true;
  const { refresh } = useFunctions();
  const [draft, setDraft] = useState(() => draftOf(config, isOn));
  const { succeeded, failed } = useNotifications();
  const change = changeOf(draft, config);
  const faults = configFaults(draft);
  const set = (part: Partial<ConfigDraft>) => setDraft((current) => ({ ...current, ...part }));
  const act = async (what: string, call: Promise<unknown>) => {
    try {
      await call;
      succeeded(what);
    } catch (error) {
      failed('The configuration was not changed', error);
    }
    onChanged();
    refresh();
  };
  const switchTaskMode = (asyncTask: boolean) => {
    set({ asyncTask });
    void act(
      `Task mode of ${functionName} is ${asyncTask ? 'on' : 'off'}`,
      taskApi.config.put(functionName, { asyncTask }),
    );
  };
  return (
    <Form
      header={
        <Header
          variant="h2"
          description="It holds for tasks that are submitted from now on; each instance knows of it within 30 s."
          actions={
            <Button
              disabled={config === undefined}
              onClick={() => act('What was deployed holds again', taskApi.config.delete(functionName))}
            >
              Back to what was deployed
            </Button>
          }
        >
          Tasks{' '}
          <Badge color={config === undefined ? 'grey' : 'blue'}>
            {config === undefined ? 'as deployed' : 'changed at run time'}
          </Badge>
        </Header>
      }
      actions={
        <Button
          variant="primary"
          disabled={Object.keys(change).length === 0 || Object.values(faults).some(Boolean)}
          onClick={() => act('The configuration is changed', taskApi.config.put(functionName, change))}
        >
          Save
        </Button>
      }
    >
      <SpaceBetween size="l">
        <FormField
          label="Task mode"
          description="Off, an asynchronous invocation is a message and nothing else: no id, no record, for less than half the price."
        >
          <Toggle checked={draft.asyncTask} onChange={({ detail }) => switchTaskMode(detail.checked)}>
            {draft.asyncTask ? 'On' : 'Off'}
          </Toggle>
        </FormField>
        <ColumnLayout columns={2}>
          <FormField label="Retries" description="Of a failed attempt, 0 to 8." errorText={faults.retries}>
            <Input
              value={draft.retries}
              placeholder="as deployed"
              inputMode="numeric"
              onChange={({ detail }) => set({ retries: detail.value.trim() })}
            />
          </FormField>
          <FormField
            label="Event age in seconds"
            description="What has not started by then expires, up to 604,800 (7 days)."
            errorText={faults.age}
          >
            <Input
              value={draft.age}
              placeholder="as deployed"
              inputMode="numeric"
              onChange={({ detail }) => set({ age: detail.value.trim() })}
            />
          </FormField>
          <FormField
            label="Destination of success"
            description="An ARN or webhook that the app allows for this function; empty for none. … stands for what is not shown."
          >
            <Input
              value={draft.onSuccess}
              placeholder={config === undefined ? 'as deployed' : 'none'}
              onChange={({ detail }) => set({ onSuccess: detail.value.trim() })}
            />
          </FormField>
          <FormField
            label="Destination of failure"
            description={`Notified of ${statusesIn('failed').join(', ')}. Empty for none.`}
          >
            <Input
              value={draft.onFailure}
              placeholder={config === undefined ? 'as deployed' : 'none'}
              onChange={({ detail }) => set({ onFailure: detail.value.trim() })}
            />
          </FormField>
        </ColumnLayout>
      </SpaceBetween>
    </Form>
  );
}

interface ConcurrencyProps {
  readonly functionName: string;
  readonly concurrency: ConcurrencyConfig;
  readonly onChanged: () => void;
}

function Concurrency({ functionName, concurrency, onChanged }: ConcurrencyProps) {
  const { reservedConcurrency, currentConcurrency } = concurrency;
  const [text, setText] = useState(String(reservedConcurrency ?? ''));
  const { succeeded, failed } = useNotifications();
  const isNumber = /^\d{1,5}$/.test(text);
  const act = async (what: string, call: Promise<unknown>) => {
    try {
      await call;
      succeeded(what);
    } catch (error) {
      failed('The concurrency was not changed', error);
    }
    onChanged();
  };
  const put = (tasksAtOnce: number) =>
    act(
      tasksAtOnce === 0 ? `${functionName} is paused` : `Up to ${tasksAtOnce} tasks run at once`,
      taskApi.concurrency.put(functionName, tasksAtOnce),
    );
  return (
    <Form
      header={
        <Header
          variant="h2"
          description="Instances times tasks in one instance. 0 has tasks wait."
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Button disabled={reservedConcurrency === 0} onClick={() => put(0)}>
                Pause
              </Button>
              <Button
                onClick={() => act('What was deployed holds again', taskApi.concurrency.delete(functionName))}
              >
                Back to what was deployed
              </Button>
            </SpaceBetween>
          }
        >
          Concurrency {reservedConcurrency === 0 && <Badge color="red">paused</Badge>}
        </Header>
      }
      actions={
        <Button
          variant="primary"
          disabled={!isNumber || Number(text) === reservedConcurrency}
          onClick={() => put(Number(text))}
        >
          Save
        </Button>
      }
    >
      <FormField
        label="Tasks at once"
        description={
          currentConcurrency !== undefined && currentConcurrency !== reservedConcurrency
            ? `Lambda still lets ${currentConcurrency} run.`
            : undefined
        }
        errorText={isNumber ? undefined : 'A whole number'}
      >
        <Input value={text} inputMode="numeric" onChange={({ detail }) => setText(detail.value.trim())} />
      </FormField>
    </Form>
  );
}
