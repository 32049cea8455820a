/** @module Writes final blocks into the ledger: many per batch, any number of times, never out of order. */
import { assert } from '../protocol/primitives/assert.ts';
import type { Address, HashHex } from '../protocol/primitives/brand.ts';
import { toHex } from '../protocol/primitives/bytes.ts';
import type { LedgerClient, LedgerStatement } from './client-web.ts';
import type { LedgerBlock, LedgerTransaction, ValidatorSetAt } from './ledger-block.ts';
import { schemaStatements } from './migrate.ts';
import { countOf } from './rows.ts';
import { ADDRESS_ROLES } from './schema.ts';

/**
 * Characters of one JSON argument; the server takes texts up to 5 MB. A single row may be larger than this.
 */
export const JSON_CHARS_MAX = 1_000_000;

/** Whose blocks are written. */
export interface WriteOptions {
  readonly genesisHash: string;
  /**
   * Sets whose first height is at most one above the blocks; the one of height 1 belongs to the first batch.
   */
  readonly validatorSets?: readonly ValidatorSetAt[];
}

/** What the database holds at its top. */
export interface LedgerTop {
  /** 0 before the first block. */
  readonly height: number;
  readonly hash: HashHex | null;
  readonly genesisHash: HashHex | null;
}

/**
 * Writes consecutive blocks in one batch and returns the ledger's height. Rows that are there already stay as
 * they are. Nothing is written and an error thrown when the ledger has another block at a height or another
 * parent (LEDGER_CONFLICT), lacks the block below the first (LEDGER_GAP), or is another chain's
 * (LEDGER_WRONG_CHAIN).
 */
export async function writeBlocks(
  client: LedgerClient,
  blocks: readonly LedgerBlock[],
  options: WriteOptions,
): Promise<number> {
  const first = blocks[0];
  assert(first !== undefined, 'a batch has at least one block');
  const follow = blocks.every((block, i) => block.header.height === first.header.height + i);
  assert(follow, 'the blocks of a batch follow one another');
  const results = await client.write([
    {
      sql: 'insert into chain (id, chain_id, genesis_hash) values (1, ?, ?) on conflict (id) do nothing',
      args: [first.header.chainId, options.genesisHash],
    },
    ...insertAll(INSERT_BLOCKS, blocks.map(blockRow)),
    ...insertAll(INSERT_TRANSACTIONS, eachTransaction(blocks, transactionRow)),
    ...insertAll(INSERT_RECEIPTS, eachTransaction(blocks, receiptRow)),
    ...insertAll(INSERT_ADDRESSES, eachTransaction(blocks, addressRows).flat()),
    ...insertAll(INSERT_VALIDATORS, (options.validatorSets ?? []).flatMap(validatorRows)),
    { sql: 'select max(height) as height from blocks' },
  ]);
  return countOf(results.at(-1)?.[0], 'height', 0);
}

/** Height of the newest block, 0 for none. Throws LEDGER_MIGRATING without a schema. */
export async function ledgerHeight(client: LedgerClient): Promise<number> {
  return (await ledgerTop(client)).height;
}

/**
 * The newest block and whose chain it is: what a drain compares with its own mark. Throws LEDGER_MIGRATING.
 */
export async function ledgerTop(client: LedgerClient): Promise<LedgerTop> {
  const [[top] = [], [owner] = []] = await client.read([
    { sql: 'select height, hash from blocks order by height desc limit 1' },
    { sql: 'select genesis_hash from chain' },
  ]);
  return {
    height: countOf(top, 'height', 0),
    hash: (top?.hash ?? null) as HashHex | null,
    genesisHash: (owner?.genesis_hash ?? null) as HashHex | null,
  };
}

/** Drops everything and makes the current schema anew, in one batch: readers see the old rows or none. */
export async function clearLedger(client: LedgerClient): Promise<void> {
  const [tables = []] = await client.read([
    { sql: "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'" },
  ]);
  const drops = tables
    .map((row) => String(row.name))
    .filter((name) => !name.startsWith('libsql_') && !name.startsWith('_'))
    .map((name) => ({ sql: `drop table "${name}"` }));
  await client.write([...drops, ...schemaStatements()]);
}

/**
 * `value` is one row as a JSON array; amounts are decimal text there, since JSON numbers lose what is above
 * 2^53.
 */
const INSERT_BLOCKS = `insert into blocks
  (height, hash, parent_hash, time_ms, proposer, round, tx_count, state_root,
  header, last_commit, evidence, certificate, size_bytes)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
  unhex(value ->> 8), unhex(value ->> 9), unhex(value ->> 10), unhex(value ->> 11), value ->> 12
from json_each(?) where true on conflict (height) do nothing`;

const INSERT_TRANSACTIONS = `insert into transactions
  (height, tx_index, hash, type, sender, recipient, amount, nonce, fee, bytes)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
  cast(value ->> 6 as integer), value ->> 7, cast(value ->> 8 as integer), unhex(value ->> 9)
from json_each(?) where true on conflict (height, tx_index) do nothing`;

const INSERT_RECEIPTS = `insert into receipts (height, tx_index, status, fee, bytes)
select value ->> 0, value ->> 1, value ->> 2, cast(value ->> 3 as integer), unhex(value ->> 4)
from json_each(?) where true on conflict (height, tx_index) do nothing`;

const INSERT_ADDRESSES = `insert into address_transactions (address, height, tx_index, role, type)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4
from json_each(?) where true on conflict (address, height, tx_index) do nothing`;

const INSERT_VALIDATORS = `insert into validators
  (height, consensus_key, validators_hash, operator, name, power)
select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
from json_each(?) where true on conflict (height, consensus_key) do nothing`;

type Row = readonly (string | number | null)[];

/** One statement per chunk of rows whose JSON stays within the limit of an argument. */
function insertAll(sql: string, rows: readonly Row[]): LedgerStatement[] {
  const statements: LedgerStatement[] = [];
  let chunk: string[] = [];
  let chars = 0;
  const close = () => {
    if (chunk.length > 0) statements.push({ sql, args: [`[${chunk.join(',')}]`] });
    chunk = [];
    chars = 0;
  };
  for (const row of rows) {
    const json = JSON.stringify(row);
    if (chars + json.length > JSON_CHARS_MAX) close();
    chunk.push(json);
    chars += json.length + 1;
  }
  close();
  return statements;
}

const hex = (bytes: Uint8Array): string => toHex(bytes).slice(2);

function blockRow(block: LedgerBlock): Row {
  const { header, hash, transactions } = block;
  const { height, parentHash, timeMs, proposer, round, stateRoot } = header;
  const parts = [
    hex(block.headerBytes),
    block.lastCommit === null ? null : hex(block.lastCommit),
    hex(block.evidence),
    hex(block.certificate),
  ];
  const facts = [height, hash, parentHash, timeMs, proposer, round, transactions.length, stateRoot];
  return [...facts, ...parts, block.sizeBytes];
}

function eachTransaction<T>(
  blocks: readonly LedgerBlock[],
  make: (height: number, index: number, transaction: LedgerTransaction) => T,
): T[] {
  return blocks.flatMap((block) =>
    block.transactions.map((tx, index) => make(block.header.height, index, tx)),
  );
}

function transactionRow(height: number, index: number, tx: LedgerTransaction): Row {
  const recipient = tx.others.length === 1 ? (tx.others[0] ?? null) : null;
  const amount = tx.amount === null ? null : tx.amount.toString();
  const facts = [height, index, tx.hash, tx.type, tx.sender, recipient, amount, tx.nonce, tx.fee.toString()];
  return [...facts, hex(tx.bytes)];
}

function receiptRow(height: number, index: number, { receipt }: LedgerTransaction): Row {
  return [height, index, receipt.status, receipt.fee.toString(), hex(receipt.bytes)];
}

function addressRows(height: number, index: number, tx: LedgerTransaction): Row[] {
  const roles = new Map<Address, number>([[tx.sender, ADDRESS_ROLES.sender]]);
  for (const other of tx.others) {
    roles.set(other, other === tx.sender ? ADDRESS_ROLES.both : ADDRESS_ROLES.recipient);
  }
  return [...roles].map(([address, role]) => [address, height, index, role, tx.type]);
}

function validatorRows({ height, validatorsHash, validators }: ValidatorSetAt): Row[] {
  return validators.map(({ consensusKey, operator, name, power }) => [
    height,
    consensusKey,
    validatorsHash,
    operator,
    name,
    power,
  ]);
}
