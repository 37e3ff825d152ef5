import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import { PAYLOAD_RETENTION_DAYS, RESULT_RETENTION_DAYS } from '../lambdas/domain/limits.ts';
import { OBJECT_PREFIXES } from '../lambdas/domain/storage-names.ts';
import { acknowledge } from './acknowledge.ts';

export interface PayloadBucketProps {
  readonly removalPolicy: RemovalPolicy;
}

/** Payloads and results that are too large for their rows. */
export class PayloadBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: PayloadBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: props.removalPolicy,
      autoDeleteObjects: props.removalPolicy === RemovalPolicy.DESTROY,
      lifecycleRules: [
        expiring('Payloads', OBJECT_PREFIXES.payload, PAYLOAD_RETENTION_DAYS),
        expiring('Results', OBJECT_PREFIXES.result, RESULT_RETENTION_DAYS),
      ],
    });
    acknowledge(
      this.bucket,
      'S1',
      'no server access log: only our functions reach the objects, and their rows tell who wrote which',
    );
  }

  /** Lets the submit write payloads, and remove its own when the task's id was taken. */
  grantSubmit(grantee: LambdaFunction): void {
    this.#grant(grantee, ['s3:PutObject', 's3:DeleteObject'], `${OBJECT_PREFIXES.payload}*`);
  }

  /** Lets the redrive copy a payload, so that it outlives the new series. */
  grantRedrive(grantee: LambdaFunction): void {
    this.#grant(grantee, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], `${OBJECT_PREFIXES.payload}*`);
  }

  grantRead(grantee: LambdaFunction): void {
    this.#grant(grantee, ['s3:GetObject'], `${OBJECT_PREFIXES.payload}*`);
    this.#grant(grantee, ['s3:GetObject'], `${OBJECT_PREFIXES.result}*`);
  }

  /** Lets the sweep write the large texts of the ends that it keeps. */
  grantKeepEnds(grantee: LambdaFunction): void {
    this.#grant(grantee, ['s3:PutObject'], `${OBJECT_PREFIXES.result}*`);
  }

  /** Lets a worker read the payloads of its own function and write its results. */
  grantRun(grantee: LambdaFunction, functionName: string): void {
    this.#grant(grantee, ['s3:GetObject'], `${OBJECT_PREFIXES.payload}${functionName}/*`);
    this.#grant(grantee, ['s3:PutObject', 's3:DeleteObject'], `${OBJECT_PREFIXES.result}${functionName}/*`);
  }

  #grant(grantee: LambdaFunction, actions: string[], keyPattern: string): void {
    grantee.addEnvironment(ENV.payloadBucketName, this.bucket.bucketName);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions, resources: [this.bucket.arnForObjects(keyPattern)] }),
    );
    const bucketId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    acknowledge(
      grantee.role ?? grantee,
      `IAM5[Resource::<${bucketId}.Arn>/${keyPattern}]`,
      'objects are named after their writers, which nobody knows at deployment; the prefix bounds which they can be',
    );
  }
}

function expiring(id: string, prefix: string, days: number) {
  return {
    id,
    prefix,
    expiration: Duration.days(days),
    abortIncompleteMultipartUploadAfter: Duration.days(1),
  };
}
