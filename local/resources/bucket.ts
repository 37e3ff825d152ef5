import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';
import type { Properties } from './properties.ts';

/** Deploys AWS::S3::Bucket; an existing bucket keeps its objects. */
export function deployBucket({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const name =
    properties.optionalString('BucketName') ?? physicalName(host.stackName, logicalId, 63).toLowerCase();
  host.queueEngine.createBucket(name);
  if (properties.has('NotificationConfiguration')) {
    checkNotifications(properties);
    const enabled = 'NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled';
    if (properties.boolean(enabled, true)) host.toldBuckets.add(name);
  }
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${host.region}.amazonaws.com`,
    },
  };
}

/** Deploys Custom::S3BucketNotifications, as the CDK has a bucket tell EventBridge: of objects that are created. */
export function deployBucketNotifications({ properties, logicalId }: Resource, host: Host): DeployedResource {
  checkNotifications(properties);
  if (properties.has('NotificationConfiguration.EventBridgeConfiguration')) {
    host.toldBuckets.add(properties.string('BucketName'));
  }
  return { ref: physicalName(host.stackName, logicalId, 64), attributes: {} };
}

/** Whom else a bucket tells is not told here. */
function checkNotifications(properties: Properties): void {
  const [other] = Object.keys(properties.object('NotificationConfiguration')).filter(
    (name) => name !== 'EventBridgeConfiguration',
  );
  if (other !== undefined)
    properties.refuse(`NotificationConfiguration.${other}`, 'none: EventBridge alone is told here');
}
