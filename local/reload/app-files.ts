import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Bundler } from './bundler.ts';

/** A word of a command line that is a program of Node. */
const PROGRAM = /\.[cm]?[jt]sx?$/;

/**
 * Finds the files that a CDK app of Node is made of: the program that its command runs and what that imports, but for installed
 * packages. Those of any other app, such as one in Python, are not known here.
 */
export async function appFiles(appDir: string, command: string): Promise<readonly string[]> {
  const programs = command
    .split(/[\s"']+/)
    .filter((word) => PROGRAM.test(word))
    .map((word) => resolve(appDir, word))
    .filter(existsSync);
  const settings = resolve(appDir, 'cdk.json');
  if (programs.length === 0) return [settings];
  const bundler = new Bundler({
    entryPoints: programs,
    absWorkingDir: appDir,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
  });
  const bundled = await bundler.bundle();
  return [settings, ...programs, ...('inputs' in bundled ? bundled.inputs : [])];
}
