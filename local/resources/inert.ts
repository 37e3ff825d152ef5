import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** Resource types that change nothing on one machine with one user: permissions, log groups, dashboards, keys. */
const INERT_TYPES = [
  'AWS::IAM::*',
  'AWS::Lambda::Permission',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Events::EventBusPolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::S3::BucketPolicy',
  'AWS::SecretsManager::ResourcePolicy',
  'AWS::Logs::LogGroup',
  'AWS::Logs::ResourcePolicy',
  'AWS::CDK::Metadata',
  'AWS::Chatbot::*',
  'AWS::CloudWatch::AnomalyDetector',
  'AWS::CloudWatch::Dashboard',
  'AWS::CloudWatch::InsightRule',
  'AWS::CloudWatch::MetricStream',
  'AWS::KMS::*',
  'Custom::S3AutoDeleteObjects',
];

/** Tells whether the local runtime knows a type and has nothing to do for it. */
export function isInertType(type: string): boolean {
  return INERT_TYPES.some((inert) =>
    inert.endsWith('*') ? type.startsWith(inert.slice(0, -1)) : type === inert,
  );
}

/** Gives an inert resource a name and an ARN that look like AWS's, for what refers to it. */
export function describeInert({ logicalId, type }: Resource, host: Host): DeployedResource {
  const [, service = '', kind = ''] = type.split('::');
  const name = physicalName(host.stackName, logicalId, 64);
  const resourcePart = kind === 'LogGroup' ? `log-group:${name}` : `${kind.toLowerCase()}/${name}`;
  // IAM is the same in every region, and its ARNs name none.
  const region = service === 'IAM' ? '' : host.region;
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:${service.toLowerCase()}:${region}:${host.accountId}:${resourcePart}`,
      RoleId: name,
      KeyId: name,
    },
  };
}
