import { createHash } from 'node:crypto';

/** Names a resource after its stack and logical id, the same at every start: what is kept on disk is found again. */
export function physicalName(stackName: string, logicalId: string, maxCharacters: number): string {
  const name = `${stackName}-${logicalId}`;
  if (name.length <= maxCharacters) {
    return name;
  }
  return `${name.slice(0, maxCharacters - 9)}-${stableHash(name).slice(0, 8)}`;
}

/** The same hexadecimal digits for the same text, for ids that AWS would draw at random. */
export function stableHash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
