/** @module Validator sets from the ledger. */
import type { HashHex } from '../protocol/primitives/brand.ts';
import type { LedgerQuery } from './query.ts';
import { decodeRow, type RowOf, selectList } from './rows.ts';
import { validators } from './schema.ts';

const { height, consensusKey, validatorsHash, operator, name, power } = validators;
const columns = { height, consensusKey, validatorsHash, operator, name, power };

/** A validator as it was when its set came into force. */
export type ValidatorRow = RowOf<typeof columns>;

/** A set, ascending by consensus key. */
export interface ValidatorSetRows {
  /** First height that it signed. */
  readonly height: number;
  readonly validatorsHash: HashHex;
  readonly validators: readonly ValidatorRow[];
}

/** The set that signed this height, or null where none was written; `latest` = the newest set. */
export function readValidators(at: number | 'latest'): LedgerQuery<ValidatorSetRows | null> {
  const newest = 'select max(height) from validators where height <= ?';
  return {
    minHeight: at === 'latest' ? 0 : at,
    statements: [
      {
        sql: `select ${selectList('v', columns)} from validators v
          where height = (${newest}) order by consensus_key`,
        args: [BigInt(at === 'latest' ? Number.MAX_SAFE_INTEGER : at)],
      },
    ],
    decode([rows = []]) {
      const set = rows.map((row) => decodeRow(columns, row));
      const [first] = set;
      if (first === undefined) return null;
      return { height: first.height, validatorsHash: first.validatorsHash, validators: set };
    },
  };
}
