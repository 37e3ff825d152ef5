import { isJsonObject, type JsonObject } from '../json.ts';
import type { Properties } from './properties.ts';

/** What decides which event a target gets; without these it is the event itself. */
const INPUTS = ['Input', 'InputPath', 'InputTransformer'];

/** The targets of a rule. One that is to get anything but the event is refused. */
export function plainTargets(properties: Properties): JsonObject[] {
  return properties.list('Targets').map((entry) => {
    const target: JsonObject = isJsonObject(entry) ? entry : {};
    return INPUTS.some((input) => target[input] !== undefined)
      ? properties.refuse('Targets', `targets without ${INPUTS.join(', ')}`)
      : target;
  });
}
