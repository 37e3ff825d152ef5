import type { Json } from '../../json.ts';
import type { Trail } from './history.ts';
import type { Run } from './run.ts';
import { Aborted, abortOf } from './workflow-error.ts';

/** The branches of a state that runs several lines of states at once, one for each part of it. */
interface Branches<Part> {
  /** How the history names the state: `MapState`. */
  readonly stateName: string;
  readonly concurrency: number;
  readonly start: (part: Part, run: Run, index: number) => Promise<Json>;
  readonly record: (run: Run, what: 'Started' | 'Succeeded' | 'Failed' | 'Aborted', index: number) => void;
}

/**
 * Runs a branch for each part, so many at once, and gives their outputs in order. When one fails, the others are given
 * up and no further one is started; the failure is thrown when all have stopped.
 */
export async function runAll<Part>(
  parts: readonly Part[],
  run: Run,
  branches: Branches<Part>,
): Promise<Json[]> {
  const outputs = new Array<Json>(parts.length).fill(null);
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  const waiting = parts.entries();
  const startedId = run.trail.lastId;
  let failure: unknown;

  const runOne = async (part: Part, index: number): Promise<void> => {
    const trail: Trail = run.trail.fork(startedId);
    const branch: Run = { ...run, trail, signal };
    try {
      branches.record(branch, 'Started', index);
      outputs[index] = await branches.start(part, branch, index);
      branches.record(branch, 'Succeeded', index);
      run.trail.lastId = trail.lastId;
    } catch (error) {
      if (signal.aborted) {
        trail.lastId = error instanceof Aborted ? error.eventId : abortOf(signal).eventId;
        branches.record(branch, 'Aborted', index);
        return;
      }
      failure = error;
      run.trail.lastId = trail.lastId;
      branches.record(branch, 'Failed', index);
      stopping.abort(new Aborted(run.trail.lastId));
    }
  };
  const worker = async (): Promise<void> => {
    for (const [index, part] of waiting) {
      if (signal.aborted) return;
      await runOne(part, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(branches.concurrency, parts.length) }, worker));
  if (run.signal.aborted) {
    throw abortOf(run.signal);
  }
  if (stopping.signal.aborted) {
    run.trail.add(`${branches.stateName}Failed`);
    throw failure;
  }
  return outputs;
}
