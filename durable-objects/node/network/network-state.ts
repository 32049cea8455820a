/** @module What this node remembers of its own part in the network, in one row: its record, its rhythm, its boot nodes. */
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { type ReadRecord, readRecord } from './admission.ts';
import { isRecordOf, makeRecord, type NodeIdentity } from './node-identity.ts';
import { FIRST_RHYTHM, type Rhythm } from './schedule.ts';

export const CREATE_NETWORK_TABLE = `
CREATE TABLE IF NOT EXISTS network (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  state TEXT NOT NULL
) STRICT;
`;

/** The own record is made anew after this time, long before it expires. */
export const RECORD_RENEWED_MS = 24 * 3_600_000;

/** What became of one of BOOT_NODE. */
export interface BootState {
  /** Id of the node that answered there; null until one has. */
  readonly nodeId: string | null;
  readonly lastContactMs: number;
  readonly failures: number;
  /** Why it failed; empty otherwise. */
  readonly detail: string;
}

interface NetworkRow {
  readonly rhythm: Rhythm;
  /** Own record, 0x-hex; null before the first. */
  readonly record: string | null;
  /** The operator took the node out of the network: it calls nobody until told to join. */
  readonly hasLeft: boolean;
  readonly boots: Readonly<Record<string, BootState>>;
  /** Digest of the own heads at the last round. */
  readonly heads: string;
}

const FIRST: NetworkRow = { rhythm: FIRST_RHYTHM, record: null, hasLeft: false, boots: {}, heads: '' };
const UNTRIED: BootState = { nodeId: null, lastContactMs: 0, failures: 0, detail: '' };

export class NetworkState {
  readonly #sql: SqlStorage;
  #row: NetworkRow;
  #own: ReadRecord | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const [row] = sql.exec<{ state: string }>('SELECT state FROM network').toArray();
    this.#row = row === undefined ? FIRST : (JSON.parse(row.state) as NetworkRow);
    this.#own = this.#row.record === null ? null : readRecord(this.#row.record);
  }

  get rhythm(): Rhythm {
    return this.#row.rhythm;
  }

  get hasLeft(): boolean {
    return this.#row.hasLeft;
  }

  get heads(): string {
    return this.#row.heads;
  }

  boot(url: string): BootState {
    return this.#row.boots[url] ?? UNTRIED;
  }

  setBoot(url: string, state: BootState): void {
    this.#write({ boots: { ...this.#row.boots, [url]: state } });
  }

  setRhythm(rhythm: Rhythm): void {
    if (rhythm !== this.#row.rhythm) this.#write({ rhythm });
  }

  /** A round is over. */
  setRound(rhythm: Rhythm, heads: string): void {
    this.#write({ rhythm, heads });
  }

  /** The record to show now: made when there is none, when a setting has changed, or when a day has passed. */
  ownRecord(identity: NodeIdentity, nowMs: number): ReadRecord {
    const own = this.#own;
    const isFresh = own !== null && nowMs - own.record.seq < RECORD_RENEWED_MS;
    if (isFresh && isRecordOf(identity, own)) return own;
    return this.#setOwn(makeRecord(identity, identity.url, nowMs, own?.record.seq ?? 0));
  }

  /** The node leaves: its last record, without a URL. */
  leave(identity: NodeIdentity, nowMs: number): ReadRecord {
    const last = this.#setOwn(makeRecord(identity, '', nowMs, this.#own?.record.seq ?? 0));
    this.#write({ hasLeft: true, boots: {}, rhythm: FIRST_RHYTHM });
    return last;
  }

  /** The node takes part again. */
  rejoin(): void {
    if (this.#row.hasLeft) this.#write({ hasLeft: false });
  }

  #setOwn(own: ReadRecord): ReadRecord {
    this.#own = own;
    this.#write({ record: toHex(own.sealed) });
    return own;
  }

  #write(change: Partial<NetworkRow>): void {
    this.#row = { ...this.#row, ...change };
    this.#sql.exec(
      'INSERT INTO network VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state',
      JSON.stringify(this.#row),
    );
  }
}
