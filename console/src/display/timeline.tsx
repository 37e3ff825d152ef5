import type { AsyncTask, TaskStatus } from '../../../client/index.ts';
import { type Segment, segmentsOf, ticksOf } from './segments.ts';
import { exactText, spanText } from './time.ts';

export interface TimelineProps {
  readonly task: AsyncTask;
  readonly now: number;
}

/** A task's life drawn to scale: what it waited, each attempt, each pause between them. */
export function Timeline({ task, now }: TimelineProps) {
  const segments = segmentsOf(task, now);
  const begin = task.events[0]?.timestamp ?? task.startedTime;
  const end = Math.max(task.endTime || now, ...segments.map((segment) => segment.end));
  const spanMs = Math.max(end - begin, 1);
  return (
    <div className="timeline">
      <div className="timeline-axis" aria-hidden="true">
        {ticksOf(spanMs).map((ms) => (
          <span key={ms} style={{ left: percent(ms, spanMs) }}>
            {ms === 0 ? '0' : spanText(ms)}
          </span>
        ))}
      </div>
      <ol className="timeline-rows">
        {segments.map((segment) => (
          <Row key={segment.begin + segment.label} segment={segment} begin={begin} spanMs={spanMs} />
        ))}
      </ol>
    </div>
  );
}

/** How an attempt ended, by the status that came next. */
const OUTCOMES: Partial<Record<TaskStatus, string>> = {
  Running: 'running',
  Succeeded: 'succeeded',
  Failed: 'failed',
  Retrying: 'failed',
  Enqueued: 'handed back',
  Stopping: 'stop asked for',
  Stopped: 'stopped',
};

interface RowProps {
  readonly segment: Segment;
  readonly begin: number;
  readonly spanMs: number;
}

function Row({ segment, begin, spanMs }: RowProps) {
  const { kind, label, next } = segment;
  const lengthMs = segment.end - segment.begin;
  const offset = segment.begin - begin;
  const outcome = kind === 'run' ? OUTCOMES[next ?? 'Running'] : undefined;
  return (
    <li className="timeline-row">
      <span className="timeline-label">
        {label}
        {outcome !== undefined && <small> {outcome}</small>}
      </span>
      <span
        className="timeline-track"
        title={`${label}: ${spanText(lengthMs)} from ${exactText(segment.begin)} to ${exactText(segment.end)}`}
      >
        <span
          className={`timeline-bar timeline-${kind} timeline-to-${next ?? 'now'}`}
          style={{ left: percent(offset, spanMs), width: percent(lengthMs, spanMs) }}
        />
      </span>
      <span className="timeline-length">{spanText(lengthMs)}</span>
    </li>
  );
}

function percent(ms: number, spanMs: number): string {
  return `${((ms / spanMs) * 100).toFixed(3)}%`;
}
