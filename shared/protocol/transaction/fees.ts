/** @module What a transaction has to pay. */
import type { ChainParams } from '../primitives/chain-params.ts';

/** Least fee of a transaction of `byteLength` bytes, in native units, without the fee of opening accounts. */
export function requiredFee(params: ChainParams, byteLength: number): bigint {
  return params.minFee + params.feePerByte * BigInt(byteLength);
}

/** Positive when `a` pays more per byte than `b`, by cross-multiplication: no rounding, no division. */
export function compareFeeRate(a: FeeRate, b: FeeRate): number {
  const left = a.fee * BigInt(b.byteLength);
  const right = b.fee * BigInt(a.byteLength);
  return left > right ? 1 : left < right ? -1 : 0;
}

/** A fee in native units and the bytes it pays for. */
export interface FeeRate {
  readonly fee: bigint;
  readonly byteLength: number;
}

/** Least fee that replaces a pending transaction paying `fee`: a tenth more, at least one unit. */
export function replacementFee(fee: bigint): bigint {
  const tenth = (fee + 9n) / 10n;
  return fee + (tenth > 1n ? tenth : 1n);
}
