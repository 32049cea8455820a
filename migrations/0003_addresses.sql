-- Why: the history of an address in block order. Two rows per transfer, one where sender and recipient are
-- the same: 5 rows written per transfer in all tables together (4 to oneself), 8 per message with its three
-- partial index entries.

create table address_transactions (
  address text not null,
  height integer not null,
  tx_index integer not null,
  -- 1 = sender, 2 = recipient, 3 = both.
  role integer not null,
  type integer not null,
  primary key (address, height, tx_index)
) strict, without rowid;

create index messages_received on address_transactions (address, height, tx_index)
  where type = 1 and role <> 1;

create index messages_sent on address_transactions (address, height, tx_index)
  where type = 1 and role <> 2;
