import { TaskModeError } from '../domain/errors.ts';
import { quoted } from '../domain/text.ts';

/** The only version of a function that there is here. */
export const LATEST = 'LATEST';

/** @throws TaskModeError `AliasNotFound` for any qualifier but LATEST, which is also the default. */
export function checkQualifier(qualifier: string | undefined, functionName: string): void {
  if (qualifier !== undefined && qualifier !== '' && qualifier !== LATEST) {
    throw new TaskModeError(
      'AliasNotFound',
      `qualifier must be ${LATEST} or absent, got ${quoted(qualifier)}: function '${functionName}' has no such alias`,
    );
  }
}
