import { existsSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { cachedBundle } from './bundle-cache.ts';

/** Our sources are .ts in the repository and .js in the published package. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const LAMBDAS = fileURLToPath(new URL('../lambdas/', import.meta.url));

export interface LambdaBundleProps {
  /** Our entry in `lambdas/`, without its extension, such as `worker/worker.lambda`. */
  readonly entry: string;
  /** Absolute path of the user's task function, for the worker. */
  readonly userHandler?: string;
}

/** CommonJS packages of the user's code that are bundled as ESM ask for these. */
const COMMON_JS_BANNER = [
  "import { createRequire as __taskModeCreateRequire } from 'node:module';",
  'const require = __taskModeCreateRequire(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join('');

/** What makes a Lambda function's bundle, as esbuild takes it but for where it goes, and the files that went into it. */
export interface BundleSource {
  readonly options: BuildOptions;
  /** Absolute paths, those of installed packages left out. */
  readonly inputs: readonly string[];
}

/** By what is bundled: CDK bundles the same code once in a process. */
const inputsOfUserBundles = new Map<string, readonly string[]>();

/** How a user's code was bundled in this process; undefined for what was not. */
export function userBundleSource(props: LambdaBundleProps): BundleSource | undefined {
  const inputs = inputsOfUserBundles.get(keyOf(props));
  return inputs && { options: { ...bundleOptions(props), absWorkingDir: process.cwd() }, inputs };
}

/** Bundles a Lambda function into `outdir` as `index.mjs` and chunks that load when they are needed. */
export function bundleLambda(props: LambdaBundleProps, outdir: string): Metafile {
  return buildSync({ ...bundleOptions(props), outdir }).metafile;
}

function bundleOptions({ entry, userHandler }: LambdaBundleProps) {
  return {
    entryPoints: {
      index: `${LAMBDAS}${entry}${EXTENSION}`,
      // A file of its own: a thread on the worker's own entry would load the user's code a second time.
      ...(userHandler !== undefined && { supervisor: `${LAMBDAS}worker/supervisor.thread${EXTENSION}` }),
    },
    bundle: true,
    splitting: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Many packages point `main` at CommonJS, which cannot be tree-shaken: 200 kB more of the SDK.
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    logLevel: 'error',
    minifyWhitespace: true,
    minifySyntax: true,
    // In user code the names stay, so that its stack traces can be read.
    minifyIdentifiers: userHandler === undefined,
    alias: {
      '@aws-sdk/credential-provider-node': `${LAMBDAS}aws/environment-credentials${EXTENSION}`,
      ...(userHandler !== undefined && { '@task-mode/user-handler': userHandler }),
    },
    ...(userHandler !== undefined && { banner: { js: COMMON_JS_BANNER } }),
  } satisfies BuildOptions;
}

/** The bundle as the code of a function. Never asks for Docker. */
export function lambdaBundle(props: LambdaBundleProps): Code {
  return Code.fromAsset(LAMBDAS, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // CDK wants an image to fall back to; bundleLambda either succeeds or throws.
      image: DockerImage.fromRegistry('unused'),
      // Never run either: it tells bundles apart in CDK's cache of assets, whose key leaves functions out.
      command: [props.entry, props.userHandler ?? ''],
      local: {
        tryBundle(outdir) {
          // What the user writes is bundled anew each time.
          if (props.userHandler === undefined) {
            cachedBundle(`${LAMBDAS}${props.entry}`, outdir, (folder) => bundleLambda(props, folder));
          } else noteInputs(props, bundleLambda(props, outdir));
          return true;
        },
      },
    },
  });
}

function noteInputs(props: LambdaBundleProps, { inputs }: Metafile): void {
  const files = Object.keys(inputs)
    .map((path) => resolve(path))
    .filter((path) => !path.includes(`${sep}node_modules${sep}`) && existsSync(path));
  inputsOfUserBundles.set(keyOf(props), files);
}

function keyOf({ entry, userHandler }: LambdaBundleProps): string {
  return `${entry} ${userHandler}`;
}
