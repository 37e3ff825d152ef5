import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { isTaskModeError, type WorkflowSummary } from '../../../client/index.ts';
import { useSurroundings } from './surroundings.tsx';
import { taskApi } from './task-api.ts';
import { usePolled } from './use-polled.ts';

interface Workflows {
  /** Undefined until they were read. */
  readonly workflows: readonly WorkflowSummary[] | undefined;
  readonly error: unknown;
}

const WorkflowsContext = createContext<Workflows | undefined>(undefined);

export function WorkflowsProvider({ children }: { readonly children: ReactNode }) {
  const { hasWorkflows } = useSurroundings();
  const { value, error } = usePolled(
    'workflows',
    (signal) => (hasWorkflows === false ? Promise.resolve([]) : readWorkflows(signal)),
    undefined,
  );
  const workflows = useMemo(() => ({ workflows: value, error }), [value, error]);
  return <WorkflowsContext value={workflows}>{children}</WorkflowsContext>;
}

/** The workflows of what the console shows, read once for all pages. */
export function useWorkflows(): Workflows {
  const workflows = useContext(WorkflowsContext);
  if (!workflows) throw new Error('useWorkflows needs a WorkflowsProvider');
  return workflows;
}

/** An app without workflows has no route to ask. */
async function readWorkflows(signal: AbortSignal): Promise<WorkflowSummary[]> {
  const workflows: WorkflowSummary[] = [];
  try {
    for await (const workflow of taskApi.workflows.list({ signal })) workflows.push(workflow);
  } catch (error) {
    if (!isTaskModeError(error, 'PathNotSupported')) throw error;
  }
  return workflows;
}
