/**
 * @module The tables of a ChainObject. They are made by `create` only: an object that was guessed writes nothing.
 * Amounts live inside CBOR values, since SQLite in an object loses integers above 2^53 in silence.
 */

/** Raised with each change of the object's own tables; an object that meets another number refuses to start. */
export const OBJECT_SCHEMA_VERSION = 3;

export const CREATE_TABLES = `
CREATE TABLE chain (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  schema_version INTEGER NOT NULL,
  chain_id TEXT NOT NULL,
  genesis BLOB NOT NULL,
  genesis_hash TEXT NOT NULL,
  is_default INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE head (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  height INTEGER NOT NULL,
  hash TEXT NOT NULL,
  time_ms INTEGER NOT NULL,
  state_root TEXT NOT NULL,
  tx_count INTEGER NOT NULL,
  proposer TEXT NOT NULL,
  counters TEXT NOT NULL
) STRICT;
CREATE TABLE state (path BLOB PRIMARY KEY, key BLOB NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE state_before (path BLOB PRIMARY KEY, key BLOB NOT NULL, value BLOB) STRICT, WITHOUT ROWID;
CREATE TABLE pages (id TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
  height INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  body BLOB NOT NULL,
  certificate BLOB NOT NULL
) STRICT;
CREATE TABLE receipts (height INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE mempool (
  sequence INTEGER PRIMARY KEY,
  received_ms INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE departed (
  hash TEXT PRIMARY KEY,
  status TEXT NOT NULL,
  time_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX departed_time ON departed (time_ms);
CREATE TABLE consensus (id INTEGER PRIMARY KEY CHECK (id = 1), record BLOB NOT NULL) STRICT;
CREATE TABLE consensus_blocks (hash TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sign_log (
  consensus_key TEXT NOT NULL,
  height INTEGER NOT NULL,
  round INTEGER NOT NULL,
  step INTEGER NOT NULL,
  message BLOB NOT NULL,
  signature BLOB NOT NULL,
  PRIMARY KEY (consensus_key, height, round, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE sign_mark (
  consensus_key TEXT PRIMARY KEY,
  height INTEGER NOT NULL,
  round INTEGER NOT NULL,
  step INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE sign_guard (
  consensus_key TEXT PRIMARY KEY,
  reason TEXT,
  source TEXT,
  record_height INTEGER NOT NULL,
  quiet_from INTEGER NOT NULL,
  entered_height INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  obeyed_ms INTEGER NOT NULL,
  floor_height INTEGER NOT NULL,
  floor_round INTEGER NOT NULL,
  stored_height INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE evidence_pool (
  sequence INTEGER PRIMARY KEY,
  position TEXT NOT NULL UNIQUE,
  bytes BLOB NOT NULL
) STRICT;
CREATE TABLE light_blocks (height INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE snapshots (
  height INTEGER PRIMARY KEY,
  light BLOB NOT NULL,
  cursor TEXT,
  manifest BLOB
) STRICT;
CREATE TABLE snapshot_chunks (
  height INTEGER NOT NULL,
  position INTEGER NOT NULL,
  prefix TEXT NOT NULL,
  leaves INTEGER NOT NULL,
  hash BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE divergence (id INTEGER PRIMARY KEY CHECK (id = 1), record TEXT NOT NULL) STRICT;
CREATE TABLE followers (node_key TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox_targets (
  name TEXT PRIMARY KEY,
  next_height INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
