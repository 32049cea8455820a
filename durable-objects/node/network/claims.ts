/** @module What this node says of its chains: their heads and some lower blocks, as the registry has them. */
import type { ChainClaim } from '../../../shared/api/network-views.ts';
import type { ChainSnapshot } from '../../../shared/api/objects.ts';
import { EXCHANGE_CHAINS_MAX } from '../../../shared/api/schemas/network.ts';
import { decodeGenesis } from '../../../shared/protocol/genesis/encode.ts';
import type { ChainRegistry } from '../registry.ts';
import type { CheckpointTable } from '../watch/checkpoints.ts';
import type { Peer } from './peer.ts';

export class Claims {
  readonly #registry: ChainRegistry;
  readonly #checkpoints: CheckpointTable;

  constructor(registry: ChainRegistry, checkpoints: CheckpointTable) {
    this.#registry = registry;
    this.#checkpoints = checkpoints;
  }

  /** All chains. */
  own(): ChainClaim[] {
    return this.#registry.snapshots().map((snapshot) => this.#claim(snapshot));
  }

  /**
   * What a peer is told, null for a node that is none yet: the chains that changed last. A chain of two parties is
   * shown to those alone.
   */
  shownTo(peer: Peer | null): ChainClaim[] {
    return this.#registry
      .snapshots()
      .filter(({ chain_id, chain_type }) => chain_type !== 'bilateral' || this.#isParty(chain_id, peer))
      .sort((a, b) => b.updated_ms - a.updated_ms)
      .slice(0, EXCHANGE_CHAINS_MAX)
      .map((snapshot) => this.#claim(snapshot));
  }

  #isParty(chainId: string, peer: Peer | null): boolean {
    const key = peer?.record.consensusKey ?? null;
    const genesis = this.#registry.genesis(chainId);
    if (key === null || genesis === null) return false;
    return decodeGenesis(genesis).authorities.some(({ consensusKey }) => consensusKey === key);
  }

  #claim({ chain_id, genesis_hash, head }: ChainSnapshot): ChainClaim {
    const { height, hash, state_root } = head;
    return {
      chain_id,
      genesis_hash,
      height,
      head_hash: hash,
      state_root,
      checkpoints: this.#checkpoints.of(chain_id),
    };
  }
}
