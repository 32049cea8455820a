/** @module The one row of a hub: which chain it serves and how far it has come. No truth: the chain has it all. */
import type { HeadWire } from '../../shared/api/frames.ts';

/** What a hub must know after it was evicted. */
export interface HubRow {
  readonly chainId: string;
  readonly genesisHash: string;
  /** Name of the chain's database or namespace. */
  readonly ledgerName: string;
  /** Newest block that the hub knows of. */
  readonly head: HeadWire;
  /** First height that was not published to this hub. */
  readonly nextHeight: number;
  /** The chain publishes its blocks here. */
  readonly attached: boolean;
}

const CREATE = `CREATE TABLE IF NOT EXISTS hub (
  id INTEGER PRIMARY KEY CHECK (id = 1), chain_id TEXT NOT NULL, genesis_hash TEXT NOT NULL, ledger_name TEXT NOT NULL, head TEXT NOT NULL,
  next_height INTEGER NOT NULL, attached INTEGER NOT NULL) STRICT`;

/** Keeps the row in memory beside SQLite; a save that changes nothing writes nothing. */
export class HubStore {
  readonly #sql: SqlStorage;
  #row: HubRow | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(CREATE);
    const [row] = sql.exec('SELECT * FROM hub').toArray();
    this.#row =
      row === undefined
        ? null
        : {
            chainId: String(row.chain_id),
            genesisHash: String(row.genesis_hash),
            ledgerName: String(row.ledger_name),
            head: JSON.parse(String(row.head)) as HeadWire,
            nextHeight: Number(row.next_height),
            attached: row.attached === 1,
          };
  }

  /** Null before the first socket. */
  get row(): HubRow | null {
    return this.#row;
  }

  /** Replaces the row unless it is the same. */
  save(row: HubRow): void {
    if (JSON.stringify(row) === JSON.stringify(this.#row)) return;
    this.#row = row;
    this.#sql.exec(
      'INSERT OR REPLACE INTO hub VALUES (1, ?, ?, ?, ?, ?, ?)',
      row.chainId,
      row.genesisHash,
      row.ledgerName,
      JSON.stringify(row.head),
      row.nextHeight,
      row.attached ? 1 : 0,
    );
  }
}

/** The higher of two heads. */
export function newerHead(a: HeadWire, b: HeadWire): HeadWire {
  return b.height > a.height ? b : a;
}
