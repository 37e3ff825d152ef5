import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { IamPolicy, type IamRequest } from './iam-policy.ts';

const policyOf = (...statements: readonly object[]) => {
  const stack = new Stack(new App(), 'Stack');
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  for (const statement of statements) role.addToPolicy(PolicyStatement.fromJson(statement));
  return new IamPolicy(Template.fromStack(stack), 'Role');
};

const update = (keys: string[], attributes: string[]): IamRequest => ({
  action: 'dynamodb:UpdateItem',
  resource: 'table',
  context: { 'dynamodb:LeadingKeys': keys, 'dynamodb:Attributes': attributes },
});

const OWN = {
  Effect: 'Allow',
  Action: 'dynamodb:UpdateItem',
  Resource: 'table',
  Condition: {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['a#*'] },
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'x'] },
  },
};

test('a request is denied unless a statement allows its action, resource and conditions', () => {
  const policy = policyOf(OWN);
  expect(policy.allows(update(['a#1'], ['pk', 'x']))).toBe(true);
  expect(policy.allows(update(['b#1'], ['pk', 'x']))).toBe(false);
  expect(policy.allows(update(['a#1', 'b#1'], ['pk']))).toBe(false);
  expect(policy.allows(update(['a#1'], ['pk', 'y']))).toBe(false);
  expect(policy.allows({ ...update(['a#1'], []), resource: 'other' })).toBe(false);
  expect(policy.allows({ ...update(['a#1'], []), action: 'dynamodb:PutItem' })).toBe(false);
});

test('an explicit denial wins over a statement that allows', () => {
  const policy = policyOf(OWN, { ...OWN, Effect: 'Deny', Condition: undefined });
  expect(policy.allows(update(['a#1'], ['pk']))).toBe(false);
});

test('an operator that the evaluator does not know is an error, and no permission', () => {
  const policy = policyOf({ ...OWN, Condition: { StringNotLike: { 'dynamodb:LeadingKeys': ['a#*'] } } });
  expect(() => policy.allows(update(['a#1'], []))).toThrow('the operator StringNotLike is not known here');
});
