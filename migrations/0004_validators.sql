-- Why: who could sign a height. A set is written once, at the first height that it signs.

create table validators (
  height integer not null,
  consensus_key text not null,
  validators_hash text not null,
  operator text not null,
  name text not null,
  -- Share of 10^9.
  power integer not null,
  primary key (height, consensus_key)
) strict, without rowid;
