import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './failure.ts';

export interface RegionOptions {
  readonly region?: string;
  readonly profile?: string;
}

/** Finds the region as AWS's tools do: what was asked for, the environment, the profile. */
export async function regionOf(
  options: RegionOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const profile = options.profile ?? env.AWS_PROFILE ?? 'default';
  const region =
    options.region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? (await regionOfProfile(profile, env));
  if (!region) {
    throw new UsageError(`no AWS region: want --region, AWS_REGION, or a region of the profile "${profile}"`);
  }
  return region;
}

async function regionOfProfile(profile: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const file = env.AWS_CONFIG_FILE ?? join(homedir(), '.aws', 'config');
  const text = await readFile(file, 'utf8').catch(() => '');
  let isInProfile = false;
  for (const line of text.split('\n')) {
    const section = /^\s*\[\s*(?:profile\s+)?(.+?)\s*\]/.exec(line)?.[1];
    if (section !== undefined) isInProfile = section === profile;
    const region = /^\s*region\s*=\s*([a-z0-9-]+)/.exec(line)?.[1];
    if (isInProfile && region !== undefined) return region;
  }
  return undefined;
}
