import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Takes the place of the SDK's credential chain in our bundles. Lambda hands credentials over in the environment;
 * the chain's other links (SSO, profiles, metadata services) are 130 kB that never run there.
 */
export const defaultProvider = () => fromEnv();
