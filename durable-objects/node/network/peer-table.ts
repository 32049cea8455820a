/** @module The peers of this node as rows. They are read once a life and written through: a restart knows them all. */

import { decodePeerRecord, PEER_RECORD_BYTES_MAX } from '../../../shared/api/p2p/peer-record.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { LEFT_KEPT_MAX } from './admission.ts';
import type { Peer } from './peer.ts';

export const CREATE_PEER_TABLE = `
CREATE TABLE IF NOT EXISTS peers (
  node_id TEXT PRIMARY KEY,
  record BLOB NOT NULL,
  peer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

/** What a row holds beside the record. */
type PeerColumns = Omit<Peer, 'record' | 'sealed'>;

export class PeerTable {
  readonly #sql: SqlStorage;
  readonly #peers = new Map<string, Peer>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const rows = sql.exec<{ record: ArrayBuffer; peer: string }>('SELECT record, peer FROM peers').toArray();
    for (const { record, peer } of rows) {
      const sealed = new Uint8Array(record);
      const columns = JSON.parse(peer) as PeerColumns;
      this.#peers.set(columns.nodeId, { ...columns, record: decodePeerRecord(sealed).record, sealed });
    }
  }

  all(): Peer[] {
    return [...this.#peers.values()];
  }

  get(nodeId: string): Peer | undefined {
    return this.#peers.get(nodeId);
  }

  /** By node id, node key or consensus key. */
  find(name: string): Peer | undefined {
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    return this.all().find(
      ({ record }) => record.nodeKey === name || record.consensusKey === (name as ConsensusKey),
    );
  }

  put(peer: Peer): void {
    const { record: _, sealed, ...columns } = peer;
    assert(sealed.length <= PEER_RECORD_BYTES_MAX, 'a record was read before, so it is within its limit');
    this.#peers.set(peer.nodeId, peer);
    this.#sql.exec(
      'INSERT INTO peers VALUES (?, ?, ?) ON CONFLICT (node_id) DO UPDATE SET record = excluded.record, peer = excluded.peer',
      peer.nodeId,
      sealed,
      JSON.stringify(columns),
    );
    if (peer.phase === 'left') this.#dropOldestLeft();
  }

  remove(nodeId: string): void {
    this.#peers.delete(nodeId);
    this.#sql.exec('DELETE FROM peers WHERE node_id = ?', nodeId);
  }

  clear(): void {
    this.#peers.clear();
    this.#sql.exec('DELETE FROM peers');
  }

  #dropOldestLeft(): void {
    const left = this.all()
      .filter(({ phase }) => phase === 'left')
      .sort((a, b) => b.record.seq - a.record.seq);
    for (const { nodeId } of left.slice(LEFT_KEPT_MAX)) this.remove(nodeId);
  }
}
