/** @module The heights at which nodes compare themselves with each other. */

/** Multiples of these are compared: the small ones soon after they were made, the large ones across long absences. */
export const CHECKPOINT_STRIDES = [16, 256, 4_096, 65_536] as const;

/** True for the heights that are compared. */
export function isCheckpoint(height: number): boolean {
  return height > 0 && height % CHECKPOINT_STRIDES[0] === 0;
}
