-- Why: the ledger of one chain. Blocks are final, so a row is written once and never changed. The triggers
-- make the database itself refuse what would break that: another chain, another block at a height, a hole, a
-- wrong parent.

create table chain (
  id integer primary key check (id = 1),
  chain_id text not null,
  genesis_hash text not null
) strict;

create table blocks (
  height integer primary key check (height > 0),
  hash text not null,
  parent_hash text not null,
  time_ms integer not null,
  proposer text not null,
  round integer not null,
  tx_count integer not null,
  state_root text not null,
  -- Canonical bytes. Header, last_commit, evidence and the transactions' bytes give the body back byte for
  -- byte.
  header blob not null,
  last_commit blob,
  evidence blob not null,
  certificate blob not null,
  -- Bytes of body, certificate and receipts: what a reader of whole blocks has to carry.
  size_bytes integer not null
) strict;

create unique index blocks_hash on blocks (hash);

create trigger chain_is_one before insert on chain
when exists (select 1 from chain where genesis_hash <> new.genesis_hash or chain_id <> new.chain_id)
begin
  select raise(abort, 'LEDGER_WRONG_CHAIN');
end;

create trigger blocks_of_chain before insert on blocks
when new.height = 1 and not exists (select 1 from chain where genesis_hash = new.parent_hash)
begin
  select raise(abort, 'LEDGER_WRONG_CHAIN');
end;

create trigger blocks_are_final before insert on blocks
when exists (select 1 from blocks where height = new.height and hash <> new.hash)
begin
  select raise(abort, 'LEDGER_CONFLICT');
end;

create trigger blocks_have_parent before insert on blocks
when exists (select 1 from blocks where height = new.height - 1 and hash <> new.parent_hash)
begin
  select raise(abort, 'LEDGER_CONFLICT');
end;

create trigger blocks_are_contiguous before insert on blocks
when new.height > 1 and not exists (select 1 from blocks where height = new.height - 1)
begin
  select raise(abort, 'LEDGER_GAP');
end;
