import { isJsonObject, type Json, shown } from '../../json.ts';
import { StartupError } from '../../startup-error.ts';
import { parseCondition, timestampOf } from '../expressions/choice-rule.ts';
import { parsePath, ROOT } from '../expressions/json-path.ts';
import type {
  ChoiceState,
  FailState,
  MapState,
  ParallelState,
  PassState,
  Scope,
  State,
  SucceedState,
  WaitState,
  WaitTime,
} from './definition.ts';
import { Fields } from './fields.ts';
import { errorHandling, RETRY_AND_CATCH } from './read-error-handling.ts';
import { readTask } from './read-task.ts';

/** What reading a state needs to know of the definition around it. */
export interface StateReading {
  readonly isExpress: boolean;
  readonly readScope: (fields: Fields) => Scope;
}

const COMMON = ['Type', 'Comment', 'QueryLanguage'];
const PATHS = ['InputPath', 'OutputPath'];
const NEXT = ['Next', 'End'];
const PROCESSOR = ['StartAt', 'States', 'Comment', 'QueryLanguage', 'ProcessorConfig'];

type Reader = (name: string, fields: Fields, reading: StateReading) => State;

/** The types of states: the fields that each may have, and who reads them. */
const TYPES: Readonly<Record<State['type'], { readonly fields: readonly string[]; readonly read: Reader }>> =
  {
    Pass: { fields: [...PATHS, ...NEXT, 'Parameters', 'Result', 'ResultPath'], read: readPass },
    Task: {
      fields: [
        ...PATHS,
        ...NEXT,
        ...RETRY_AND_CATCH,
        'Parameters',
        'Resource',
        'ResultPath',
        'TimeoutSeconds',
        'TimeoutSecondsPath',
        'HeartbeatSeconds',
        'HeartbeatSecondsPath',
      ],
      read: (name, fields, { isExpress }) =>
        readTask({ name, ...paths(fields), next: next(fields) }, fields, isExpress),
    },
    Choice: { fields: [...PATHS, 'Choices', 'Default'], read: readChoice },
    Wait: {
      fields: [...PATHS, ...NEXT, 'Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'],
      read: readWait,
    },
    Succeed: { fields: PATHS, read: readSucceed },
    Fail: { fields: ['Error', 'ErrorPath', 'Cause', 'CausePath'], read: readFail },
    Parallel: {
      fields: [...PATHS, ...NEXT, ...RETRY_AND_CATCH, 'Parameters', 'Branches', 'ResultPath'],
      read: readParallel,
    },
    Map: {
      fields: [
        ...PATHS,
        ...NEXT,
        ...RETRY_AND_CATCH,
        'ItemsPath',
        'ItemSelector',
        'Parameters',
        'ItemProcessor',
        'Iterator',
        'MaxConcurrency',
        'MaxConcurrencyPath',
        'ResultPath',
      ],
      read: readMap,
    },
  };

/** Reads one state of a definition. */
export function readState(name: string, source: Json, where: string, reading: StateReading): State {
  const typeName = isJsonObject(source) ? source.Type : undefined;
  const type = Object.entries(TYPES).find(([known]) => known === typeName)?.[1];
  if (type === undefined) {
    throw new StartupError(
      `${where} has the Type ${shown(typeName)}: want one of ${Object.keys(TYPES).join(', ')}`,
    );
  }
  return type.read(name, new Fields(where, source, [...COMMON, ...type.fields]), reading);
}

function readPass(name: string, fields: Fields): PassState {
  return {
    type: 'Pass',
    name,
    ...paths(fields),
    parameters: fields.optionalTemplate('Parameters'),
    result: fields.get('Result'),
    resultPath: fields.resultPath(),
    next: next(fields),
  };
}

function readChoice(name: string, fields: Fields): ChoiceState {
  const choices = fields.list('Choices').map((rule, index) => {
    const where = `${fields.of('Choices')}[${index}]`;
    const { Next: nextName, ...condition } = isJsonObject(rule) ? rule : {};
    if (typeof nextName !== 'string') {
      throw new StartupError(`${where}.Next is ${shown(nextName)}: want a string`);
    }
    return { condition: parseCondition(condition, where), next: nextName };
  });
  return { type: 'Choice', name, ...paths(fields), choices, defaultNext: fields.optionalString('Default') };
}

function readWait(name: string, fields: Fields): WaitState {
  return { type: 'Wait', name, ...paths(fields), until: waitTime(fields), next: next(fields) };
}

function waitTime(fields: Fields): WaitTime {
  const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((name) => fields.has(name));
  const seconds = fields.optionalNumberSource('Seconds', 0);
  if (given.length !== 1) {
    throw new StartupError(
      `${fields.where} has ${given.join(' and ') || 'no time'}: want one of Seconds, SecondsPath, Timestamp, TimestampPath`,
    );
  }
  if (seconds !== undefined) {
    return { kind: 'seconds', seconds };
  }
  if (fields.has('TimestampPath')) {
    const name = 'TimestampPath';
    return { kind: 'timestampPath', path: parsePath(fields.string(name), fields.of(name)) };
  }
  const timestampMs = timestampOf(fields.get('Timestamp'));
  return {
    kind: 'timestamp',
    timestampMs: timestampMs ?? fields.refuse('Timestamp', 'an RFC 3339 timestamp'),
  };
}

function readSucceed(name: string, fields: Fields): SucceedState {
  return { type: 'Succeed', name, ...paths(fields) };
}

function readFail(name: string, fields: Fields): FailState {
  return { type: 'Fail', name, error: fields.optionalText('Error'), cause: fields.optionalText('Cause') };
}

function readParallel(name: string, fields: Fields, { readScope }: StateReading): ParallelState {
  const branches = fields
    .list('Branches')
    .map((branch, index) =>
      readScope(new Fields(`${fields.of('Branches')}[${index}]`, branch, ['StartAt', 'States', 'Comment'])),
    );
  return {
    type: 'Parallel',
    name,
    ...paths(fields),
    ...errorHandling(fields),
    parameters: fields.optionalTemplate('Parameters'),
    branches,
    resultPath: fields.resultPath(),
    next: next(fields),
  };
}

function readMap(name: string, fields: Fields, { readScope }: StateReading): MapState {
  const selector = eitherOf(fields, 'ItemSelector', 'Parameters');
  const processorName = eitherOf(fields, 'ItemProcessor', 'Iterator') ?? 'ItemProcessor';
  const processor = new Fields(fields.of(processorName), fields.get(processorName), PROCESSOR);
  if (processor.has('ProcessorConfig')) {
    const config = new Fields(processor.of('ProcessorConfig'), processor.get('ProcessorConfig'), ['Mode']);
    if ((config.optionalString('Mode') ?? 'INLINE') !== 'INLINE') {
      config.refuse('Mode', '"INLINE": the local runtime runs no distributed map');
    }
  }
  return {
    type: 'Map',
    name,
    ...paths(fields),
    ...errorHandling(fields),
    itemsPath: parsePath(fields.optionalString('ItemsPath') ?? ROOT.text, fields.of('ItemsPath')),
    itemSelector: selector === undefined ? undefined : fields.optionalTemplate(selector),
    itemProcessor: readScope(processor),
    maxConcurrency: fields.optionalNumberSource('MaxConcurrency', 0) ?? { kind: 'number', value: 0 },
    resultPath: fields.resultPath(),
    next: next(fields),
  };
}

/** The name that a field has here: today's or the one it had before. */
function eitherOf(fields: Fields, name: string, formerName: string): string | undefined {
  if (fields.has(name) && fields.has(formerName)) {
    fields.refuse(formerName, `none beside ${name}`);
  }
  return [name, formerName].find((candidate) => fields.has(candidate));
}

function paths(fields: Fields) {
  return { inputPath: fields.path('InputPath'), outputPath: fields.path('OutputPath') };
}

function next(fields: Fields): string | undefined {
  const name = fields.optionalString('Next');
  const isEnd = fields.get('End') === true;
  if (isEnd === (name !== undefined)) {
    throw new StartupError(
      `${fields.where} has ${isEnd ? 'both Next and End' : 'no Next'}: want Next, or End: true`,
    );
  }
  return name;
}
