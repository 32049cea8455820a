/**
 * @module The two thresholds of the field. Powers add up to 10^9, so three times the total is an exact
 * number.
 */

/**
 * Strictly more than two thirds: two such groups share an honest validator while less than a third
 * misbehaves.
 */
export function hasQuorum(power: number, total: number): boolean {
  return 3 * power > 2 * total;
}

/** Strictly more than one third: at least one honest validator is among them. */
export function hasThird(power: number, total: number): boolean {
  return 3 * power > total;
}
