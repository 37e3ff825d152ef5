import type { EventSource, EventSourceState } from '../event-sources/event-source.ts';
import { isJsonObject, type JsonObject, shown } from '../json.ts';

/** The path of Lambda's GetEventSourceMapping and UpdateEventSourceMapping. */
const PATH = /^\/2015-03-31\/event-source-mappings\/([^/]+)$/;

/** Bounds of ScalingConfig.MaximumConcurrency (AWS Lambda API). */
const MAXIMUM_CONCURRENCY = { min: 2, max: 1000 };

export interface EventSourceAnswer {
  readonly status: number;
  readonly body: object;
  /** The name of the error, where it is one. */
  readonly errorType?: string;
}

export interface EventSourceCall {
  readonly method: string | undefined;
  readonly path: string;
  readonly body: string;
}

export function isEventSourcePath(path: string): boolean {
  return PATH.test(path);
}

/** Answers GetEventSourceMapping and UpdateEventSourceMapping, of what they can change: enabled, and the maximum concurrency. */
export async function answerEventSource(
  eventSources: ReadonlyMap<string, EventSource>,
  { method, path, body }: EventSourceCall,
): Promise<EventSourceAnswer> {
  const eventSource = eventSources.get(PATH.exec(path)?.[1] ?? '');
  if (eventSource === undefined)
    return refusal(404, 'ResourceNotFoundException', `no event source at ${path}`);
  if (method === 'GET') return { status: 200, body: described(eventSource) };
  if (method !== 'PUT') return invalid(`${method} ${path} is not served here: want GET or PUT`);
  const change = changeOf(body, eventSource);
  if (typeof change === 'string') return invalid(change);
  await eventSource.update(change);
  return { status: 202, body: described(eventSource) };
}

/** What is to change, or why it cannot. */
function changeOf(body: string, { options }: EventSource): Partial<EventSourceState> | string {
  const input = inputOf(body);
  if (input === undefined) return `the body is ${shown(body)}: want a JSON object`;
  const { Enabled, ScalingConfig, ...others } = input;
  const [other] = Object.keys(others);
  if (other !== undefined) return `${other} is not changed here: want Enabled or ScalingConfig`;
  if (Enabled !== undefined && typeof Enabled !== 'boolean') {
    return `Enabled is ${shown(Enabled)}: want true or false`;
  }
  const change = Enabled === undefined ? {} : { isEnabled: Enabled };
  if (ScalingConfig === undefined) return change;
  if (options.isProvisioned) return 'ScalingConfig cannot be set beside ProvisionedPollerConfig';
  const maximum = isJsonObject(ScalingConfig) ? ScalingConfig.MaximumConcurrency : undefined;
  const { min, max } = MAXIMUM_CONCURRENCY;
  if (!Number.isInteger(maximum) || Number(maximum) < min || Number(maximum) > max) {
    return `ScalingConfig.MaximumConcurrency is ${shown(maximum)}: want a whole number from ${min} to ${max}`;
  }
  return { ...change, maximumConcurrency: Number(maximum) };
}

function inputOf(body: string): JsonObject | undefined {
  try {
    const input: unknown = JSON.parse(body);
    return isJsonObject(input) ? input : undefined;
  } catch {
    return undefined;
  }
}

function described({ options, state }: EventSource): object {
  const { id, queueArn, functionArn, batchSize } = options;
  return {
    UUID: id,
    EventSourceArn: queueArn,
    FunctionArn: functionArn,
    BatchSize: batchSize,
    State: state.isEnabled ? 'Enabled' : 'Disabled',
    ...(state.maximumConcurrency !== undefined && {
      ScalingConfig: { MaximumConcurrency: state.maximumConcurrency },
    }),
  };
}

function invalid(message: string): EventSourceAnswer {
  return refusal(400, 'InvalidParameterValueException', message);
}

function refusal(status: number, errorType: string, Message: string): EventSourceAnswer {
  return { status, errorType, body: { Type: 'User', Message } };
}
