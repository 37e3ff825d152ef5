import type { AccessKeys } from '../aws/access-keys.ts';
import type { NonceStore } from '../aws/nonce-store.ts';
import { isPermitted } from '../domain/access-key.ts';
import { TaskModeError } from '../domain/errors.ts';
import { NONCE_MARGIN_SECONDS, SIGNATURE_SKEW_MS } from '../domain/limits.ts';
import { isForAnyKey, type RouteName } from '../domain/operations.ts';
import { quoted } from '../domain/text.ts';

/** The signature of a request, which nobody has believed yet. */
export interface RequestSignature {
  readonly accessKeyId: string;
  readonly signTime: number;
  /** The same for the same signed request only. */
  readonly digest: string;
  /** Whether this secret made the signature, over the hash that the request claims for its body. */
  isMadeWith(secret: string): boolean;
  /** Whether the claimed hash is that of the body. Hashes the whole body. */
  isOfBody(): boolean;
}

export interface SignedRequest {
  readonly routeName: RouteName;
  readonly functionName: string | undefined;
  /** API Gateway's own, which no caller can choose. */
  readonly requestId: string;
  readonly signature: RequestSignature;
}

export interface AuthorizeDependencies {
  readonly accessKeys: Pick<AccessKeys, 'find'>;
  readonly nonces: Pick<NonceStore, 'take'>;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

/** Stands in for the secret of a key that there is not, so that its refusal takes as long as any. */
const NOBODYS_SECRET = 'there is no such access key';

/**
 * Decides who signed a request, and whether they may do what it asks for. Nothing that it answers depends on which
 * functions and tasks there are.
 *
 * The cheapest checks come first: the time, the key, the signature over some headers. The body is hashed for holders of
 * a key only, so that neither strangers nor those who have seen a key's id make the API hash 10 MB. An unknown id and a
 * wrong secret are told apart by their codes, as Alibaba and AWS do, and by nothing else: both cost one HMAC over the
 * headers, whatever the body is.
 * @throws TaskModeError `SignatureNotMatch`, `InvalidAccessKeyID` or `AccessDenied`.
 */
export async function authorizeRequest(
  { accessKeys, nonces, clock, signal }: AuthorizeDependencies,
  { routeName, functionName, requestId, signature }: SignedRequest,
): Promise<{ readonly caller: string }> {
  const { accessKeyId, signTime, digest } = signature;
  const now = clock();
  checkTime(signTime, now);
  const key = await accessKeys.find(accessKeyId, now, signal);
  const isMade = signature.isMadeWith(key?.secret ?? NOBODYS_SECRET);
  if (key === undefined) {
    throw new TaskModeError('InvalidAccessKeyID', `access key id ${quoted(accessKeyId)} is not known here`);
  }
  if (!isMade) {
    throw new TaskModeError(
      'SignatureNotMatch',
      'the signature is not that of this request by this access key: check its secret, and that nothing between changes host, path, query, body or x-acs- headers',
    );
  }
  if (!signature.isOfBody()) {
    throw new TaskModeError(
      'SignatureNotMatch',
      'x-acs-content-sha256 must be the SHA-256 of the body as it was received, in hexadecimal',
    );
  }
  const action = `fc:${routeName}`;
  if (!isForAnyKey(routeName) && !isPermitted(key, { action, functionName })) {
    const on = functionName === undefined ? 'all functions' : `function ${quoted(functionName)}`;
    throw new TaskModeError('AccessDenied', `access key ${quoted(accessKeyId)} may not ${action} on ${on}`);
  }
  // Last, so that only what would be answered leaves a mark.
  const expiresAt = Math.ceil((signTime + SIGNATURE_SKEW_MS) / 1000) + NONCE_MARGIN_SECONDS;
  if (!(await nonces.take({ nonceId: `${accessKeyId}#${digest}`, requestId, expiresAt }))) {
    throw new TaskModeError(
      'SignatureNotMatch',
      'this very request was made before: sign each with an x-acs-signature-nonce of its own',
    );
  }
  return { caller: key.user };
}

function checkTime(signTime: number, now: number): void {
  const lateMs = now - signTime;
  if (Math.abs(lateMs) > SIGNATURE_SKEW_MS) {
    const seconds = Math.round(Math.abs(lateMs) / 1000);
    throw new TaskModeError(
      'SignatureNotMatch',
      `x-acs-date is ${seconds} s ${lateMs > 0 ? 'behind' : 'ahead of'} the clock here: want at most ${SIGNATURE_SKEW_MS / 1000} s, check yours`,
    );
  }
}
