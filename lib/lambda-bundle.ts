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

/** Bundles a Lambda function into `outdir` as `index.mjs` and chunks that load when they are needed. */
export function bundleLambda({ entry, userHandler }: LambdaBundleProps, outdir: string): Metafile {
  const options = {
    entryPoints: {
      index: `${LAMBDAS}${entry}${EXTENSION}`,
      // A file of its own: a thread on the worker's own entry would load the user's code a second time.
      ...(userHandler !== undefined && { supervisor: `${LAMBDAS}worker/supervisor.thread${EXTENSION}` }),
    },
    outdir,
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
  return buildSync(options).metafile;
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
          } else bundleLambda(props, outdir);
          return true;
        },
      },
    },
  });
}
