/** @module One bit per validator, most significant bit first, as in certificates. */
import type { SignedVote } from './message.ts';

/** The bitmap of the votes that are there. */
export function bitmapOf(votes: readonly (SignedVote | null)[]): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(votes.length / 8));
  for (const [index, vote] of votes.entries()) {
    if (vote !== null) bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (0x80 >> (index & 7));
  }
  return bitmap;
}

/** Whether bit `index` is set; bits beyond the bitmap are not. */
export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return ((bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0;
}
