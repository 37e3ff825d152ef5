import client from './samples/client.txt?raw';
import fcSdk from './samples/fc-sdk.txt?raw';
import follow from './samples/follow.txt?raw';
import submit from './samples/submit.txt?raw';

export const SAMPLES = { submit, follow, client, fcSdk } as const;

/** Makes a sample one for this function, where it is. */
export function sampleOf(name: keyof typeof SAMPLES, functionName: string): string {
  return SAMPLES[name]
    .trimEnd()
    .replaceAll('ORIGIN', location.origin)
    .replaceAll('HOST', location.host)
    .replaceAll('PROTOCOL', location.protocol.replace(':', ''))
    .replaceAll('FUNCTION', functionName);
}
