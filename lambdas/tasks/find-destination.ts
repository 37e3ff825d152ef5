import type { AllowedDestinations } from '../aws/allowed-destinations.ts';
import { destinationNotAllowed, parseDestination } from '../domain/destination.ts';

export interface FindDestinationDependencies {
  readonly allowedDestinations: AllowedDestinations;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Checks a destination that was named for a function at run time.
 * @returns its one spelling, which is what to store.
 * @throws TaskModeError `InvalidArgument` if it is malformed, or the deployment does not allow it for this function.
 */
export async function checkedDestination(
  { allowedDestinations, clock, signal }: FindDestinationDependencies,
  functionName: string,
  field: string,
  text: string,
): Promise<string> {
  const { destination } = parseDestination(field, text);
  const allowed = await allowedDestinations.find(destination, functionName, clock(), signal);
  if (!allowed) throw destinationNotAllowed(field, functionName, text);
  return destination;
}
