import type { AllowedDestinations } from '../aws/allowed-destinations.ts';
import { destinationNotAllowed, parseDestination } from '../domain/destination.ts';

export interface FindDestinationDependencies {
  readonly allowedDestinations: AllowedDestinations;
  readonly clock: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Checks a destination that was named at run time, and answers it in its one spelling, which is what to keep.
 * @throws TaskModeError `InvalidArgument` when it is none, or none that the deployment allows.
 */
export async function checkedDestination(
  { allowedDestinations, clock, signal }: FindDestinationDependencies,
  field: string,
  text: string,
): Promise<string> {
  const { destination } = parseDestination(field, text);
  const allowed = await allowedDestinations.find(destination, clock(), signal);
  if (!allowed) throw destinationNotAllowed(field, text);
  return destination;
}
