import type { AsyncInvokeConfig, AsyncInvokeConfigChange } from '../../../client/index.ts';

/** A configuration as it is being edited: numbers as they are typed, empty as they were deployed. */
export interface ConfigDraft {
  readonly asyncTask: boolean;
  readonly retries: string;
  readonly age: string;
  readonly onSuccess: string;
  readonly onFailure: string;
}

/** Bounds of the API (FC contract section 8). */
const RETRIES_MAX = 8;
const AGE_SECONDS_MAX = 604_800;

/** While nothing was put, what was deployed holds, of which the API tells the task mode. */
export function draftOf(config: AsyncInvokeConfig | undefined, isDeployedOn = true): ConfigDraft {
  return {
    asyncTask: config?.asyncTask ?? isDeployedOn,
    retries: config?.maxAsyncRetryAttempts.toString() ?? '',
    age: config?.maxAsyncEventAgeInSeconds.toString() ?? '',
    onSuccess: config?.destinationConfig?.onSuccess?.destination ?? '',
    onFailure: config?.destinationConfig?.onFailure?.destination ?? '',
  };
}

export function configFaults({ retries, age }: ConfigDraft) {
  return {
    retries: isWithin(retries, 0, RETRIES_MAX) ? undefined : `A whole number from 0 to ${RETRIES_MAX}`,
    age: isWithin(age, 1, AGE_SECONDS_MAX) ? undefined : `A whole number from 1 to ${AGE_SECONDS_MAX}`,
  };
}

function isWithin(text: string, min: number, max: number): boolean {
  return text === '' || (/^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max);
}

/** What of a draft is to be put: only what differs, so that others' changes of the rest stay. */
export function changeOf(draft: ConfigDraft, config: AsyncInvokeConfig | undefined): AsyncInvokeConfigChange {
  const before = draftOf(config);
  const { retries, age, onSuccess, onFailure } = draft;
  const destinations = {
    ...(onSuccess !== before.onSuccess && { onSuccess: { destination: onSuccess } }),
    ...(onFailure !== before.onFailure && { onFailure: { destination: onFailure } }),
  };
  return {
    ...(retries !== '' && retries !== before.retries && { maxAsyncRetryAttempts: Number(retries) }),
    ...(age !== '' && age !== before.age && { maxAsyncEventAgeInSeconds: Number(age) }),
    ...(Object.keys(destinations).length > 0 && { destinationConfig: destinations }),
  };
}
