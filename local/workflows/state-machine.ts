import type { Definition } from './definition/definition.ts';

/** A state machine as it was deployed here. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly isExpress: boolean;
  readonly definition: Definition;
  /** The definition as DescribeStateMachine tells it. */
  readonly definitionText: string;
  readonly createdMs: number;
}
