/** @module What objects ask of each other, and the edge of them, about the validator key and about evidence. */
import type { EvidenceView, SigningView } from './consensus-views.ts';
import type { ChainHead, Result } from './objects.ts';

/** What the node remembers of a chain that its object may have forgotten. */
export interface SigningRecord {
  /** Highest head that the chain ever had here. */
  readonly height: number;
  /** When the validator key was last ordered to be held; 0 for never. */
  readonly order_ms: number;
}

/** The part of a ChainObject. */
export interface ChainSigningRpc {
  /** The operator vouches for what lies above this position. Refusals are SIGNING_ codes. */
  setSigningMark(mark: { height: number; round?: number }): Promise<Result<SigningView>>;
  /** The node was ordered to hold the key. */
  guardSigning(order: { order_ms: number }): Promise<Result<SigningView>>;
  /** Newest first. Offences are forgotten once nothing as old could be brought again. `pending` wait for a block here. */
  evidence(page: {
    limit: number;
  }): Promise<Result<{ evidence: EvidenceView[]; pending: number; head: ChainHead }>>;
  /** Canonical bytes of one item; it waits for a block and goes to the other validators. Refusals are EVIDENCE_ codes. */
  submitEvidence(item: { bytes: Uint8Array }): Promise<Result<{ head: ChainHead }>>;
}

/** The part of the NodeObject. */
export interface NodeSigningRpc {
  /** Asked by a ChainObject before its first signature. Zeros for a chain of another genesis, and for an unknown one. */
  signingRecord(request: { chain_id: string; genesis_hash: string }): Promise<SigningRecord>;
  /**
   * Holds the validator key of a chain until the operator sets its mark: before its storage is restored, or moved. The order
   * is written here first, so that a storage that is older than it obeys it, too.
   */
  guardSigning(request: { chain_id: string; actor: string }): Promise<Result<SigningView>>;
}
