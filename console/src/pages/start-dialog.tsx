import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { recentPayloads, rememberPayload } from '../data/recent-payloads.ts';
import { errorText, taskApi } from '../data/task-api.ts';
import { JsonEditor, jsonFault } from '../display/json-editor.tsx';
import { PayloadPicker } from '../display/payload-picker.tsx';
import { useNotifications } from '../shell/notifications.tsx';
import { executionHref, navigate } from '../shell/router.ts';

const NAME = /^[A-Za-z0-9_-]{0,80}$/;

export interface StartDialogProps {
  readonly workflowName: string;
  readonly onClose: () => void;
}

/** Starts an execution, and shows it. */
export function StartDialog({ workflowName, onClose }: StartDialogProps) {
  const memory = `workflow:${workflowName}`;
  const [text, setText] = useState(() => recentPayloads(memory)[0] ?? '{}');
  const [name, setName] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const [isSending, setSending] = useState(false);
  const { succeeded } = useNotifications();
  const fault = jsonFault(text);
  const isNameWrong = !NAME.test(name);
  const start = async () => {
    setSending(true);
    setFailure(undefined);
    try {
      const options = name === '' ? {} : { name };
      const { executionName } = await taskApi.workflows.start(workflowName, JSON.parse(text), options);
      rememberPayload(memory, text);
      onClose();
      navigate(executionHref(workflowName, executionName));
      succeeded(`Execution ${executionName} is started`);
    } catch (error) {
      setFailure(error);
      setSending(false);
    }
  };
  return (
    <Modal
      visible
      size="large"
      header={`Start an execution of ${workflowName}`}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={isSending}
              disabled={fault !== undefined || isNameWrong}
              onClick={start}
            >
              Start
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        {failure !== undefined && (
          <Alert type="error" header="The execution was not started">
            {errorText(failure)}
          </Alert>
        )}
        <FormField
          stretch
          label="Input"
          description="What the first state is given, as JSON."
          errorText={fault}
        >
          <JsonEditor value={text} onChange={setText} label="Input" isInvalid={fault !== undefined} />
        </FormField>
        <PayloadPicker functionName={memory} text={text} onTake={setText} />
        <FormField
          label={
            <span>
              Name <i>- optional</i>
            </span>
          }
          description="Who starts it twice with the same input gets one execution."
          errorText={isNameWrong ? 'Up to 80 letters, digits, _ and -' : undefined}
        >
          <Input
            value={name}
            placeholder="generated"
            onChange={({ detail }) => setName(detail.value.trim())}
            autoComplete={false}
            spellcheck={false}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
