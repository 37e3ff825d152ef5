import type { Json } from '../../json.ts';
import type { Condition } from '../expressions/choice-rule.ts';
import type { Expression } from '../expressions/expression.ts';
import type { JsonPath } from '../expressions/json-path.ts';
import type { PayloadTemplate } from '../expressions/payload-template.ts';

/** States that run one after the other: of a state machine, of a branch of Parallel, of an iteration of Map. */
export interface Scope {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

/** A definition in the Amazon States Language, every expression in it parsed. */
export interface Definition extends Scope {
  readonly timeoutSeconds?: number;
}

/** Where the input of a state comes from and what its output is; null stands for an empty object. */
interface WithPaths {
  readonly name: string;
  readonly inputPath: JsonPath | null;
  readonly outputPath: JsonPath | null;
}

/** Where the result goes in the input: null discards it. */
interface WithResult {
  readonly resultPath: JsonPath | null;
}

interface WithNext {
  /** Undefined where the scope ends. */
  readonly next: string | undefined;
}

interface WithErrorHandling {
  readonly resultSelector: PayloadTemplate | undefined;
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface PassState extends WithPaths, WithResult, WithNext {
  readonly type: 'Pass';
  readonly parameters: PayloadTemplate | undefined;
  readonly result: Json | undefined;
}

export interface TaskState extends WithPaths, WithResult, WithNext, WithErrorHandling {
  readonly type: 'Task';
  readonly resource: TaskResource;
  readonly parameters: PayloadTemplate | undefined;
  readonly timeout: NumberSource | undefined;
  readonly heartbeat: NumberSource | undefined;
}

export interface ChoiceState extends WithPaths {
  readonly type: 'Choice';
  readonly choices: readonly { readonly condition: Condition; readonly next: string }[];
  readonly defaultNext: string | undefined;
}

export interface WaitState extends WithPaths, WithNext {
  readonly type: 'Wait';
  readonly until: WaitTime;
}

export type WaitTime =
  | { readonly kind: 'seconds'; readonly seconds: NumberSource }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  | { readonly kind: 'timestampPath'; readonly path: JsonPath };

export interface SucceedState extends WithPaths {
  readonly type: 'Succeed';
}

export interface FailState {
  readonly type: 'Fail';
  readonly name: string;
  readonly error: Expression | undefined;
  readonly cause: Expression | undefined;
}

export interface ParallelState extends WithPaths, WithResult, WithNext, WithErrorHandling {
  readonly type: 'Parallel';
  readonly parameters: PayloadTemplate | undefined;
  readonly branches: readonly Scope[];
}

export interface MapState extends WithPaths, WithResult, WithNext, WithErrorHandling {
  readonly type: 'Map';
  readonly itemsPath: JsonPath;
  readonly itemSelector: PayloadTemplate | undefined;
  readonly itemProcessor: Scope;
  readonly maxConcurrency: NumberSource;
}

export type State =
  | PassState
  | TaskState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** States whose errors Retry and Catch can handle. */
export type FallibleState = TaskState | ParallelState | MapState;

/** A number in the definition, or a path to one in the input. */
export type NumberSource =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'path'; readonly path: JsonPath };

/** What a Task state calls: a function by its ARN, or a service by an integration that has parameters. */
export type TaskResource =
  | { readonly kind: 'function'; readonly arn: string }
  | {
      readonly kind: 'integration';
      readonly service: 'lambda' | 'sqs';
      /** As the history names it: `invoke.waitForTaskToken`. */
      readonly action: string;
      readonly waitsForToken: boolean;
    };

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly hasFullJitter: boolean;
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: string;
  readonly resultPath: JsonPath | null;
}
