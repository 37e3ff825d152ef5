import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import { readTemplate, type Template } from '../template/template.ts';

/** The one stack of a cloud assembly, with where its file assets lie on this disk. */
export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** Folder or file of an asset, by the object key that `Code.S3Key` gives. */
  readonly assetPaths: ReadonlyMap<string, string>;
}

/** Reads a cloud assembly (`cdk.out`): manifest, template and asset manifests. */
export async function readAssembly(assemblyDir: string): Promise<Stack> {
  const manifest = await readJsonObject(join(assemblyDir, 'manifest.json'));
  const artifacts = Object.entries(objectOf(manifest.artifacts)).map(
    ([id, artifact]) => [id, objectOf(artifact)] as const,
  );
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const nested = artifacts.filter(([, artifact]) => artifact.type === 'cdk:cloud-assembly');
  const [stack] = stacks;
  if (stack === undefined || stacks.length > 1 || nested.length > 0) {
    const names = [...stacks, ...nested].map(([id]) => id);
    throw new StartupError(
      `the CDK app has ${names.length} stacks or stages (${names.join(', ')}): the local runtime runs an app of exactly one stack`,
    );
  }
  const [id, artifact] = stack;
  const templateFile = join(assemblyDir, fileProperty(artifact, 'templateFile', `stack ${id}`));
  const assetManifests = artifacts
    .filter(([, other]) => other.type === 'cdk:asset-manifest')
    .map(([assetId, other]) => join(assemblyDir, fileProperty(other, 'file', `assets ${assetId}`)));
  const stackName = objectOf(artifact.properties).stackName;
  return {
    name: typeof stackName === 'string' ? stackName : id,
    template: readTemplate(await readJsonObject(templateFile), templateFile),
    assetPaths: await readAssetPaths(assemblyDir, assetManifests),
  };
}

async function readAssetPaths(
  assemblyDir: string,
  manifestFiles: readonly string[],
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const manifestFile of manifestFiles) {
    const manifest = await readJsonObject(manifestFile);
    for (const file of Object.values(objectOf(manifest.files))) {
      const { source, destinations } = objectOf(file);
      const path = objectOf(source).path;
      for (const destination of Object.values(objectOf(destinations))) {
        const { objectKey } = objectOf(destination);
        if (typeof path === 'string' && typeof objectKey === 'string') {
          paths.set(objectKey, join(assemblyDir, path));
        }
      }
    }
  }
  return paths;
}

function fileProperty(artifact: JsonObject, name: string, what: string): string {
  const file = objectOf(artifact.properties)[name];
  if (typeof file !== 'string') {
    throw new StartupError(`${what} in the cloud assembly has ${name} ${shown(file)}: want a file name`);
  }
  return file;
}

async function readJsonObject(file: string): Promise<JsonObject> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new StartupError(`cannot read ${file} of the cloud assembly: ${(error as Error).message}`);
  }
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) {
    throw new StartupError(`${file} is ${shown(value)}: want a JSON object`);
  }
  return value;
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
