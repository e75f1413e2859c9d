import { type Size, SizeRoundingBehavior } from 'cdk8s';

/** A size in whole MiB, rounded up. */
export function mebibytes(size: Size): number {
  return Math.ceil(size.toMebibytes({ rounding: SizeRoundingBehavior.NONE }));
}
