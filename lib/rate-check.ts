import { Token } from 'aws-cdk-lib';

/**
 * Checks a number of a rate that is set on TaskMode.
 * @throws Error at synth, naming property, value and what is wanted.
 */
export function checkedRate(
  property: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (Token.isUnresolved(value) || (Number.isInteger(value) && value >= min && value <= max)) return value;
  throw new Error(`${property} of TaskMode must be a whole number from ${min} to ${max}, got ${value}`);
}
