/** @module What two validators' nodes say to each other, as values. Bytes are in `frame-codec.ts`. */
import type { ConsensusMessage } from '../../protocol/consensus/message.ts';
import type { HashHex } from '../../protocol/primitives/brand.ts';

/** One frame. Bodies, certificates, transactions and evidence travel as the canonical bytes in which they are stored. */
export type PeerFrame =
  | { readonly kind: 'consensus'; readonly message: ConsensusMessage }
  /** The body of a proposed block, with a proposal or asked for by hash. */
  | { readonly kind: 'block'; readonly body: Uint8Array }
  | { readonly kind: 'request_block'; readonly hash: HashHex }
  /** A decided block with its commit certificate. */
  | {
      readonly kind: 'decided';
      readonly height: number;
      readonly body: Uint8Array;
      readonly certificate: Uint8Array;
    }
  /** Asks for the decided blocks `from` to `to`, both included. */
  | { readonly kind: 'request_decided'; readonly from: number; readonly to: number }
  | { readonly kind: 'transactions'; readonly transactions: readonly Uint8Array[] }
  | { readonly kind: 'evidence'; readonly evidence: Uint8Array }
  /** The sender's head; `certificate` proves it and is null at height 0. */
  | { readonly kind: 'tip'; readonly height: number; readonly certificate: Uint8Array | null };

/** Name of a kind of frame. */
export type PeerFrameKind = PeerFrame['kind'];
