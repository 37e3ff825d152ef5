import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import { SUBMIT_BURST_RANGE, SUBMIT_RATE_RANGE } from '../lambdas/domain/limits.ts';
import { acknowledge } from './acknowledge.ts';
import { checkedRate } from './rate-check.ts';

/** How fast each caller may submit. */
export interface SubmitRateProps {
  /** How many submits a second: 1 to 10,000. */
  readonly perSecond: number;

  /**
   * How many at once, after a while without any: 1 to 10,000.
   *
   * @default - as many as a second has
   */
  readonly burst?: number;
}

/** Holds each caller to a rate of submits: the table where those of all instances of the API are counted. */
export class SubmitLimit extends Construct {
  readonly table: TableV2;
  readonly #perSecond: number;
  readonly #burst: number;

  /** @throws Error at synth, naming property, value and what is wanted. */
  constructor(scope: Construct, id: string, { perSecond, burst }: SubmitRateProps) {
    super(scope, id);
    this.#perSecond = checkedRate('submitRate.perSecond', perSecond, SUBMIT_RATE_RANGE);
    this.#burst = checkedRate('submitRate.burst', burst ?? perSecond, SUBMIT_BURST_RANGE);
    this.table = new TableV2(this, 'Counts', {
      // Both names are those of rate-limiter-flexible.
      partitionKey: { name: 'key', type: AttributeType.STRING },
      timeToLiveAttribute: 'expire',
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.table, 'DDB3', 'its rows matter for five minutes: there is nothing to restore');
  }

  /** Has a handler hold its callers to the rate. */
  grantLimit(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.submitRate, String(this.#perSecond));
    grantee.addEnvironment(ENV.submitBurst, String(this.#burst));
    grantee.addEnvironment(ENV.submitCountTableName, this.table.tableName);
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:UpdateItem'], resources: [this.table.tableArn] }),
    );
  }
}
