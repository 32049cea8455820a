/** @module What the software of a node can do for its peers, by name. A peer record lists them. */

/** Name of the protocol: a node that says another one is none of ours. */
export const PROTOCOL_NAME = 'atoll';

/** What this version offers: peer exchange, transactions and blocks passed on, ranges of certified blocks. */
export const CAPABILITIES = ['membership', 'gossip', 'blocks'] as const;

/** Without these a node is no peer. */
export const CAPABILITIES_REQUIRED = ['membership', 'blocks'] as const;
