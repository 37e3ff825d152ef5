import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useEffect, useRef, useState } from 'react';
import type { AsyncTask, TaskLogLine } from '../../../client/index.ts';
import { errorText } from '../data/task-api.ts';
import { type TaskLogs, useTaskLogs } from '../data/task-logs.ts';
import { emptyLogText, linesWith, textOfLines } from './log-lines.ts';
import { clockText, exactText } from './time.ts';

/** So many are drawn: the others can be filtered for, and copied. */
const SHOWN_LINES = 1000;

export interface TaskLogProps {
  readonly functionName: string;
  readonly task: AsyncTask;
}

/** What a task has logged, as it comes. */
export function TaskLog({ functionName, task }: TaskLogProps) {
  const [text, setText] = useState('');
  const [attempt, setAttempt] = useState<number>();
  const [isWrapped, setWrapped] = useState(true);
  const series = task.events.filter(({ status }) => status === 'Enqueued').length;
  const logs = useTaskLogs({ functionName, taskId: task.taskId, attempt, series });
  const lines = linesWith(logs.lines, text);
  const hasStarted = task.events.some(({ status }) => status === 'Running');
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={logs.lines.length === 0 ? undefined : `(${countText(lines, logs, text)})`}
          description={logs.isComplete ? undefined : 'As it comes, some seconds later.'}
          actions={
            <SpaceBetween direction="horizontal" size="s" alignItems="center">
              <Toggle checked={isWrapped} onChange={({ detail }) => setWrapped(detail.checked)}>
                Wrap
              </Toggle>
              <CopyToClipboard
                variant="icon"
                textToCopy={textOfLines(lines)}
                disabled={lines.length === 0}
                copyButtonAriaLabel="Copy the log"
                copySuccessText="Copied"
                copyErrorText="Could not be copied"
              />
            </SpaceBetween>
          }
        >
          Logs
        </Header>
      }
    >
      <SpaceBetween size="s">
        <div className="log-filter">
          <Input
            type="search"
            value={text}
            placeholder="Filter by text or level"
            ariaLabel="Filter the log"
            clearAriaLabel="Clear the filter of the log"
            onChange={({ detail }) => setText(detail.value)}
          />
          <AttemptSelect task={task} attempt={attempt} onChoose={setAttempt} />
        </div>
        {logs.error !== undefined && (
          <Alert type="warning" header="The log could not be read just now">
            {errorText(logs.error)}
          </Alert>
        )}
        {lines.length > 0 ? (
          <Lines lines={lines} isWrapped={isWrapped} />
        ) : (
          <Box color="text-body-secondary">
            {logs.lines.length > 0
              ? 'No line is like that.'
              : logs.error === undefined && emptyLogText({ ...logs, hasStarted })}
          </Box>
        )}
      </SpaceBetween>
    </Container>
  );
}

function countText(lines: readonly TaskLogLine[], { lines: all, leftOut }: TaskLogs, text: string): string {
  const count = text.trim() === '' ? String(all.length) : `${lines.length} of ${all.length}`;
  return leftOut > 0 ? `${count}, without the oldest ${leftOut}` : count;
}

interface AttemptSelectProps {
  readonly task: AsyncTask;
  readonly attempt: number | undefined;
  readonly onChoose: (attempt: number | undefined) => void;
}

function AttemptSelect({ task, attempt, onChoose }: AttemptSelectProps) {
  const attempts = task.alreadyRetriedTimes + 1;
  if (attempts < 2) return null;
  const all = { value: '', label: 'All attempts' };
  const options = [
    all,
    ...Array.from({ length: attempts }, (_, index) => ({
      value: String(index + 1),
      label: `Attempt ${index + 1}`,
    })),
  ];
  return (
    <Select
      ariaLabel="Attempt"
      selectedOption={options.find(({ value }) => value === String(attempt ?? '')) ?? all}
      options={options}
      onChange={({ detail }) => onChoose(Number(detail.selectedOption.value) || undefined)}
    />
  );
}

interface LinesProps {
  readonly lines: readonly TaskLogLine[];
  readonly isWrapped: boolean;
}

/** Whoever reads at the end of them sees the next ones come. */
function Lines({ lines, isWrapped }: LinesProps) {
  const box = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const shown = lines.slice(-SHOWN_LINES);
  const lastShown = lines.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line moves the end
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lastShown]);
  return (
    <section
      ref={box}
      className={`log ${isWrapped ? 'log-wrapped' : ''}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
      tabIndex={0}
      aria-label="Lines of the log"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24;
      }}
    >
      {lines.length > shown.length && (
        <div className="log-more">{lines.length - shown.length} lines before these</div>
      )}
      {shown.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added behind the others
        <div key={lines.length - shown.length + index} className={`log-line log-${line.level ?? 'none'}`}>
          <time dateTime={exactText(line.timestamp)} title={exactText(line.timestamp)}>
            {clockText(line.timestamp)}
          </time>
          <span className="log-level">{line.level}</span>
          <span className="log-message">{line.message}</span>
        </div>
      ))}
    </section>
  );
}
