import { deployAlarm, deployCompositeAlarm } from './alarm.ts';
import { deployBucket, deployBucketNotifications } from './bucket.ts';
import { deployCustomAws } from './custom-aws.ts';
import type { Deployer } from './deployer.ts';
import { deployEventBus, deployRule } from './event-bus.ts';
import { deployEventSourceMapping } from './event-source-mapping.ts';
import { deployHttpApi, deployIntegration, deployRoute, deployStage } from './http-api.ts';
import { deployFunction } from './lambda-function.ts';
import { deployQueue } from './queue.ts';
import { deploySchedulerSchedule } from './schedule.ts';
import { deploySecret } from './secret.ts';
import { deployStateMachine } from './state-machine.ts';
import { deployTable } from './table.ts';
import { deploySubscription, deployTopic } from './topic.ts';

/** Who deploys which type: a new type is a new file and a line here. */
export const DEPLOYERS: Readonly<Record<string, Deployer>> = {
  'AWS::ApiGatewayV2::Api': deployHttpApi,
  'AWS::ApiGatewayV2::Integration': deployIntegration,
  'AWS::ApiGatewayV2::Route': deployRoute,
  'AWS::ApiGatewayV2::Stage': deployStage,
  'AWS::CloudWatch::Alarm': deployAlarm,
  'AWS::CloudWatch::CompositeAlarm': deployCompositeAlarm,
  'AWS::DynamoDB::GlobalTable': deployTable,
  'AWS::DynamoDB::Table': deployTable,
  'AWS::Events::EventBus': deployEventBus,
  'AWS::Events::Rule': deployRule,
  'AWS::Lambda::EventSourceMapping': deployEventSourceMapping,
  'AWS::Lambda::Function': deployFunction,
  'AWS::S3::Bucket': deployBucket,
  'AWS::Scheduler::Schedule': deploySchedulerSchedule,
  'AWS::SecretsManager::Secret': deploySecret,
  'AWS::SNS::Subscription': deploySubscription,
  'AWS::SNS::Topic': deployTopic,
  'AWS::SQS::Queue': deployQueue,
  'AWS::StepFunctions::StateMachine': deployStateMachine,
  'Custom::AWS': deployCustomAws,
  'Custom::S3BucketNotifications': deployBucketNotifications,
};
