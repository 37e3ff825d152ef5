export type { FunctionAlarmName, Severity } from '../lambdas/domain/alarm-name.ts';
export { AccessKeys, type AccessKeysProps } from './access-keys.ts';
export {
  AlarmChannels,
  type AlarmChannelsProps,
  type AlarmSlackChannel,
  type AlarmWebhook,
} from './alarm-channels.ts';
export type { SharedAlarmName, TriggerAlarmName } from './alarm-definitions.ts';
export type {
  AlarmSettings,
  FunctionAlarmSettings,
  SharedAlarmSettings,
  TriggerAlarmSettings,
} from './alarm-settings.ts';
export type { RegisteredFunction } from './function-registry.ts';
export { FunctionRegistry } from './function-registry.ts';
export { PayloadBucket } from './payload-bucket.ts';
export { SubmitLimit, type SubmitRateProps } from './submit-limit.ts';
export { type DeployedAlarm, type DeployedAlarms, TaskAlarms, type TaskAlarmsProps } from './task-alarms.ts';
export {
  type AuthMode,
  type OperationName,
  type RequestRateProps,
  TaskApi,
  type TaskApiProps,
} from './task-api.ts';
export { TaskDashboard } from './task-dashboard.ts';
export { TaskDestination, type WebhookProps, type WebhookSecret } from './task-destination.ts';
export { TaskFollowUp } from './task-follow-up.ts';
export { TaskFunction } from './task-function.ts';
export type { ExistingFunctionProps, TaskFunctionProps, TaskQueueProps } from './task-function-props.ts';
export { TaskInvoke, type TaskInvokeProps } from './task-invoke.ts';
export { type AllowDestinationOptions, TaskMode, type TaskModeProps } from './task-mode.ts';
export { TaskSweep } from './task-sweep.ts';
export { TaskTable } from './task-table.ts';
export {
  type EventTriggerProps,
  type ScheduleTriggerProps,
  TaskTrigger,
  type TaskTriggerProps,
  type TriggerProps,
} from './task-trigger.ts';
export { TaskTriggers } from './task-triggers.ts';
export { TaskWorkflow, type TaskWorkflowProps } from './task-workflow.ts';
export { TaskWorkflows } from './task-workflows.ts';
export { WorkflowStopper } from './workflow-stopper.ts';
