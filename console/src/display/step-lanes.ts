import type { ExecutionStep } from '../../../client/index.ts';

/** Steps that follow one another: of an execution, of an item of a Map, of a branch of a Parallel. */
export interface Lane {
  readonly name: string;
  readonly steps: readonly ExecutionStep[];
}

/** The steps that are in nothing, in their order. */
export function outermostSteps(steps: readonly ExecutionStep[]): readonly ExecutionStep[] {
  return steps.filter(({ parentStepId }) => parentStepId === undefined);
}

/** What a Map or Parallel does at once, each with its own steps, by the number of the item or branch. */
export function lanesWithin(parent: ExecutionStep, steps: readonly ExecutionStep[]): readonly Lane[] {
  const children = steps.filter(({ parentStepId }) => parentStepId === parent.stepId);
  const isMap = parent.stateType === 'Map';
  const numberOf = ({ mapIndex, branchIndex }: ExecutionStep) => (isMap ? mapIndex : branchIndex) ?? 0;
  return [...Map.groupBy(children, numberOf)]
    .sort(([a], [b]) => a - b)
    .map(([number, inLane]) => ({
      name: isMap ? `Item ${number}` : `Branch ${number + 1}`,
      steps: inLane,
    }));
}
