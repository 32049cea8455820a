/**
 * @module Whether this node and its peers have the same chain: they compare blocks and states at heights that both have.
 * Final blocks never change, so any difference means that one of the two is broken, or lies.
 */
import type { ChainClaim, Checkpoint } from '../../../shared/api/network-views.ts';

export const CREATE_RECONCILIATION_TABLE = `
CREATE TABLE IF NOT EXISTS reconciliations (
  chain_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  result TEXT NOT NULL,
  height INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  PRIMARY KEY (chain_id, node_id)
) STRICT, WITHOUT ROWID;
`;

/** `match` at the highest common height; otherwise what differs at the lowest height that shows it. */
export type Comparison =
  | { readonly result: 'match' | 'block' | 'state'; readonly height: number }
  /** The chains only share their name. */
  | { readonly result: 'genesis'; readonly height: 0 };

/** Compares two claims of one chain. Null: they have no height in common above 0. */
export function compareClaims(own: ChainClaim, theirs: ChainClaim): Comparison | null {
  if (own.genesis_hash !== theirs.genesis_hash) return { result: 'genesis', height: 0 };
  const known = new Map(pointsOf(own).map((point) => [point.height, point]));
  const common = pointsOf(theirs).flatMap((point) => {
    const mine = known.get(point.height);
    return mine === undefined ? [] : [{ mine, point }];
  });
  const different = common.find(({ mine, point }) => differenceOf(mine, point) !== null);
  if (different !== undefined) {
    const result = differenceOf(different.mine, different.point) ?? 'block';
    return { result, height: different.point.height };
  }
  const highest = common.at(-1);
  return highest === undefined ? null : { result: 'match', height: highest.point.height };
}

function differenceOf(a: Checkpoint, b: Checkpoint): 'block' | 'state' | null {
  if (a.hash === b.hash && a.state_root === b.state_root) return null;
  return a.state_root === b.state_root ? 'block' : 'state';
}

/** All blocks that a claim tells of, ascending. */
function pointsOf({ height, head_hash, state_root, checkpoints }: ChainClaim): Checkpoint[] {
  const points = [...checkpoints, { height, hash: head_hash, state_root }];
  return points.filter((point) => point.height > 0).sort((a, b) => a.height - b.height);
}

/** What was found of one peer, as stored. */
export interface Reconciled {
  readonly chain_id: string;
  readonly node_id: string;
  readonly result: Comparison['result'];
  readonly height: number;
  /** Since when this result holds. */
  readonly since_ms: number;
}

export class ReconciliationTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  all(): Reconciled[] {
    return this.#sql
      .exec<Reconciled & Record<string, SqlStorageValue>>(
        'SELECT * FROM reconciliations ORDER BY chain_id, node_id',
      )
      .toArray();
  }

  /** Stores a comparison. Returns the one before, or null. A row is only written where something changed. */
  put(chainId: string, nodeId: string, found: Comparison, nowMs: number): Reconciled | null {
    const before = this.all().find((row) => row.chain_id === chainId && row.node_id === nodeId) ?? null;
    if (before?.result === found.result && before.height === found.height) return before;
    const sinceMs = before?.result === found.result ? before.since_ms : nowMs;
    this.#sql.exec(
      'INSERT OR REPLACE INTO reconciliations VALUES (?, ?, ?, ?, ?)',
      chainId,
      nodeId,
      found.result,
      found.height,
      sinceMs,
    );
    return before;
  }

  /** Forgets nodes that are no peers any more. */
  keepOnly(nodeIds: ReadonlySet<string>): void {
    for (const { chain_id, node_id } of this.all()) {
      if (nodeIds.has(node_id)) continue;
      this.#sql.exec('DELETE FROM reconciliations WHERE chain_id = ? AND node_id = ?', chain_id, node_id);
    }
  }
}
