/**
 * @module Two chains under one genesis: what shows that this node is on another one than its validators now certify. Once
 * seen it is a row, and the node touches nothing until its operator has decided which of the two is to live.
 */
import type { DivergenceView } from '../../../shared/api/objects.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../../shared/protocol/state/set-history.ts';
import { readValidators } from '../../../shared/protocol/state/validators.ts';
import type { VotingPower } from '../../../shared/protocol/validators/voting-power.ts';
import { verifyCertificate } from '../../../shared/protocol/votes/certificate.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';
import { VoteError } from '../../../shared/protocol/votes/vote-error.ts';

/** What a certificate says to a node at a head. */
export type Testimony =
  /** It is for a block above the head. */
  | { readonly kind: 'ahead'; readonly height: number }
  /** It is for a block that the node has, or had before it dropped it. */
  | { readonly kind: 'agrees' }
  /** It is for another block than the node has at its height. */
  | { readonly kind: 'contradicts'; readonly height: number; readonly ownHash: string }
  /** The validators of its height did not sign it. */
  | { readonly kind: 'unsigned' }
  /** It may be of a validator set that the node does not know. */
  | { readonly kind: 'unknown' };

/** The chain as far as testimony is held against it. */
export interface OwnChain {
  readonly genesisHash: HashHex;
  readonly state: StateReader;
  headHeight(): number;
  /** Hash of the own block at a height; null where the node no longer holds it. */
  hashAt(height: number): string | null;
}

/** Holds a certificate against the own chain. Costs its signatures, unless it is for the very block that is here. */
export function testimonyOf(certificate: CommitCertificate, own: OwnChain): Testimony {
  const { height, blockHash } = certificate;
  const isAhead = height > own.headHeight();
  const ownHash = isAhead ? null : own.hashAt(height);
  if (ownHash === blockHash) return { kind: 'agrees' };
  const validators = isAhead ? readValidators(own.state) : validatorsAt(own.state, height);
  if (validators === null) return { kind: 'unknown' };
  if (!isCertified(certificate, validators, own.genesisHash)) {
    // Above the head the set may have changed since: then this one does not fit.
    return { kind: isAhead ? 'unknown' : 'unsigned' };
  }
  if (isAhead) return { kind: 'ahead', height };
  return ownHash === null ? { kind: 'agrees' } : { kind: 'contradicts', height, ownHash };
}

function isCertified(
  certificate: CommitCertificate,
  validators: readonly VotingPower[],
  genesisHash: HashHex,
): boolean {
  const { height, blockHash } = certificate;
  try {
    verifyCertificate({ genesisHash, validators, certificate, height, blockHash, verifier: nativeVerifier });
    return true;
  } catch (error) {
    if (error instanceof VoteError) return false;
    throw error;
  }
}

/** What another certified block at a height of this chain shows. */
export function forkAt(
  height: number,
  ownHash: string,
  certifiedHash: string,
): Omit<DivergenceView, 'since_ms'> {
  const detail = `height ${height} is certified with another block`;
  return { kind: 'fork', height, own_hash: ownHash, certified_hash: certifiedHash, detail };
}

/** The row that outlives the object's memory. */
export class DivergenceRow {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read(): DivergenceView | null {
    const [row] = this.#sql.exec<{ record: string }>('SELECT record FROM divergence').toArray();
    return row === undefined ? null : (JSON.parse(row.record) as DivergenceView);
  }

  write(divergence: DivergenceView): void {
    this.#sql.exec('INSERT OR REPLACE INTO divergence VALUES (1, ?)', JSON.stringify(divergence));
  }
}
