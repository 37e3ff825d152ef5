import Alert from '@cloudscape-design/components/alert';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import type { AsyncTask } from '../../../client/index.ts';
import { errorParts } from './error-text.ts';

/** How a task's last attempt failed: in a line, with its stack trace for who asks for it. */
export function TaskFailure({ task }: { readonly task: AsyncTask }) {
  if (task.taskErrorMessage === undefined) return null;
  const { message, stack } = errorParts(task.taskErrorMessage);
  return (
    <Alert type="error" header={task.status === 'Retrying' ? 'The last attempt failed' : 'It failed'}>
      <pre className="error-text">{message}</pre>
      {stack !== undefined && (
        <ExpandableSection headerText="Stack trace">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
          <pre className="error-text stack-trace" tabIndex={0}>
            {stack}
          </pre>
        </ExpandableSection>
      )}
    </Alert>
  );
}
