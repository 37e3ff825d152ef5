import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Json } from '../../json.ts';
import type { Scope } from '../definition/definition.ts';
import type { Run } from './run.ts';
import { runState } from './run-state.ts';
import { abortOf, runtimeError } from './workflow-error.ts';

/** After so many states that may all have waited for nothing, everything else in this process gets its turn. */
const STATES_PER_TURN = 100;

/** Runs the states of a scope from its first one to an end; gives the output of the last. */
export async function runScope(scope: Scope, input: Json, run: Run): Promise<Json> {
  let name = scope.startAt;
  let data = input;
  for (let count = 1; ; count += 1) {
    if (count % STATES_PER_TURN === 0) {
      await nextTurn();
    }
    if (run.signal.aborted) {
      throw abortOf(run.signal);
    }
    const state = scope.states.get(name);
    if (state === undefined) {
      throw runtimeError(`There is no state ${name}`);
    }
    const { output, next } = await runState(state, data, run);
    if (next === undefined) {
      return output;
    }
    name = next;
    data = output;
  }
}
