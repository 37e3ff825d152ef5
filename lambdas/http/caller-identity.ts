import { createHash } from 'node:crypto';

/** The ARN of a role in one of its sessions, of which each sign-in and each Lambda instance may have another. */
const ROLE_SESSION = /^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/.+$/;

/** 132 of SHA-256's bits: nobody finds a second tenant of the same name, and a row holds it with all its writes. */
const HASH_CHARACTERS = 22;

/** Names who calls, the same in all sessions of a role: what is counted or shared by caller goes by this. */
export function callerIdentity(caller: string | undefined): string {
  return caller?.replace(ROLE_SESSION, '$1') ?? 'unknown';
}

/**
 * Names for whom a task is done, as a message group id: for its caller, or for the one of the caller's own customers
 * that `customer` names. The same name given by two callers is two tenants.
 */
export function tenantOf(caller: string | undefined, customer: string | undefined): string {
  const name = JSON.stringify([callerIdentity(caller), customer]);
  return createHash('sha256').update(name).digest('base64url').slice(0, HASH_CHARACTERS);
}
