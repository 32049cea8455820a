/** @module What two nodes of a chain say to each other, as values. Bytes are in `frame-codec.ts`. */
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
  | {
      readonly kind: 'transactions';
      /** Links that they have come over, this one included; at least 1. */
      readonly hops: number;
      /** When the first node took the oldest of them; milliseconds of its clock. For figures only: nobody has to believe it. */
      readonly bornMs: number;
      readonly transactions: readonly Uint8Array[];
    }
  | { readonly kind: 'evidence'; readonly evidence: Uint8Array }
  /** The sender's head; `certificate` proves it and is null at height 0. */
  | { readonly kind: 'tip'; readonly height: number; readonly certificate: Uint8Array | null }
  /** Hashes of pending transactions that the sender would give. */
  | { readonly kind: 'have_transactions'; readonly hashes: readonly HashHex[] }
  /** Asks for those of them that the sender lacks. */
  | { readonly kind: 'want_transactions'; readonly hashes: readonly HashHex[] };

/** Name of a kind of frame. */
export type PeerFrameKind = PeerFrame['kind'];
