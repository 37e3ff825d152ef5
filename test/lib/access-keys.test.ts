import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Pass } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, test } from 'vitest';
import { parseAccessKeys } from '../../lambdas/domain/access-key.ts';
import { OPERATION_NAMES } from '../../lambdas/domain/operations.ts';
import { TaskMode } from '../../lib/index.ts';
import { deployed, findingsOf, templateOf } from './synthesized.ts';

const ACCESS_KEYS = { taskMode: { auth: 'accessKeys' } } as const;
const HANDLERS = [...OPERATION_NAMES, 'UnknownRoute'];

describe('a deployment with access keys', () => {
  // With a workflow, so that there are the operations on these as well.
  const { stack, taskMode } = deployed(ACCESS_KEYS);
  taskMode.addWorkflow('example', { definition: new Pass(stack, 'Done') });
  const template = Template.fromStack(stack);

  test('has no authorizer on any route: a refusal has the shape of the contract', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes).toHaveLength(HANDLERS.length);
    expect(routes.map(({ Properties }) => Properties.AuthorizationType)).toEqual(HANDLERS.map(() => 'NONE'));
  });

  test('has a secret without keys, which a later deployment leaves alone', () => {
    const [secret] = Object.values(template.findResources('AWS::SecretsManager::Secret'));
    // CloudFormation writes it when it changes: it never may.
    expect(secret?.Properties.SecretString).toBe('{"keys":{}}');
    expect(parseAccessKeys(secret?.Properties.SecretString).size).toBe(0);
    expect(secret?.DeletionPolicy).toBe('Retain');
  });

  test('has the secret removed where the stack is removed without a trace', () => {
    const { taskMode } = { taskMode: { ...ACCESS_KEYS.taskMode, removalPolicy: RemovalPolicy.DESTROY } };
    const [secret] = Object.values(templateOf({ taskMode }).findResources('AWS::SecretsManager::Secret'));
    expect(secret?.DeletionPolicy).toBe('Delete');
  });

  test('forgets signatures by itself', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'nonceId', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  test.each(HANDLERS)('lets %s check signatures, and no more than that', (name) => {
    const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.startsWith(`TaskModeApi${name}Role`),
    );
    const statements = (policy?.[1].Properties.PolicyDocument.Statement ?? []) as {
      Action: string | string[];
      Resource: unknown;
    }[];
    const ofAccessKeys = statements
      .map(({ Action, Resource }) => [Action, JSON.stringify(Resource)])
      .filter(([, resource]) => String(resource).includes('AccessKeys'));
    expect(ofAccessKeys).toEqual([
      ['secretsmanager:GetSecretValue', expect.stringMatching(/"Ref":"TaskModeApiAccessKeysSecret/)],
      ['dynamodb:PutItem', expect.stringMatching(/"TaskModeApiAccessKeysNonces\w+","Arn"/)],
    ]);
    const [handler] = Object.entries(template.findResources('AWS::Lambda::Function')).filter(([id]) =>
      new RegExp(`^TaskModeApi${name}[0-9A-F]{8}$`).test(id),
    );
    expect(handler?.[1].Properties.Environment.Variables).toMatchObject({
      ACCESS_KEYS_SECRET_ARN: { Ref: expect.stringContaining('AccessKeysSecret') },
      NONCE_TABLE_NAME: { Ref: expect.stringContaining('AccessKeysNonces') },
    });
  });

  test('lets nobody else read the keys', () => {
    const readers = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, policy]) =>
      JSON.stringify(policy).includes('secretsmanager:'),
    );
    expect(readers).toHaveLength(HANDLERS.length);
  });

  test("has no finding of cdk-nag's AwsSolutions pack", () => {
    expect(findingsOf(deployed(ACCESS_KEYS))).toEqual([]);
  });
});

describe('a secret of your own', () => {
  const deployedWith = (make: (stack: Stack) => ISecret | Secret) => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Stack');
    new TaskMode(stack, 'TaskMode', { auth: 'accessKeys', accessKeys: { secret: make(stack) } });
    const template = Template.fromStack(stack);
    const [policy] = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.startsWith('TaskModeApiStopAsyncTaskRole'),
    );
    return {
      secrets: Object.keys(template.findResources('AWS::SecretsManager::Secret')),
      policy: JSON.stringify(policy),
      keyPolicy: JSON.stringify(template.findResources('AWS::KMS::Key')),
    };
  };

  test('takes the place of a new one', () => {
    const { secrets, policy, keyPolicy } = deployedWith(
      (stack) => new Secret(stack, 'Mine', { encryptionKey: new Key(stack, 'Key') }),
    );
    expect(secrets).toEqual([expect.stringMatching(/^Mine/)]);
    expect(policy).toContain(
      `"secretsmanager:GetSecretValue","Effect":"Allow","Resource":{"Ref":"${secrets[0]}"}`,
    );
    expect(keyPolicy).toMatch(/"kms:Decrypt".*"TaskModeApiStopAsyncTaskRole/);
  });

  test('may be known by its name only', () => {
    const { secrets, policy } = deployedWith((stack) => Secret.fromSecretNameV2(stack, 'Mine', 'mine'));
    expect(secrets).toEqual([]);
    expect(policy).toContain(':secret:mine-??????');
  });
});

describe('under IAM', () => {
  const template = templateOf({ taskMode: { auth: 'iam' } });

  test('there are no keys, and every route asks for IAM', () => {
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'AWS_IAM' });
    expect(JSON.stringify(template.toJSON())).not.toContain('ACCESS_KEYS_SECRET_ARN');
    expect(template.toJSON()).toEqual(templateOf().toJSON());
  });
});

test.each([
  [{ auth: 'none' as never }, 'auth of TaskMode must be one of iam, accessKeys, got "none"'],
  [{ auth: null as never }, 'auth of TaskMode must be one of iam, accessKeys, got null'],
  [
    { accessKeys: {} },
    'accessKeys of TaskMode must be absent unless auth is accessKeys, got them with auth iam',
  ],
])('%o is refused at synth', (taskMode, message) => {
  expect(() => deployed({ taskMode })).toThrow(message);
});
