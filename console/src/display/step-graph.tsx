import type { ExecutionStep } from '../../../client/index.ts';
import { taskHref } from '../shell/router.ts';
import { lanesWithin, outermostSteps } from './step-lanes.ts';
import { spanText } from './time.ts';

export interface StepGraphProps {
  readonly steps: readonly ExecutionStep[];
  readonly now: number;
}

/** The steps of an execution as boxes: one after the other downwards, what a Map or Parallel does at once side by side. */
export function StepGraph({ steps, now }: StepGraphProps) {
  return <Lane steps={outermostSteps(steps)} all={steps} now={now} />;
}

interface LaneProps extends StepGraphProps {
  readonly all: readonly ExecutionStep[];
  readonly name?: string;
}

function Lane({ name, steps, all, now }: LaneProps) {
  return (
    <ol className="lane" aria-label={name}>
      {steps.map((step) => (
        <li key={step.stepId}>
          <Box step={step} all={all} now={now} />
        </li>
      ))}
    </ol>
  );
}

interface BoxProps {
  readonly step: ExecutionStep;
  readonly all: readonly ExecutionStep[];
  readonly now: number;
}

function Box({ step, all, now }: BoxProps) {
  const { stateName, stateType, status, enteredTime, exitedTime, functionName, taskId, attempts } = step;
  const lanes = lanesWithin(step, all);
  return (
    <div className={`step step-${status}`}>
      <div className="step-head">
        <b>{stateName}</b>
        <span className="step-type">{stateType}</span>
      </div>
      <div className="step-facts">
        {status}, {spanText((exitedTime || now) - enteredTime)}
        {attempts > 1 && `, ${attempts} attempts`}
      </div>
      {functionName !== undefined && taskId !== undefined && (
        <a className="step-task" href={taskHref(functionName, taskId)} title={taskId}>
          {functionName}: {taskId}
        </a>
      )}
      {lanes.length > 0 && (
        <div className="lanes">
          {lanes.map(({ name, steps }) => (
            <div key={name}>
              <div className="lane-name">{name}</div>
              <Lane name={name} steps={steps} all={all} now={now} />
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
