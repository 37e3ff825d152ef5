import { readFile } from 'node:fs/promises';

/** What one execution of a task's code did, as it wrote it down itself. */
export interface JournalLine {
  readonly taskId: string;
  readonly series: number;
  readonly attempt: number;
  readonly pid: number;
  readonly execution: string;
  readonly what: 'start' | 'alive' | 'end';
  readonly time: number;
}

/** Reads the journal, by task. */
export async function readJournal(file: string): Promise<Map<string, JournalLine[]>> {
  const text = await readFile(file, 'utf-8').catch(() => '');
  const lines = text.split('\n').flatMap((line) => parsed(line) ?? []);
  return Map.groupBy(lines, ({ taskId }) => taskId);
}

/** Undefined for what a kill cut off. */
function parsed(line: string): JournalLine | undefined {
  const [taskId = '', series, attempt, pid, execution = '', what, time] = line.split(' ');
  if (what !== 'start' && what !== 'alive' && what !== 'end') return undefined;
  return {
    taskId,
    series: Number(series),
    attempt: Number(attempt),
    pid: Number(pid),
    execution,
    what,
    time: Number(time),
  };
}
