import { startWorkflows } from '../aws/workflow-engine.ts';
import type { startWorld } from '../tasks/world.ts';
import { KNOWN } from './requests.ts';

/** Deploys a workflow that rests, with an execution; gives the names of all its executions. */
export async function startKnownWorkflow(
  world: Awaited<ReturnType<typeof startWorld>>,
): Promise<() => string[]> {
  const engine = await startWorkflows();
  const { workflowName } = KNOWN;
  const workflow = engine.deploy(workflowName, {
    StartAt: 'Rest',
    States: { Rest: { Type: 'Wait', Seconds: 86_400, End: true } },
  });
  await world.registerWorkflow(workflowName);
  for (const name of KNOWN.executionNames) engine.start(workflow, name);
  return () => engine.executionsOf(workflow);
}
