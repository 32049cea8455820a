/** @module The ledger's migrations. Generated from migrations/*.sql by `npm run generate`: do not edit. */

/** One step of the schema. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** SHA-256 in hex of the statements, joined by `;\n`. */
  readonly sha256: string;
  readonly statements: readonly string[];
}

/** All steps, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: '0001_blocks',
    sha256: '16a8165cdb5e2608f6e3dd01bba53a092612ed07ad1abbca7bed61583d90b16c',
    statements: [
      `create table chain (
  id integer primary key check (id = 1),
  chain_id text not null,
  genesis_hash text not null
) strict`,
      `create table blocks (
  height integer primary key check (height > 0),
  hash text not null,
  parent_hash text not null,
  time_ms integer not null,
  proposer text not null,
  round integer not null,
  tx_count integer not null,
  state_root text not null,
  header blob not null,
  last_commit blob,
  evidence blob not null,
  certificate blob not null,
  size_bytes integer not null
) strict`,
      `create unique index blocks_hash on blocks (hash)`,
      `create trigger chain_is_one before insert on chain
when exists (select 1 from chain where genesis_hash <> new.genesis_hash or chain_id <> new.chain_id)
begin
  select raise(abort, 'LEDGER_WRONG_CHAIN');
end`,
      `create trigger blocks_of_chain before insert on blocks
when new.height = 1 and not exists (select 1 from chain where genesis_hash = new.parent_hash)
begin
  select raise(abort, 'LEDGER_WRONG_CHAIN');
end`,
      `create trigger blocks_are_final before insert on blocks
when exists (select 1 from blocks where height = new.height and hash <> new.hash)
begin
  select raise(abort, 'LEDGER_CONFLICT');
end`,
      `create trigger blocks_have_parent before insert on blocks
when exists (select 1 from blocks where height = new.height - 1 and hash <> new.parent_hash)
begin
  select raise(abort, 'LEDGER_CONFLICT');
end`,
      `create trigger blocks_are_contiguous before insert on blocks
when new.height > 1 and not exists (select 1 from blocks where height = new.height - 1)
begin
  select raise(abort, 'LEDGER_GAP');
end`,
    ],
  },
  {
    version: 2,
    name: '0002_transactions',
    sha256: 'cacc3ee384068f3e475ca0f9c2987ef03e2e0a95583f8b1c123a5a965673e4e5',
    statements: [
      `create table transactions (
  height integer not null,
  tx_index integer not null,
  hash text not null,
  type integer not null,
  sender text not null,
  recipient text,
  amount integer,
  nonce integer not null,
  fee integer not null,
  bytes blob not null,
  primary key (height, tx_index)
) strict, without rowid`,
      `create unique index transactions_hash on transactions (hash)`,
      `create index transactions_type on transactions (type, height, tx_index) where type <> 0`,
      `create table receipts (
  height integer not null,
  tx_index integer not null,
  status integer not null,
  fee integer not null,
  bytes blob not null,
  primary key (height, tx_index)
) strict, without rowid`,
    ],
  },
  {
    version: 3,
    name: '0003_addresses',
    sha256: 'ad92377206ba7d5c9e1363f8ba4c742a3bfea3178095972d343f0d84068f6081',
    statements: [
      `create table address_transactions (
  address text not null,
  height integer not null,
  tx_index integer not null,
  role integer not null,
  type integer not null,
  primary key (address, height, tx_index)
) strict, without rowid`,
      `create index messages_received on address_transactions (address, height, tx_index)
  where type = 1 and role <> 1`,
      `create index messages_sent on address_transactions (address, height, tx_index)
  where type = 1 and role <> 2`,
    ],
  },
  {
    version: 4,
    name: '0004_validators',
    sha256: 'b4102226058282229cffa3e862ec38f82c31108f50adc4234455ba8e04d05c36',
    statements: [
      `create table validators (
  height integer not null,
  consensus_key text not null,
  validators_hash text not null,
  operator text not null,
  name text not null,
  power integer not null,
  primary key (height, consensus_key)
) strict, without rowid`,
    ],
  },
];
