/**
 * @module A chain that starts from a snapshot: manifest and chunks are checked as they come, wait beside the state of the
 * genesis, and take its place in one transaction once none is missing. Source: docs/spec/snapshots.md.
 */
import type { ChainHead, SnapshotImportView } from '../../../shared/api/objects.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { LightClientError } from '../../../shared/protocol/light-client/light-client-error.ts';
import { readChunk } from '../../../shared/protocol/light-client/snapshot-chunk.ts';
import {
  decodeManifest,
  type SnapshotManifest,
  verifyManifest,
} from '../../../shared/protocol/light-client/snapshot-manifest.ts';
import type { TrustedHeader } from '../../../shared/protocol/light-client/trusted-header.ts';
import { statePath } from '../../../shared/protocol/merkle/state-node.ts';
import { updateTree } from '../../../shared/protocol/merkle/state-tree.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import { hashFromBytes } from '../../../shared/protocol/primitives/hash.ts';
import type { TransactionRegistry } from '../../../shared/protocol/transaction/define-transaction.ts';
import { encodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { newCounters } from '../chain-counters.ts';
import { leafKey } from '../state-rows.ts';
import type { ChainStore } from '../store.ts';
import { LightTrail } from './light-trail.ts';

/** What an import needs of the object's storage. */
export type ImportStorage = Pick<DurableObjectStorage, 'sql' | 'transactionSync'>;

/** Positions that one progress names. */
export const MISSING_MAX = 256;

/** Tables of an import: they exist while one is under way, and become those of the state. */
const TABLES = `
CREATE TABLE import (id INTEGER PRIMARY KEY CHECK (id = 1), manifest BLOB NOT NULL) STRICT;
CREATE TABLE import_missing (position INTEGER PRIMARY KEY) STRICT;
CREATE TABLE import_state (path BLOB PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE import_pages (id TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
`;

export class SnapshotImport {
  readonly #storage: ImportStorage;
  readonly #store: ChainStore;
  readonly #trust: TrustedHeader;
  readonly #registry: TransactionRegistry;
  #manifest: SnapshotManifest | null;

  /** `trust` is where the trail of a manifest has to begin. */
  constructor(
    storage: ImportStorage,
    store: ChainStore,
    trust: TrustedHeader,
    registry: TransactionRegistry,
  ) {
    this.#storage = storage;
    this.#store = store;
    this.#trust = trust;
    this.#registry = registry;
    this.#manifest = this.#load();
  }

  /** Null while none is under way. */
  get progress(): SnapshotImportView | null {
    if (this.#manifest === null) return null;
    const missing = this.#sql
      .exec<{ position: number }>(
        'SELECT position FROM import_missing ORDER BY position LIMIT ?',
        MISSING_MAX,
      )
      .toArray()
      .map(({ position }) => position);
    return { height: this.#heightOf(this.#manifest), chunks: this.#manifest.chunks.length, missing };
  }

  /**
   * Begins with a manifest, or goes on with the very same one; another one takes its place. The chain has no block yet.
   * Throws LightClientError for one that does not hold.
   */
  begin(encoded: Uint8Array): SnapshotImportView {
    assert(this.#store.head().head.height === 0, 'a chain with blocks of its own starts from no snapshot');
    const manifest = decodeManifest(encoded);
    const { block } = verifyManifest(manifest, this.#trust, nativeVerifier, this.#registry);
    const isSame = this.#manifest !== null && this.#heightOf(this.#manifest) === block.header.height;
    if (!isSame) this.#storage.transactionSync(() => this.#reset(encoded, manifest.chunks.length));
    this.#manifest = manifest;
    const { progress } = this;
    assert(progress !== null, 'an import is under way');
    return progress;
  }

  /** Takes a chunk; one that is there already changes nothing. Throws LightClientError for one that does not hold. */
  add(position: number, encoded: Uint8Array): void {
    const summary = this.#manifest?.chunks[position];
    if (summary === undefined) {
      throw new LightClientError('SNAPSHOT_CHUNK_INVALID', 'the snapshot has no such chunk', { position });
    }
    const leaves = readChunk(encoded, summary);
    this.#storage.transactionSync(() => {
      const [open] = this.#sql.exec('SELECT 1 FROM import_missing WHERE position = ?', position).toArray();
      if (open === undefined) return;
      this.#sql.exec('DELETE FROM import_missing WHERE position = ?', position);
      for (const { namespace, key, value } of leaves) {
        const row = [statePath(namespace, key), leafKey(namespace, key), value];
        this.#sql.exec('INSERT INTO import_state VALUES (?, ?, ?)', ...row);
      }
      for (const { id, bytes } of updateTree({ getPage: (id) => this.#page(id) }, leaves).pages) {
        assert(bytes !== null, 'nothing is deleted from a new tree');
        this.#sql.exec('INSERT OR REPLACE INTO import_pages VALUES (?, ?)', id, bytes);
      }
    });
  }

  /** Puts the imported state in place of the one of the genesis. No chunk is missing; the object then starts anew. */
  finish(): ChainHead {
    const manifest = this.#manifest;
    assert(manifest !== null && this.progress?.missing.length === 0, 'every chunk is there');
    const { block, certificate, trusted } = verifyManifest(
      manifest,
      this.#trust,
      nativeVerifier,
      this.#registry,
    );
    const { header, transactions } = block;
    const root = updateTree({ getPage: (id) => this.#page(id) }, []).root;
    assert(hashFromBytes(root) === header.stateRoot, 'the chunks of a manifest that holds make up its state');
    const head: ChainHead = {
      height: header.height,
      hash: trusted.hash,
      time_ms: header.timeMs,
      state_root: header.stateRoot,
      tx_count: transactions.length,
      proposer: header.proposer,
    };
    this.#storage.transactionSync(() => {
      for (const table of ['state', 'pages']) {
        this.#sql.exec(`DROP TABLE ${table}`);
        this.#sql.exec(`ALTER TABLE import_${table} RENAME TO ${table}`);
      }
      for (const table of ['consensus', 'consensus_blocks', 'outbox_targets'])
        this.#sql.exec(`DELETE FROM ${table}`);
      const encoded = encodeCertificate(certificate);
      const values = [header.height, trusted.hash, manifest.body, encoded];
      this.#sql.exec('INSERT INTO blocks VALUES (?, ?, ?, ?)', ...values);
      this.#sql.exec('INSERT INTO receipts VALUES (?, ?)', header.height, manifest.receipts);
      this.#store.writeHead(head, newCounters());
      new LightTrail(this.#sql, this.#trust).adopt(manifest.trail);
      this.#sql.exec('DROP TABLE import');
      this.#sql.exec('DROP TABLE import_missing');
    });
    this.#manifest = null;
    return head;
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }

  #load(): SnapshotManifest | null {
    const isOpen = this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'import'").toArray().length > 0;
    if (!isOpen) return null;
    const { manifest } = this.#sql.exec<{ manifest: ArrayBuffer }>('SELECT manifest FROM import').one();
    return decodeManifest(new Uint8Array(manifest));
  }

  #reset(encoded: Uint8Array, chunks: number): void {
    for (const table of ['import', 'import_missing', 'import_state', 'import_pages'])
      this.#sql.exec(`DROP TABLE IF EXISTS ${table}`);
    this.#sql.exec(TABLES);
    this.#sql.exec('INSERT INTO import VALUES (1, ?)', encoded);
    this.#sql.exec(
      `WITH RECURSIVE positions(position) AS (SELECT 0 UNION ALL SELECT position + 1 FROM positions WHERE position + 1 < ?)
       INSERT INTO import_missing SELECT position FROM positions`,
      chunks,
    );
  }

  #page(id: string): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM import_pages WHERE id = ?', id)
      .toArray();
    return row === undefined ? null : new Uint8Array(row.bytes);
  }

  #heightOf({ trail }: SnapshotManifest): number {
    return trail.at(-1)?.header.height ?? 0;
  }
}
