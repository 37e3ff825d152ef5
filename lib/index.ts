export type { RegisteredFunction } from './function-registry.ts';
export { FunctionRegistry } from './function-registry.ts';
export { PayloadBucket } from './payload-bucket.ts';
export { type OperationName, TaskApi } from './task-api.ts';
export { TaskFollowUp } from './task-follow-up.ts';
export {
  type ExistingFunctionProps,
  TaskFunction,
  type TaskFunctionProps,
  type TaskQueueProps,
} from './task-function.ts';
export { TaskMode, type TaskModeProps } from './task-mode.ts';
export { TaskSweep } from './task-sweep.ts';
export { TaskTable } from './task-table.ts';
