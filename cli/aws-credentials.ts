/** As AWS's SDKs have it: credentials that end within five minutes are asked for anew. */
const EXPIRY_MARGIN_MS = 5 * 60_000;

/** Finds the person's own AWS credentials as all of AWS's tools do. Loaded only where something is to be signed. */
export async function credentialsOf({ profile }: { readonly profile?: string }) {
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const provide = fromNodeProviderChain(profile === undefined ? {} : { profile });
  // They are asked for at each request: those that were given hold for some time.
  let given: ReturnType<typeof provide> | undefined;
  let untilMs = 0;
  return async () => {
    if (given === undefined || Date.now() >= untilMs) {
      given = provide();
      const { expiration } = await given;
      untilMs = expiration === undefined ? Number.POSITIVE_INFINITY : expiration.getTime() - EXPIRY_MARGIN_MS;
    }
    return given;
  };
}
