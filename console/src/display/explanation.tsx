import Alert from '@cloudscape-design/components/alert';
import { taskApi } from '../data/task-api.ts';
import { usePolled } from '../data/use-polled.ts';
import { timeText } from './time.ts';

const POLL_MS = 3000;

export interface ExplanationProps {
  readonly functionName: string;
  readonly taskId: string;
}

/** Why a task does not run yet, in the API's own words. */
export function Explanation({ functionName, taskId }: ExplanationProps) {
  const { value } = usePolled(
    `why ${functionName}/${taskId}`,
    (signal) => taskApi.explain(functionName, taskId, { signal }),
    POLL_MS,
  );
  if (value === undefined) return null;
  const { reason, message, until, ahead } = value;
  return (
    <Alert type="info" header={`Why it does not run yet: ${wordsOf(reason)}`}>
      {message.charAt(0).toUpperCase() + message.slice(1)}
      {until !== undefined && ` Until ${timeText(until)}.`}
      {ahead !== undefined && ahead.count > 0 && ` ${ahead.count}${ahead.isAtLeast ? '+' : ''} ahead of it.`}
    </Alert>
  );
}

/** `ConcurrencyFull` as people write it. */
function wordsOf(reason: string): string {
  return reason.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();
}
