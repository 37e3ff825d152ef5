import type { TaskLogLine } from '../../../client/index.ts';
import { exactText } from './time.ts';

/** The lines that have a text in them, whatever its case; all of them for none. */
export function linesWith(lines: readonly TaskLogLine[], text: string): readonly TaskLogLine[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return lines;
  return lines.filter(({ message, level = '' }) => `${level} ${message}`.toLowerCase().includes(wanted));
}

/** Lines as they are pasted elsewhere. */
export function textOfLines(lines: readonly TaskLogLine[]): string {
  return lines
    .map(
      ({ timestamp, level = '', message }) =>
        `${exactText(timestamp)} ${level.padEnd(5)} ${message.trimEnd()}`,
    )
    .join('\n');
}

/** Why there is nothing to see of a log; CloudWatch tells of a line some seconds after it was written. */
export function emptyLogText({
  isComplete,
  isUpToDate,
  hasStarted,
}: {
  readonly isComplete: boolean;
  readonly isUpToDate: boolean;
  readonly hasStarted: boolean;
}): string {
  if (isComplete) return 'It logged nothing, or its lines are no longer kept.';
  if (!isUpToDate) return 'Reading the log …';
  return hasStarted
    ? 'It has logged nothing so far. A line may take some seconds to appear.'
    : 'It has not started, so it has logged nothing.';
}
