import { isTaskModeError, TaskModeClient } from '../../../client/index.ts';

/** The API is where the page came from: the local runtime, or the command that signs for a deployed stack. */
export const taskApi = new TaskModeClient({ endpoint: location.origin, maxAttempts: 2 });

/** What the console's server says of what it serves. */
export interface Surroundings {
  readonly stackName?: string;
  readonly region?: string;
  readonly isLocal?: boolean;
  readonly functionNames?: readonly string[];
}

export async function readSurroundings(): Promise<Surroundings> {
  const response = await fetch('/console/surroundings.json');
  return response.ok ? ((await response.json()) as Surroundings) : {};
}

/** What went wrong, for whoever has to do something about it. */
export function errorText(error: unknown): string {
  if (isTaskModeError(error)) {
    const request = error.requestId === undefined ? '' : ` (request ${error.requestId})`;
    return `${error.code}: ${error.message}${request}`;
  }
  return error instanceof Error ? error.message : String(error);
}
