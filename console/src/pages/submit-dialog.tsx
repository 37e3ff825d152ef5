import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useFunction } from '../data/functions.tsx';
import { recentPayloads, rememberPayload } from '../data/recent-payloads.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { JsonEditor, jsonFault } from '../display/json-editor.tsx';
import { PayloadPicker } from '../display/payload-picker.tsx';
import { useNotifications } from '../shell/notifications.tsx';
import { navigate, taskHref } from '../shell/router.ts';

/** The rules of the API (FC contract section 15; the delay is ours). */
const TASK_ID = /^[A-Za-z_][A-Za-z0-9_-]{0,127}$/;
const DELAY_MAX_SECONDS = 604_800;

export interface SubmitDialogProps {
  readonly functionName: string;
  /** What is submitted again; otherwise what was submitted last. */
  readonly payload?: string | undefined;
  readonly onClose: () => void;
}

/** Submits a task, and shows it. */
export function SubmitDialog({ functionName, payload, onClose }: SubmitDialogProps) {
  const [text, setText] = useState(() => pretty(payload ?? recentPayloads(functionName)[0] ?? '{}'));
  const [taskId, setTaskId] = useState('');
  const [delay, setDelay] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const { succeeded } = useNotifications();
  const isRecorded = useFunction(functionName)?.asyncTask ?? true;
  const faults = {
    text: jsonFault(text),
    taskId:
      taskId === '' || TASK_ID.test(taskId)
        ? undefined
        : 'Up to 128 letters, digits, _ and -, not starting with a digit or -',
    delay: isDelay(delay) ? undefined : `Whole seconds from 0 to ${DELAY_MAX_SECONDS} (7 days)`,
  };
  const isWrong = Object.values(faults).some((fault) => fault !== undefined);
  const submit = async () => {
    setSending(true);
    setFailure(undefined);
    try {
      const options = { ...(delay !== '' && { delaySeconds: Number(delay) }) };
      const value: unknown = JSON.parse(text);
      if (isRecorded) {
        const id = taskId === '' ? {} : { taskId };
        const submitted = await taskApi.submit(functionName, value, { ...options, ...id });
        navigate(taskHref(functionName, submitted.taskId));
        succeeded(`Task ${submitted.taskId} is accepted`);
      } else {
        await taskApi.invokeAsync(functionName, value, options);
        succeeded('It is accepted. Task mode is off, so there is no record of it.');
      }
      rememberPayload(functionName, text);
      onClose();
    } catch (error) {
      setFailure(error);
      setSending(false);
    }
  };
  return (
    <Modal
      visible
      size="large"
      header={payload === undefined ? `Submit a task to ${functionName}` : `Submit to ${functionName} again`}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" loading={isSending} disabled={isWrong} onClick={submit}>
              Submit
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        {failure !== undefined && (
          <Alert type="error" header="The task was not accepted">
            {errorText(failure)}
          </Alert>
        )}
        <FormField
          stretch
          label="Payload"
          description="What the function is given, as JSON."
          errorText={faults.text}
          secondaryControl={<Button onClick={() => setText(pretty(text))}>Format</Button>}
        >
          <JsonEditor value={text} onChange={setText} label="Payload" isInvalid={faults.text !== undefined} />
        </FormField>
        <PayloadPicker functionName={functionName} text={text} onTake={(taken) => setText(pretty(taken))} />
        <ColumnLayout columns={2}>
          <FormField
            label={
              <span>
                TaskID <i>- optional</i>
              </span>
            }
            description="Who submits it twice gets one task."
            errorText={faults.taskId}
          >
            <Input
              value={taskId}
              disabled={!isRecorded}
              placeholder={isRecorded ? 'generated' : 'none: task mode is off'}
              onChange={({ detail }) => setTaskId(detail.value.trim())}
              autoComplete={false}
              spellcheck={false}
            />
          </FormField>
          <FormField
            label={
              <span>
                Delay in seconds <i>- optional</i>
              </span>
            }
            description="It does not start before."
            errorText={faults.delay}
          >
            <Input
              value={delay}
              placeholder="0"
              inputMode="numeric"
              onChange={({ detail }) => setDelay(detail.value.trim())}
              autoComplete={false}
            />
          </FormField>
        </ColumnLayout>
      </SpaceBetween>
    </Modal>
  );
}

function isDelay(text: string): boolean {
  return text === '' || (/^\d{1,7}$/.test(text) && Number(text) <= DELAY_MAX_SECONDS);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
