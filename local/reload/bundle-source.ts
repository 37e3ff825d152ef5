import type { BuildOptions } from 'esbuild';
import { isJsonObject, type JsonObject } from '../json.ts';

/** The metadata by which a function's resource tells how its code was bundled; only where the runtime asked for it. */
const BUNDLE_METADATA = 'task-mode:bundle';

/** What makes a function's code, and the files that went into it, as absolute paths. */
export interface BundleSource {
  readonly options: BuildOptions;
  readonly inputs: readonly string[];
}

/** Reads how a function's code was bundled; undefined for code that was not, or by somebody else. */
export function bundleSourceOf(metadata: JsonObject): BundleSource | undefined {
  const source = metadata[BUNDLE_METADATA];
  if (!isJsonObject(source) || !isJsonObject(source.options) || !Array.isArray(source.inputs))
    return undefined;
  // The construct library wrote them, in the very version that this is.
  return { options: source.options as BuildOptions, inputs: source.inputs.map(String) };
}
