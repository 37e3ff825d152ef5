import type { DeployedResource, Host, Resource } from './deployer.ts';
import { physicalName } from './physical-name.ts';

/** Deploys AWS::S3::Bucket; an existing bucket keeps its objects. */
export function deployBucket({ properties, logicalId }: Resource, host: Host): DeployedResource {
  const name =
    properties.optionalString('BucketName') ?? physicalName(host.stackName, logicalId, 63).toLowerCase();
  host.queueEngine.createBucket(name);
  return {
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${host.region}.amazonaws.com`,
    },
  };
}
