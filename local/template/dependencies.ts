import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { StartupError } from '../startup-error.ts';
import { getAttParts } from './intrinsics.ts';

/** Maps each resource to the resources it needs: through Ref, Fn::GetAtt, Fn::Sub and DependsOn. */
export function dependenciesOf(resources: JsonObject): Map<string, ReadonlySet<string>> {
  const dependencies = new Map<string, ReadonlySet<string>>();
  for (const [logicalId, resource] of Object.entries(resources)) {
    const names = new Set<string>();
    if (isJsonObject(resource)) {
      collect(resource.Properties ?? {}, names, logicalId);
      for (const name of [resource.DependsOn ?? []].flat() as Json[]) {
        names.add(String(name));
      }
    }
    dependencies.set(
      logicalId,
      new Set([...names].filter((name) => name in resources && name !== logicalId)),
    );
  }
  refuseCycles(dependencies);
  return dependencies;
}

function collect(value: Json, names: Set<string>, where: string): void {
  if (Array.isArray(value)) {
    for (const entry of value) {
      collect(entry, names, where);
    }
    return;
  }
  if (!isJsonObject(value)) {
    return;
  }
  for (const [key, entry] of Object.entries(value)) {
    if (key === 'Ref' && typeof entry === 'string') {
      names.add(entry);
    } else if (key === 'Fn::GetAtt') {
      names.add(getAttParts(entry, undefined, where)[0]);
    } else if (key === 'Fn::Sub') {
      const template = Array.isArray(entry) ? entry[0] : entry;
      for (const [, name] of String(template).matchAll(/\$\{([^!}.]+)[^}]*\}/g)) {
        names.add((name ?? '').trim());
      }
      collect(Array.isArray(entry) ? (entry[1] ?? {}) : {}, names, where);
    } else {
      collect(entry, names, where);
    }
  }
}

function refuseCycles(dependencies: ReadonlyMap<string, ReadonlySet<string>>): void {
  const done = new Set<string>();
  const visit = (logicalId: string, path: readonly string[]): void => {
    if (path.includes(logicalId)) {
      const cycle = [...path.slice(path.indexOf(logicalId)), logicalId];
      throw new StartupError(
        `the template's resources depend on each other in a circle: ${cycle.join(' -> ')}`,
      );
    }
    if (done.has(logicalId)) {
      return;
    }
    for (const name of dependencies.get(logicalId) ?? []) {
      visit(name, [...path, logicalId]);
    }
    done.add(logicalId);
  };
  for (const logicalId of dependencies.keys()) {
    visit(logicalId, []);
  }
}
