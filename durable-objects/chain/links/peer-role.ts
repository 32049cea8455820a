/** @module What a peer is to this node. */

/**
 * A validator of the chain; one of the few nodes that this one follows the chain through; or any other node, which may
 * only follow through us. It changes with the validator set and with whom this node follows.
 */
export type PeerRole = 'validator' | 'upstream' | 'stranger';
