/** @module The block as a value. Bytes and hashes are defined in `encode.ts`. */
import type { ChainId, ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';

/** Field order is encoding order. Source: docs/spec/blocks.md. */
export interface Header {
  readonly version: number;
  readonly chainId: ChainId;
  readonly height: number;
  /** Round of the first proposal of this block. */
  readonly round: number;
  readonly timeMs: number;
  readonly proposer: ConsensusKey;
  /** Hash of the parent header; the genesis hash at height 1. */
  readonly parentHash: HashHex;
  readonly lastCommitHash: HashHex;
  readonly txRoot: HashHex;
  readonly receiptRoot: HashHex;
  /** Root of the state after this block. */
  readonly stateRoot: HashHex;
  readonly evidenceHash: HashHex;
  readonly validatorsHash: HashHex;
  readonly nextValidatorsHash: HashHex;
  readonly paramsHash: HashHex;
}

export interface Block {
  readonly header: Header;
  /** Null at height 1 only. */
  readonly lastCommit: CommitCertificate | null;
  /** CBOR of each evidence item; opaque here. */
  readonly evidence: readonly Uint8Array[];
  readonly transactions: readonly SignedTransaction[];
}
