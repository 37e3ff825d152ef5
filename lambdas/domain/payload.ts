import { TaskModeError } from './errors.ts';
import { PAYLOAD_MAX_BYTES } from './limits.ts';
import { byteLength } from './text.ts';

/**
 * Checks the payload of a submit and returns it as JSON text. An empty one is `{}`.
 * @throws TaskModeError `EntityTooLarge` above 1 MiB, `InvalidArgument` when it is not JSON.
 */
export function checkedPayload(text: string): string {
  if (byteLength(text) > PAYLOAD_MAX_BYTES) {
    throw new TaskModeError(
      'EntityTooLarge',
      `payload size exceeds maximum allowed size (${PAYLOAD_MAX_BYTES} bytes)`,
    );
  }
  return checkedJson(text);
}

/**
 * Checks a payload of whatever size and returns it as JSON text. An empty one is `{}`.
 * @throws TaskModeError `InvalidArgument` when it is not JSON.
 */
export function checkedJson(text: string): string {
  if (text.trim() === '') return '{}';
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TaskModeError('InvalidArgument', `payload must be JSON: ${reason}`);
  }
  return text;
}
