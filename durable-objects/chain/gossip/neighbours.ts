/** @module Whom gossip speaks to, as of now. */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import type { PeerRole } from '../links/peer-role.ts';

export interface Neighbours {
  /** Whether this node is one of the validators. Others follow. */
  isValidating(): boolean;
  roleOf(peer: ConsensusKey): PeerRole;
  /** The other validators of the present set, linked or not. */
  validators(): readonly ConsensusKey[];
  /** The nodes that this one follows the chain through, the one to prefer first. Empty for a validator. */
  upstreams(): readonly ConsensusKey[];
  /** Peers with an open link. */
  linked(): readonly ConsensusKey[];
  /** Queues a frame; a link to a validator or an upstream is opened for it. */
  send(peer: ConsensusKey, frame: PeerFrame): void;
}
