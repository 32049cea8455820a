-- Why: transactions and what they did, in block order. Both tables are clustered by (height, tx_index): a
-- block's rows lie together and a row costs one b-tree entry. Rows written per transfer: transactions 1 + its
-- hash index 1 + receipts 1.

create table transactions (
  height integer not null,
  tx_index integer not null,
  hash text not null,
  type integer not null,
  sender text not null,
  -- The one other account of the transaction; null where there is none or more than one.
  recipient text,
  -- Native units that leave the sender beside the fee; null where none do.
  amount integer,
  nonce integer not null,
  -- The fee that was offered; the fee that was taken is in the receipt.
  fee integer not null,
  bytes blob not null,
  primary key (height, tx_index)
) strict, without rowid;

create unique index transactions_hash on transactions (hash);

-- Transfers are the bulk and pay nothing for this index; lists of any other type need not search through
-- them.
create index transactions_type on transactions (type, height, tx_index) where type <> 0;

create table receipts (
  height integer not null,
  tx_index integer not null,
  -- 0 = applied.
  status integer not null,
  fee integer not null,
  bytes blob not null,
  primary key (height, tx_index)
) strict, without rowid;
