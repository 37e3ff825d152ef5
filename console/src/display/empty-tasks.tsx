import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { Code } from './code.tsx';
import { sampleOf } from './code-samples.ts';

export interface EmptyTasksProps {
  readonly functionName: string;
  readonly onSubmit: () => void;
}

/** What to do where nothing has been done yet. */
export function EmptyTasks({ functionName, onSubmit }: EmptyTasksProps) {
  return (
    <Box padding="l">
      <SpaceBetween size="m" alignItems="center">
        <Box variant="strong">No tasks yet</Box>
        <Box color="text-body-secondary">Submit the first one here, or from a terminal:</Box>
        <Code text={sampleOf('submit', functionName)} what="curl command" />
        <Button onClick={onSubmit}>Submit task</Button>
      </SpaceBetween>
    </Box>
  );
}
