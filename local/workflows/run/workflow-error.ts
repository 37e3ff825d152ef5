/** The error that no Retry and no Catch sees. */
const RUNTIME = 'States.Runtime';

export const TIMEOUT = 'States.Timeout';

/** Says that a state failed, by the name that `ErrorEquals` of Retry and Catch compares. */
export class WorkflowError extends Error {
  /** Undefined when a task was failed without a name. */
  readonly error: string | undefined;
  readonly details: string | undefined;
  /** Other names under which it is matched. */
  readonly aliases: readonly string[];

  constructor(error: string | undefined, details?: string, aliases: readonly string[] = []) {
    super(`${error ?? 'failed'}: ${details ?? ''}`);
    this.error = error;
    this.details = details;
    this.aliases = aliases;
  }

  /** Whether one of the names in an `ErrorEquals` means this error. */
  isOneOf(errorEquals: readonly string[]): boolean {
    if (this.error === RUNTIME) {
      return false;
    }
    return errorEquals.some(
      (name) =>
        name === this.error ||
        name === 'States.ALL' ||
        this.aliases.includes(name) ||
        (name === 'States.TaskFailed' && this.error !== TIMEOUT),
    );
  }
}

/** Says that a state cannot be run with the data it got; the state that meets it puts its own name into the cause. */
export class DataError extends WorkflowError {}

export function runtimeError(details: string): DataError {
  return new DataError(RUNTIME, details);
}

/** Says that a state is given up because another one failed, or the execution has ended. No Retry and no Catch sees it. */
export class Aborted extends Error {
  /** The event of the history that led to it. */
  readonly eventId: number;

  constructor(eventId = 0) {
    super('aborted');
    this.eventId = eventId;
  }
}

/** Why a signal is aborted, to be thrown. */
export function abortOf(signal: AbortSignal): Aborted {
  return signal.reason instanceof Aborted ? signal.reason : new Aborted();
}
