/**
 * @module The arrows in the life of a transaction, as ARCHITECTURE.md draws them, and the points at which a test cuts
 * each of them: by `ctx.abort()` of the chain's object and by kill -9 of the whole node. This is the only such list.
 */

/** What of a transaction is on disk. What is anything becomes final without being sent again. */
type Left = 'nothing' | 'mempool row' | 'block';

/** Arrow -> its points, with what a node that dies there leaves if the block is made in a later turn than the admission. */
const LIFE = {
  // The Worker has parsed and checked and not yet called; the object is called and has done nothing.
  'edge -> chain object': [
    ['edge-before', 'nothing'],
    ['submit', 'nothing'],
  ],
  // Inside the SQLite transaction; after it but within the turn, so that nothing is on disk; once it is on disk.
  'chain object -> mempool rows': [
    ['admission-before-commit', 'nothing'],
    ['admission-after-commit', 'nothing'],
    ['admission-durable', 'mempool row'],
  ],
  'mempool -> block': [
    ['block-before-commit', 'mempool row'],
    ['block-after-commit', 'mempool row'],
    ['block-durable', 'block'],
  ],
  // The object has its answer; the Worker has it, and the client has not.
  'chain object -> client': [
    ['answer', 'block'],
    ['edge-after', 'block'],
  ],
  // The block is durable and the message has not left; the other side has done its part, which the object does not know.
  'chain object -> node registry': [
    ['node-before', 'block'],
    ['node-after', 'block'],
  ],
  'chain object -> ledger': [
    ['ledger-before', 'block'],
    ['ledger-after', 'block'],
  ],
  'chain object -> hub': [
    ['hub-before', 'block'],
    ['hub-after', 'block'],
  ],
} as const satisfies Record<string, readonly (readonly [string, Left])[]>;

type Arrow = keyof typeof LIFE;
export type CrashPointName = (typeof LIFE)[Arrow][number][0];

/** A place between the two sides of an arrow. */
export interface CrashPoint {
  readonly arrow: string;
  readonly name: CrashPointName;
  readonly left: Left;
}

/** In the order of a transaction's life. */
export const ARROWS = Object.keys(LIFE) as readonly Arrow[];

/** The cases of kill -9. */
export const KILL_CASES: readonly CrashPoint[] = ARROWS.flatMap((arrow) =>
  LIFE[arrow].map(([name, left]) => ({ arrow, name, left })),
);

/** The cases of `ctx.abort()`: all but those where the Worker holds the transaction and there is no object to die. */
export const ABORT_CASES = KILL_CASES.filter(({ name }) => !name.startsWith('edge-'));

/** Arrows that none of these cases cuts. */
export function arrowsWithout(cases: readonly Pick<CrashPoint, 'arrow'>[]): string[] {
  return ARROWS.filter((arrow) => !cases.some((point) => point.arrow === arrow));
}
