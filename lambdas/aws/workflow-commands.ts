/** What is used of the Step Functions client, so that the rest of it is not bundled with what loads it when needed. */
export {
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
