import type { Json } from '../../json.ts';
import type { MapState, ParallelState } from '../definition/definition.ts';
import type { Data } from '../expressions/json-path.ts';
import { numberOf, type Run, required } from './run.ts';
import { runAll } from './run-all.ts';
import { runScope } from './run-scope.ts';
import { runtimeError } from './workflow-error.ts';

/** Iterations of an inline map that run at once at most (Step Functions developer guide). */
const MAX_CONCURRENCY = 40;

/** Runs all branches of a Parallel state at once; gives their outputs in order. */
export async function runParallel(state: ParallelState, input: Json, run: Run): Promise<Json> {
  run.trail.add('ParallelStateStarted');
  const outputs = await runAll(state.branches, run, {
    stateName: 'ParallelState',
    concurrency: state.branches.length,
    start: (branch, branchRun) => runScope(branch, input, branchRun),
    record: () => undefined,
  });
  run.trail.add('ParallelStateSucceeded');
  return outputs;
}

/** Runs an inline map over its items; gives the outputs of the iterations in the order of the items. */
export async function runMap(state: MapState, data: Data, run: Run): Promise<Json> {
  const items = required(state.itemsPath, data);
  if (!Array.isArray(items)) {
    throw runtimeError(`Reference path '${state.itemsPath.text}' must point to array.`);
  }
  const concurrency = numberOf(state.maxConcurrency, data, 0) || MAX_CONCURRENCY;
  run.trail.add('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
  const outputs = await runAll(items as readonly Json[], run, {
    stateName: 'MapState',
    concurrency: Math.min(concurrency, MAX_CONCURRENCY),
    start: async (value, iteration, index) => {
      const item = { Index: index, Value: value };
      const context = { ...data.context, Map: { Item: item } };
      const input = state.itemSelector?.({ input: data.input, context }) ?? value;
      return runScope(state.itemProcessor, input, { ...iteration, mapItem: item });
    },
    record: (iteration, what, index) =>
      iteration.trail.add(`MapIteration${what}`, {
        [`mapIteration${what}EventDetails`]: { name: state.name, index },
      }),
  });
  run.trail.add('MapStateSucceeded');
  return outputs;
}
