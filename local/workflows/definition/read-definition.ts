import { isJsonObject, type Json, type JsonObject, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import type { Definition, Scope, State } from './definition.ts';
import { Fields } from './fields.ts';
import { readState, type StateReading } from './read-state.ts';

/** Step Functions' limit for the name of a state. */
const MAX_NAME_CHARACTERS = 80;

/**
 * Reads a definition in the Amazon States Language with JSONPath. What Step Functions would refuse, and what the local
 * runtime does not run, is a StartupError that names the state and the field.
 */
export function readDefinition(source: Json, where: string, options: { isExpress: boolean }): Definition {
  const names = new Set<string>();
  const reading: StateReading = {
    isExpress: options.isExpress,
    readScope: (fields) => readScope(fields, reading, names),
  };
  refuseJsonata(isJsonObject(source) ? source : {}, where);
  const fields = new Fields(where, source, [
    'Comment',
    'QueryLanguage',
    'StartAt',
    'States',
    'TimeoutSeconds',
    'Version',
  ]);
  if ((fields.optionalString('Version') ?? '1.0') !== '1.0') {
    fields.refuse('Version', '"1.0"');
  }
  const timeoutSeconds = fields.optionalInteger('TimeoutSeconds', 1);
  return {
    ...readScope(fields, reading, names),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
  };
}

/** `names` collects the states of all scopes: no two may have the same name. */
function readScope(fields: Fields, reading: StateReading, names: Set<string>): Scope {
  const sources = fields.object('States');
  const states = new Map<string, State>();
  for (const [name, source] of Object.entries(sources)) {
    const where = `${fields.where}: state ${JSON.stringify(name)}`;
    if (name.length > MAX_NAME_CHARACTERS) {
      throw new StartupError(
        `${where} has a name of ${name.length} characters: want at most ${MAX_NAME_CHARACTERS}`,
      );
    }
    if (names.has(name)) {
      throw new StartupError(`${where} is there twice: want a name of its own for each state`);
    }
    names.add(name);
    refuseJsonata(isJsonObject(source) ? source : {}, where);
    states.set(name, readState(name, source, where, reading));
  }
  const scope: Scope = { startAt: fields.string('StartAt'), states };
  refuseWrongTransitions(scope, fields.where);
  return scope;
}

function refuseJsonata({ QueryLanguage: language = 'JSONPath' }: JsonObject, where: string): void {
  if (language !== 'JSONPath') {
    throw new StartupError(
      `${where} has the QueryLanguage ${shown(language)}: the local runtime runs JSONPath only`,
    );
  }
}

function refuseWrongTransitions({ startAt, states }: Scope, where: string): void {
  const reached = new Set<string>();
  const visit = (name: string, from: string): void => {
    const state = states.get(name);
    if (state === undefined) {
      throw new StartupError(
        `${from} is ${JSON.stringify(name)}: want one of the states ${[...states.keys()].join(', ')}`,
      );
    }
    if (!reached.has(name)) {
      reached.add(name);
      for (const next of nextOf(state)) {
        visit(next, `${where}: the next of state ${JSON.stringify(name)}`);
      }
    }
  };
  visit(startAt, `${where}.StartAt`);
  const stray = [...states.keys()].find((name) => !reached.has(name));
  if (stray !== undefined) {
    throw new StartupError(
      `${where}: state ${JSON.stringify(stray)} cannot be reached from ${JSON.stringify(startAt)}`,
    );
  }
}

function nextOf(state: State): string[] {
  const next: (string | undefined)[] = [];
  if (state.type === 'Choice') {
    next.push(...state.choices.map((choice) => choice.next), state.defaultNext);
  }
  if ('next' in state) {
    next.push(state.next);
  }
  if ('catchers' in state) {
    next.push(...state.catchers.map((catcher) => catcher.next));
  }
  return next.filter((name) => name !== undefined);
}
