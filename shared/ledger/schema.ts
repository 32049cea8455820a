/** @module The ledger's tables as types. The SQL in migrations/ is the source; a test compares the two. */
import { customType, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { assert } from '../protocol/primitives/assert.ts';
import type { Address, ChainId, ConsensusKey, HashHex } from '../protocol/primitives/brand.ts';

/** A height, index, code or time: read as bigint, checked, and given as number. */
const count = customType<{ data: number; driverData: bigint }>({
  dataType: () => 'integer',
  fromDriver(value) {
    const number = Number(value);
    assert(Number.isSafeInteger(number), 'counts in the ledger are below 2^53');
    return number;
  },
});

/** An amount of native units, exact up to 2^63-1. */
const units = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' });

/** Canonical bytes. */
const bytes = customType<{ data: Uint8Array; driverData: ArrayBuffer }>({
  dataType: () => 'blob',
  fromDriver: (value) => new Uint8Array(value),
});

/** Migrations that this database has been through. Made by `migrate.ts`. */
export const ledgerMigrations = sqliteTable('ledger_migrations', {
  version: count('version').primaryKey(),
  name: text('name').notNull(),
  sha256: text('sha256').notNull(),
});

/** One row: whose ledger this is. */
export const chain = sqliteTable('chain', {
  id: integer('id').primaryKey(),
  chainId: text('chain_id').$type<ChainId>().notNull(),
  genesisHash: text('genesis_hash').$type<HashHex>().notNull(),
});

export const blocks = sqliteTable('blocks', {
  height: count('height').primaryKey(),
  hash: text('hash').$type<HashHex>().notNull(),
  parentHash: text('parent_hash').$type<HashHex>().notNull(),
  timeMs: count('time_ms').notNull(),
  proposer: text('proposer').$type<ConsensusKey>().notNull(),
  round: count('round').notNull(),
  txCount: count('tx_count').notNull(),
  stateRoot: text('state_root').$type<HashHex>().notNull(),
  header: bytes('header').notNull(),
  lastCommit: bytes('last_commit'),
  evidence: bytes('evidence').notNull(),
  certificate: bytes('certificate').notNull(),
  sizeBytes: count('size_bytes').notNull(),
});

export const transactions = sqliteTable(
  'transactions',
  {
    height: count('height').notNull(),
    txIndex: count('tx_index').notNull(),
    hash: text('hash').$type<HashHex>().notNull(),
    type: count('type').notNull(),
    sender: text('sender').$type<Address>().notNull(),
    recipient: text('recipient').$type<Address>(),
    amount: units('amount'),
    nonce: count('nonce').notNull(),
    fee: units('fee').notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.height, table.txIndex] })],
);

export const receipts = sqliteTable(
  'receipts',
  {
    height: count('height').notNull(),
    txIndex: count('tx_index').notNull(),
    status: count('status').notNull(),
    fee: units('fee').notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.height, table.txIndex] })],
);

/** What an address was to a transaction; both = a transaction to oneself. */
export const ADDRESS_ROLES = { sender: 1, recipient: 2, both: 3 } as const;

export const addressTransactions = sqliteTable(
  'address_transactions',
  {
    address: text('address').$type<Address>().notNull(),
    height: count('height').notNull(),
    txIndex: count('tx_index').notNull(),
    role: count('role').notNull(),
    type: count('type').notNull(),
  },
  (table) => [primaryKey({ columns: [table.address, table.height, table.txIndex] })],
);

export const validators = sqliteTable(
  'validators',
  {
    height: count('height').notNull(),
    consensusKey: text('consensus_key').$type<ConsensusKey>().notNull(),
    validatorsHash: text('validators_hash').$type<HashHex>().notNull(),
    operator: text('operator').$type<Address>().notNull(),
    name: text('name').notNull(),
    power: count('power').notNull(),
  },
  (table) => [primaryKey({ columns: [table.height, table.consensusKey] })],
);

/** Every table, for what treats them all alike. */
export const LEDGER_TABLES = [
  ledgerMigrations,
  chain,
  blocks,
  transactions,
  receipts,
  addressTransactions,
  validators,
] as const;
