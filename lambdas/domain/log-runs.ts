import { isTerminal } from './lifecycle.ts';
import { EVENTS_KEPT, LOG_LATE_MS } from './limits.ts';
import { type HandBackDetail, handBackDetailOf, type Task, type TaskEventRecord } from './task.ts';

/** One run of a task's code, as its history tells of it: where and when its log lines were written. */
export interface LogRun {
  /** Its log stream. */
  readonly instanceId: string;
  readonly startTime: number;
  /** Undefined while it runs. */
  readonly endTime: number | undefined;
  /** Until when lines about it are written: a little after its end, but not into the next run on its instance. */
  readonly loggedUntil: number | undefined;
  /** Whether its process may have been killed, right after its end was written. */
  readonly isCutOff: boolean;
  /** Which attempt of its series it was; undefined where the history is too long to tell. */
  readonly attempt: number | undefined;
  /** Whether it belongs to the series that runs, or ran last. */
  readonly isOfLastSeries: boolean;
}

/** Lists the runs of a task, the oldest first. */
export function logRunsOf(task: Task): LogRun[] {
  const history = new History();
  for (const [index, event] of task.events.entries()) {
    if (task.droppedEvents !== undefined && index === EVENTS_KEPT.first) history.loseCount();
    history.add(event);
  }
  return history.runs(task.instanceId);
}

/** How the ends of runs tell of themselves that were, or may have been, killed (FAILURES.timedOut, stopDetail). */
const KILLED = /"errorType":"Task\.TimedOut"|"endedBy":"(killed|died)"/;

interface Run extends Omit<LogRun, 'instanceId' | 'loggedUntil' | 'isOfLastSeries'> {
  readonly instanceId: string | undefined;
  readonly series: number;
}

/** Reads events, one after the other. */
class History {
  readonly #runs: Run[] = [];
  #open: Run | undefined;
  #series = 1;
  #attempt: number | undefined = 0;
  #hasEnded = false;

  /** Events are missing here: a run that had begun, and how many attempts there were, is not known. */
  loseCount(): void {
    this.#open = undefined;
    this.#attempt = undefined;
  }

  add({ status, timestamp, eventDetail, instanceId }: TaskEventRecord): void {
    if (this.#hasEnded && status === 'Enqueued') this.#beginSeries();
    this.#hasEnded = isTerminal(status);
    const handBack = handBackDetailOf({ status, timestamp, ...(eventDetail && { eventDetail }) });
    if (handBack) this.#addHandedBack(handBack, timestamp, instanceId);
    else if (status === 'Running') {
      if (this.#attempt !== undefined) this.#attempt += 1;
      const attempt = this.#attempt;
      const series = this.#series;
      this.#open = {
        startTime: timestamp,
        endTime: undefined,
        isCutOff: false,
        attempt,
        series,
        instanceId,
      };
    } else if (status !== 'Stopping' && this.#open) {
      // A run that was handed back was no attempt; one that failed says how.
      const isHandedBack = !this.#hasEnded && eventDetail === undefined;
      const isCutOff = isHandedBack || (eventDetail !== undefined && KILLED.test(eventDetail));
      this.#runs.push({ ...this.#open, endTime: timestamp, isCutOff, instanceId });
      this.#open = undefined;
      if (isHandedBack && this.#attempt !== undefined) this.#attempt -= 1;
    }
  }

  /** Of the runs that were handed back in a row the history has the last. It was no attempt. */
  #addHandedBack({ startTime }: HandBackDetail, endTime: number, instanceId: string | undefined): void {
    if (startTime === undefined) return;
    const attempt = this.#attempt === undefined ? undefined : this.#attempt + 1;
    const run = { startTime, endTime, isCutOff: true, attempt, series: this.#series, instanceId };
    this.#runs.push(run);
  }

  /** The row tells the instance of the last run; of those before it, their ends do. */
  runs(lastInstanceId: string | undefined): LogRun[] {
    const all = this.#open ? [...this.#runs, this.#open] : this.#runs;
    const located = all.flatMap(({ series, ...run }, index) => {
      const instanceId = run.instanceId ?? (index === all.length - 1 ? lastInstanceId : undefined);
      return instanceId === undefined
        ? []
        : [{ ...run, instanceId, isOfLastSeries: series === this.#series }];
    });
    return located.map((run, index) => ({ ...run, loggedUntil: loggedUntil(run, located[index + 1]) }));
  }

  #beginSeries(): void {
    this.#series += 1;
    this.#attempt = 0;
  }
}

function loggedUntil(
  { instanceId, endTime }: Pick<LogRun, 'instanceId' | 'endTime'>,
  next: Pick<LogRun, 'instanceId' | 'startTime'> | undefined,
): number | undefined {
  if (endTime === undefined) return undefined;
  const late = endTime + LOG_LATE_MS;
  return next?.instanceId === instanceId ? Math.min(late, next.startTime - 1) : late;
}
