/** @module The result of executing a block: all that a commit stores, so that nothing is executed twice. */
import type { Block } from '../block/block.ts';
import type { ParentLink } from '../block/check.ts';
import type { PageWrite } from '../merkle/page-store.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { StateWrite } from '../primitives/state-reader.ts';
import type { Receipt } from '../transaction/receipt.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { EvidenceErrorCode } from '../votes/evidence-error.ts';
import type { Incident } from './incident.ts';

/** The block below the one executed, with the certificate that made it final; null for the genesis. */
export interface ParentBlock extends ParentLink {
  readonly commit: CommitCertificate | null;
}

/** A candidate that may not be in the block, and why. It may be in a later one. */
export interface RejectedCandidate {
  readonly hash: HashHex;
  /** Code of a TransactionError or InclusionError. */
  readonly code: string;
}

/** Evidence that may not be in the block, and why. */
export interface RejectedEvidence {
  readonly bytes: Uint8Array;
  /** Code of an EvidenceError, or EVIDENCE_NO_ROOM. Only that one may be good for a later block. */
  readonly code: EvidenceErrorCode | 'EVIDENCE_NO_ROOM';
}

export interface ExecutedBlock {
  readonly block: Block;
  /** Hash of the header. */
  readonly hash: HashHex;
  /** Canonical bytes of the block. */
  readonly body: Uint8Array;
  readonly receipts: readonly Receipt[];
  /** CBOR list of the receipts. */
  readonly receiptBytes: Uint8Array;
  /** Net changes of the state, ascending by namespace and key. */
  readonly stateWrites: readonly StateWrite[];
  /** Pages of the state tree that changed. */
  readonly pageWrites: readonly PageWrite[];
  /** Sum of all fees taken, burned part included. */
  readonly feesTotal: bigint;
  /** Empty for a block that was verified. */
  readonly rejected: readonly RejectedCandidate[];
  /** Empty for a block that was verified. */
  readonly rejectedEvidence: readonly RejectedEvidence[];
  /** The set that decides the next height. */
  readonly nextValidators: ValidatorSet;
  /** Evidence and jailings, in their order. */
  readonly incidents: readonly Incident[];
  /** False for a block without work at a time at which the chain makes no empty one: it must not be proposed. */
  readonly isContentAllowed: boolean;
}
