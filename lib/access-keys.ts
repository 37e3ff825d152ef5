import { CfnOutput, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/domain/env.ts';
import { acknowledge } from './acknowledge.ts';

/** `Secret` is no `ISecret` to TypeScript with `exactOptionalPropertyTypes`. */
type AnySecret = ISecret | Secret;

export interface AccessKeysProps {
  /**
   * The secret that holds the keys, as JSON:
   * `{"keys": {"<access key id>": {"secret": "…", "functions": ["*"], "actions": ["fc:*"]}}}`.
   *
   * @default - a new one, which holds none until you put some
   */
  readonly secret?: AnySecret;
}

/** What a new secret holds. A change of this text would have CloudFormation put it over the keys of every deployment. */
const NO_KEYS = '{"keys":{}}';

/** The access keys that callers sign with, and the marks that make each signature good once. */
export class AccessKeys extends Construct {
  readonly secret: AnySecret;
  readonly nonceTable: TableV2;

  constructor(
    scope: Construct,
    id: string,
    { secret, removalPolicy }: AccessKeysProps & { readonly removalPolicy: RemovalPolicy },
  ) {
    super(scope, id);
    this.secret = secret ?? this.#newSecret(removalPolicy);
    this.nonceTable = new TableV2(this, 'Nonces', {
      partitionKey: { name: 'nonceId', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.nonceTable, 'DDB3', 'its rows matter for half an hour: there is nothing to restore');
    new CfnOutput(this, 'SecretArn', {
      value: this.secret.secretArn,
      description: 'Secret of the access keys of the Task Mode API',
    });
  }

  /** Lets a handler of the API check signatures. */
  grantCheck(grantee: LambdaFunction): void {
    grantee.addEnvironment(ENV.accessKeysSecretArn, this.secret.secretArn);
    grantee.addEnvironment(ENV.nonceTableName, this.nonceTable.tableName);
    grantee.addToRolePolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        // Of a secret known by name only, the six characters that its ARN ends in are not known.
        resources: [this.secret.secretFullArn ?? `${this.secret.secretArn}-??????`],
      }),
    );
    grantee.addToRolePolicy(
      new PolicyStatement({ actions: ['dynamodb:PutItem'], resources: [this.nonceTable.tableArn] }),
    );
    const service = `secretsmanager.${Stack.of(this).region}.amazonaws.com`;
    this.secret.encryptionKey?.grantDecrypt(new ViaServicePrincipal(service, grantee.grantPrincipal));
  }

  #newSecret(removalPolicy: RemovalPolicy): Secret {
    const secret = new Secret(this, 'Secret', {
      description: 'Access keys of the Task Mode API',
      secretStringValue: SecretValue.unsafePlainText(NO_KEYS),
      removalPolicy,
    });
    acknowledge(
      secret,
      'SMG4',
      'callers hold these keys: a rotation adds a key, and takes the old one away later',
    );
    return secret;
  }
}
