import type { Json } from '../../json.ts';
import type { FailState, State, WaitTime } from '../definition/definition.ts';
import { timestampOf } from '../expressions/choice-rule.ts';
import type { Data } from '../expressions/json-path.ts';
import type { PayloadTemplate } from '../expressions/payload-template.ts';
import { numberOf, type Run, required } from './run.ts';
import { runMap, runParallel } from './run-branches.ts';
import { runTask } from './run-task.ts';
import { sleep } from './timer.ts';
import { DataError, runtimeError } from './workflow-error.ts';

export interface Performance {
  readonly result: Json;
  readonly next: string | undefined;
}

/** Does once what a state is there for. The data's input is what InputPath left of the state's input. */
export async function perform(state: Exclude<State, FailState>, data: Data, run: Run): Promise<Performance> {
  switch (state.type) {
    case 'Pass':
      return {
        result: state.result ?? resultOrNull(state.result, filled(state.parameters, data)),
        next: state.next,
      };
    case 'Succeed':
      return { result: data.input, next: undefined };
    case 'Wait':
      await sleep(waitMs(state.until, data), run.signal);
      return { result: data.input, next: state.next };
    case 'Choice': {
      const next = state.choices.find(({ condition }) => condition(data))?.next ?? state.defaultNext;
      if (next === undefined) {
        throw new DataError('States.NoChoiceMatched', 'No choice rule holds, and there is no Default.');
      }
      return { result: data.input, next };
    }
    case 'Task':
      return {
        result: selected(state.resultSelector, await runTask(state, data, run), data),
        next: state.next,
      };
    case 'Parallel': {
      const input = filled(state.parameters, data);
      return {
        result: selected(state.resultSelector, await runParallel(state, input, run), data),
        next: state.next,
      };
    }
    case 'Map':
      return {
        result: selected(state.resultSelector, await runMap(state, data, run), data),
        next: state.next,
      };
  }
}

/** A Result of null is one too. */
function resultOrNull(result: Json | undefined, input: Json): Json {
  return result === null ? null : input;
}

function filled(template: PayloadTemplate | undefined, data: Data): Json {
  return template === undefined ? data.input : template(data);
}

function selected(selector: PayloadTemplate | undefined, result: Json, { context }: Data): Json {
  return selector === undefined ? result : selector({ input: result, context });
}

function waitMs(until: WaitTime, data: Data): number {
  switch (until.kind) {
    case 'seconds':
      return numberOf(until.seconds, data, 0) * 1000;
    case 'timestamp':
      return until.timestampMs - Date.now();
    case 'timestampPath': {
      const value = required(until.path, data);
      const timestampMs = timestampOf(value);
      if (timestampMs === undefined) {
        throw runtimeError(
          `The path '${until.path.text}' gave ${JSON.stringify(value)}: want an RFC 3339 timestamp`,
        );
      }
      return timestampMs - Date.now();
    }
  }
}
