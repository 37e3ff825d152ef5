import { StartupError } from '../../startup-error.ts';
import type { Catcher, Retrier } from './definition.ts';
import { Fields } from './fields.ts';

/** The fields of a state that can fail. */
export const RETRY_AND_CATCH = ['Retry', 'Catch', 'ResultSelector'];

/** What the Amazon States Language takes for an absent field of a retrier. */
const DEFAULTS = { intervalSeconds: 1, maxAttempts: 3, backoffRate: 2 };

/** Reads Retry, Catch and ResultSelector. */
export function errorHandling(fields: Fields) {
  return {
    resultSelector: fields.optionalTemplate('ResultSelector'),
    retriers: entriesOf(fields, 'Retry', [
      'IntervalSeconds',
      'MaxAttempts',
      'BackoffRate',
      'MaxDelaySeconds',
      'JitterStrategy',
    ]).map(readRetrier),
    catchers: entriesOf(fields, 'Catch', ['Next', 'ResultPath']).map(readCatcher),
  };
}

function entriesOf(fields: Fields, name: string, known: readonly string[]): Fields[] {
  const entries = fields.has(name) ? fields.list(name) : [];
  return entries.map((entry, index) => {
    const where = `${fields.of(name)}[${index}]`;
    const read = new Fields(where, entry, ['ErrorEquals', 'Comment', ...known]);
    const isLast = index === entries.length - 1;
    const errorEquals = read.strings('ErrorEquals');
    if (errorEquals.includes('States.ALL') && (errorEquals.length > 1 || !isLast)) {
      throw new StartupError(
        `${where}.ErrorEquals has States.ALL: want it alone, and in the last entry of ${name}`,
      );
    }
    return read;
  });
}

function readRetrier(fields: Fields): Retrier {
  const backoffRate = fields.get('BackoffRate') ?? DEFAULTS.backoffRate;
  const jitter = fields.optionalString('JitterStrategy') ?? 'NONE';
  if (jitter !== 'NONE' && jitter !== 'FULL') {
    fields.refuse('JitterStrategy', '"NONE" or "FULL"');
  }
  return {
    errorEquals: fields.strings('ErrorEquals'),
    intervalSeconds: fields.optionalInteger('IntervalSeconds', 1) ?? DEFAULTS.intervalSeconds,
    maxAttempts: fields.optionalInteger('MaxAttempts', 0) ?? DEFAULTS.maxAttempts,
    backoffRate:
      typeof backoffRate === 'number' && backoffRate >= 1
        ? backoffRate
        : fields.refuse('BackoffRate', 'a number of 1 or more'),
    maxDelaySeconds: fields.optionalInteger('MaxDelaySeconds', 1) ?? Number.POSITIVE_INFINITY,
    hasFullJitter: jitter === 'FULL',
  };
}

function readCatcher(fields: Fields): Catcher {
  return {
    errorEquals: fields.strings('ErrorEquals'),
    next: fields.string('Next'),
    resultPath: fields.resultPath(),
  };
}
