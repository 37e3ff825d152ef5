import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useSampleTarget } from '../data/surroundings.tsx';
import { Code } from './code.tsx';
import { submitSample } from './code-samples.ts';

export interface EmptyTasksProps {
  readonly functionName: string;
  readonly onSubmit: () => void;
}

/** What to do where nothing has been done yet. */
export function EmptyTasks({ functionName, onSubmit }: EmptyTasksProps) {
  const { text, what } = submitSample(functionName, useSampleTarget());
  return (
    <Box padding="l">
      <SpaceBetween size="m" alignItems="center">
        <Box variant="strong">No tasks yet</Box>
        <Box color="text-body-secondary">Submit the first one here, or from a terminal:</Box>
        <Code text={text} what={what} />
        <Button onClick={onSubmit}>Submit task</Button>
      </SpaceBetween>
    </Box>
  );
}
