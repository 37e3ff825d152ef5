import { describe, expect, test } from 'vitest';
import { callerIdentity, tenantOf } from '../../lambdas/http/caller-identity.ts';

const ALICE = 'arn:aws:iam::123456789012:user/team/alice';
const DEPLOYER = 'arn:aws:sts::123456789012:assumed-role/Deployer';

describe('the identity of a caller', () => {
  test.each([
    ['of a role is the same in all its sessions', `${DEPLOYER}/build-1`, DEPLOYER],
    [
      'of a role in another partition, too',
      'arn:aws-cn:sts::1:assumed-role/R/s',
      'arn:aws-cn:sts::1:assumed-role/R',
    ],
    ['of a user is its ARN', ALICE, ALICE],
    [
      'of a federated user is its own, and not that of all of the account',
      'arn:aws:sts::123456789012:federated-user/bob',
      'arn:aws:sts::123456789012:federated-user/bob',
    ],
    ['of an access key is its id', 'LTAI5t', 'LTAI5t'],
    ['of nobody is one for all of them', undefined, 'unknown'],
  ])('%s', (_, caller, identity) => {
    expect(callerIdentity(caller)).toBe(identity);
  });
});

describe('a tenant', () => {
  test('is a message group id that SQS takes, however long the names are', () => {
    // A role's name has up to 64 characters, a session's too.
    const longest = `arn:aws:sts::123456789012:assumed-role/${'r'.repeat(64)}/${'s'.repeat(64)}`;
    expect(tenantOf(longest, 'x'.repeat(128))).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  test('is the same in all sessions of a role', () => {
    expect(tenantOf(`${DEPLOYER}/build-1`, undefined)).toBe(tenantOf(`${DEPLOYER}/build-2`, undefined));
  });

  test('is another for each caller, each of its customers, and each caller that has a customer of that name', () => {
    const tenants = [
      tenantOf(ALICE, undefined),
      tenantOf(DEPLOYER, undefined),
      tenantOf(ALICE, 'a'),
      tenantOf(ALICE, 'b'),
      tenantOf(DEPLOYER, 'a'),
      tenantOf(undefined, undefined),
    ];
    expect(new Set(tenants).size).toBe(tenants.length);
  });
});
