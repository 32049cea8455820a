/** @module What the test's nodes and the tests agree on. */
import type { LinkStats } from '../../../durable-objects/chain/links/link-stats.ts';

export const CHAIN_ID = 'links-test';
export const GENESIS_HASH = `0x${'5a'.repeat(32)}`;

/** What a node is told once; it survives restarts. */
export interface NodeSetup {
  /** Consensus key -> base URL. */
  readonly peers: Readonly<Record<string, string>>;
  readonly validators: readonly string[];
  /** Nodes that this one follows the chain through. */
  readonly upstreams?: readonly string[];
  /** True: others are let in, too. */
  readonly isPublic?: boolean;
}

/** What a node tells. */
export interface LinkState {
  readonly life: number;
  readonly connected: readonly string[];
  readonly opened: readonly string[];
  readonly received: readonly { peer: string; kind: string; frame: string; bytes: number }[];
  /** Open sockets that others have dialled. */
  readonly incoming: number;
  /** No socket is open and none is sought. */
  readonly quiet: boolean;
  readonly stats: LinkStats | null;
}
