import { type Acs3Options, acs3, isTaskModeError, TaskModeClient } from '../../../client/index.ts';
import { sessionSigner } from './session.ts';

const OPTIONS = { endpoint: location.origin, maxAttempts: 2 };

/** The API is where the page came from: the local runtime, or the command that signs for a deployed stack. */
export const taskApi = new TaskModeClient({ ...OPTIONS, signer: sessionSigner });

/** Why an access key does not open the API; undefined when it does, even if it may not do everything. */
export async function refusalOf(key: Acs3Options): Promise<string | undefined> {
  const asKey = new TaskModeClient({ ...OPTIONS, signer: acs3(key) });
  try {
    await asKey.functions().next();
    return undefined;
  } catch (error) {
    if (isTaskModeError(error, 'AccessDenied')) return undefined;
    if (isTaskModeError(error, 'InvalidAccessKeyID')) {
      return `There is no access key with the ID ${key.accessKeyId} here.`;
    }
    return errorText(error);
  }
}

/** What went wrong, for whoever has to do something about it. */
export function errorText(error: unknown): string {
  if (isTaskModeError(error)) {
    const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
    return `${error.code}: ${error.message}${request}`;
  }
  return error instanceof Error ? error.message : String(error);
}
