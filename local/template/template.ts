import { isJsonObject, type Json, type JsonObject, shown } from '../json.ts';
import { StartupError } from '../startup-error.ts';

/** A CloudFormation template, as far as the local runtime reads it. */
export interface Template {
  readonly resources: Readonly<Record<string, TemplateResource>>;
  readonly parameters: JsonObject;
  readonly mappings: JsonObject;
  readonly conditions: JsonObject;
}

export interface TemplateResource {
  readonly type: string;
  readonly properties: JsonObject;
  readonly metadata: JsonObject;
  readonly condition?: string;
  /** The resource as it stands in the template. */
  readonly source: JsonObject;
}

/** Reads the sections of a parsed template. */
export function readTemplate(source: Json, file: string): Template {
  if (!isJsonObject(source)) {
    throw new StartupError(`${file} is ${shown(source)}: want a CloudFormation template`);
  }
  const resources: Record<string, TemplateResource> = {};
  for (const [logicalId, resource] of Object.entries(section(source, 'Resources'))) {
    if (!isJsonObject(resource) || typeof resource.Type !== 'string') {
      throw new StartupError(
        `${file}: resource ${logicalId} is ${shown(resource)}: want an object with a Type`,
      );
    }
    resources[logicalId] = {
      type: resource.Type,
      properties: section(resource, 'Properties'),
      metadata: section(resource, 'Metadata'),
      ...(typeof resource.Condition === 'string' ? { condition: resource.Condition } : {}),
      source: resource,
    };
  }
  return {
    resources,
    parameters: section(source, 'Parameters'),
    mappings: section(source, 'Mappings'),
    conditions: section(source, 'Conditions'),
  };
}

function section(source: JsonObject, name: string): JsonObject {
  const value = source[name];
  return isJsonObject(value) ? value : {};
}
