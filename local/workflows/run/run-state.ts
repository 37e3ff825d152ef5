import type { Json, JsonObject } from '../../json.ts';
import type { Catcher, FallibleState, Retrier, State } from '../definition/definition.ts';
import { evaluate } from '../expressions/expression.ts';
import type { Data, JsonPath } from '../expressions/json-path.ts';
import { withValueAt } from '../expressions/reference-path.ts';
import { WHOLE } from './history.ts';
import { perform } from './perform.ts';
import { type Run, required, withinLimit } from './run.ts';
import { sleep } from './timer.ts';
import { Aborted, DataError, runtimeError, WorkflowError } from './workflow-error.ts';

export interface Outcome {
  readonly output: Json;
  /** The next state; undefined at the end of the scope. */
  readonly next: string | undefined;
}

/** One stay in a state, with all its attempts. */
interface Visit {
  readonly state: State;
  readonly input: Json;
  readonly run: Run;
  readonly enteredId: number;
  readonly enteredTime: string;
}

/** Runs one state: its work, what Retry and Catch make of a failure, and what goes where in its output. */
export async function runState(state: State, input: Json, run: Run): Promise<Outcome> {
  const { name, type } = state;
  run.trail.add(`${type}StateEntered`, {
    stateEnteredEventDetails: { name, input: JSON.stringify(input), inputDetails: WHOLE },
  });
  const visit: Visit = {
    state,
    input,
    run,
    enteredId: run.trail.lastId,
    enteredTime: new Date().toISOString(),
  };
  try {
    const outcome = await handlingErrors(visit);
    run.trail.add(`${type}StateExited`, {
      stateExitedEventDetails: { name, output: JSON.stringify(outcome.output), outputDetails: WHOLE },
    });
    return outcome;
  } catch (error) {
    if (error instanceof Aborted) {
      run.trail.history.add(`${type}StateAborted`, error.eventId);
    }
    throw error;
  }
}

async function handlingErrors(visit: Visit): Promise<Outcome> {
  const { state, run } = visit;
  const retries = new Map<Retrier, number>();
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      return await runOnce(visit, retryCount);
    } catch (thrown) {
      const error = failureOf(thrown, visit);
      const fallible = 'catchers' in state ? state : undefined;
      const retrier = fallible?.retriers.find(({ errorEquals }) => error.isOneOf(errorEquals));
      const used = (retrier && retries.get(retrier)) ?? 0;
      if (retrier === undefined || used >= retrier.maxAttempts) {
        return caught(visit, error, fallible);
      }
      retries.set(retrier, used + 1);
      await sleep(delayMs(retrier, used), run.signal);
    }
  }
}

async function runOnce({ state, input, run, enteredTime }: Visit, retryCount: number): Promise<Outcome> {
  const context: JsonObject = {
    ...run.environment.context,
    State: {
      EnteredTime: enteredTime,
      Name: state.name,
      ...('catchers' in state ? { RetryCount: retryCount } : {}),
    },
    ...(run.mapItem === undefined ? {} : { Map: { Item: run.mapItem } }),
  };
  if (state.type === 'Fail') {
    const [error, cause] = [state.error, state.cause].map(
      (text) => text && String(evaluate(text, { input, context }, 'ErrorPath or CausePath')),
    );
    throw new WorkflowError(error, cause);
  }
  const data: Data = { input: partOf(state.inputPath, { input, context }), context };
  const { result, next } = await perform(state, data, run);
  const output = 'resultPath' in state ? withResult(state.resultPath, input, result) : result;
  return { output: withinLimit(partOf(state.outputPath, { input: output, context }), state.name), next };
}

/** What InputPath or OutputPath leaves of a value. */
function partOf(path: JsonPath | null, data: Data): Json {
  return path === null ? {} : required(path, data);
}

function withResult(path: JsonPath | null, input: Json, result: Json): Json {
  return path === null ? input : withValueAt(path, input, result);
}

/** Names the state in an error that its data made. Anything but an error of the workflow is a fault of this program. */
function failureOf(thrown: unknown, { state, enteredId }: Visit): WorkflowError {
  if (thrown instanceof Aborted) {
    throw thrown;
  }
  const error = thrown instanceof WorkflowError ? thrown : runtimeError(String(thrown));
  return error instanceof DataError
    ? new WorkflowError(
        error.error,
        `An error occurred while executing the state '${state.name}' (entered at the event id #${enteredId}). ${error.details}`,
      )
    : error;
}

function caught(visit: Visit, error: WorkflowError, state: FallibleState | undefined): Outcome {
  const catcher: Catcher | undefined = state?.catchers.find(({ errorEquals }) => error.isOneOf(errorEquals));
  if (catcher === undefined) {
    throw error;
  }
  const errorOutput = { Error: error.error ?? '', Cause: error.details ?? '' };
  return { output: withResult(catcher.resultPath, visit.input, errorOutput), next: catcher.next };
}

function delayMs(retrier: Retrier, retriesBefore: number): number {
  const { intervalSeconds, backoffRate, maxDelaySeconds, hasFullJitter } = retrier;
  const seconds = Math.min(intervalSeconds * backoffRate ** retriesBefore, maxDelaySeconds);
  return seconds * 1000 * (hasFullJitter ? Math.random() : 1);
}
