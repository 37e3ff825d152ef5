/** Runs what answers a request, and lets it ask how long each service of AWS has been waited for. */
export type CallTimes = <T>(act: (waited: () => ReadonlyMap<string, number>) => Promise<T>) => Promise<T>;

/**
 * The header Server-Timing (W3C Server Timing): how long the answer took in all, and how much of that went by waiting for
 * each service of AWS, in milliseconds. The rest is our own work.
 */
export function serverTiming(totalMs: number, waited: ReadonlyMap<string, number>): string {
  const services = [...waited].map(([service, ms]) => entry(service, ms));
  return [entry('total', totalMs), ...services].join(', ');
}

/** A name is a token: lower-case letters do without any rule of quoting. */
function entry(name: string, ms: number): string {
  return `${name.toLowerCase().replace(/[^a-z0-9]/g, '')};dur=${ms.toFixed(1)}`;
}
