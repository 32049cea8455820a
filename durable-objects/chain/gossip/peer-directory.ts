/**
 * @module Where the nodes of a chain are: what the operator wrote in PEERS, and what the node's registry has learnt. A key
 * is that of a node or of the validator that it speaks for.
 */
import type { ChainPeer } from '../../../shared/api/objects.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { parseConsensusKey } from '../../../shared/protocol/primitives/consensus-key.ts';
import { DIRECTORY_AGE_MS } from './limits.ts';

export interface PeerDirectoryDeps {
  /** Base URL by key, from the settings. */
  readonly settled: ReadonlyMap<ConsensusKey, string>;
  readonly own: ReadonlySet<ConsensusKey>;
  /** The registry's peers of this chain, best first. */
  fetch(): Promise<readonly ChainPeer[]>;
  /** The list has come. */
  onChanged(): void;
  onError(error: unknown): void;
}

/** One node that can be reached. */
interface Entry {
  readonly nodeKey: ConsensusKey | null;
  readonly consensusKey: ConsensusKey | null;
  readonly url: string;
}

export class PeerDirectory {
  readonly #deps: PeerDirectoryDeps;
  #learnt: readonly Entry[] = [];
  #byKey = new Map<ConsensusKey, Entry>();
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #isFetching = false;

  constructor(deps: PeerDirectoryDeps) {
    this.#deps = deps;
  }

  /** Base URL of a peer's node. What the operator wrote counts more than what the network says. */
  urlOf(peer: ConsensusKey): string | undefined {
    const { settled } = this.#deps;
    const entry = this.#byKey.get(peer);
    const aliases = [peer, entry?.consensusKey, entry?.nodeKey].filter((key) => key != null);
    const known = aliases.map((key) => settled.get(key)).find((url) => url !== undefined);
    return known ?? entry?.url;
  }

  /**
   * One key for each node that can be reached, those of the settings first: the validator's where `isValidator` says that it
   * is one, as that is how it is known in the set.
   */
  candidates(isValidator: (key: ConsensusKey) => boolean): ConsensusKey[] {
    const { settled, own } = this.#deps;
    const keys = new Set<ConsensusKey>();
    for (const key of [...settled.keys(), ...this.#learnt.map(anyKey)]) {
      const entry = this.#byKey.get(key);
      const consensusKey = entry?.consensusKey ?? null;
      const isMember = consensusKey !== null && isValidator(consensusKey);
      const canonical = isMember ? consensusKey : (entry?.nodeKey ?? key);
      if (!own.has(canonical) && !own.has(key)) keys.add(canonical);
    }
    return [...keys];
  }

  /** Fetches the list anew where the last one is old. Its coming is told by `onChanged`. */
  refresh(nowMs: number): void {
    if (this.#isFetching || nowMs - this.#fetchedMs < DIRECTORY_AGE_MS) return;
    this.#isFetching = true;
    void this.#fetch(nowMs);
  }

  /** Takes a list that came by itself. */
  learn(peers: readonly ChainPeer[]): void {
    this.#learnt = peers.map(({ node_key, consensus_key, url }) => ({
      nodeKey: parseConsensusKey(node_key),
      consensusKey: consensus_key === null ? null : parseConsensusKey(consensus_key),
      url,
    }));
    // A validator keeps its last address when the registry no longer names it: what it is held against is bulk, not votes.
    for (const entry of this.#learnt) {
      if (entry.nodeKey !== null) this.#byKey.set(entry.nodeKey, entry);
      if (entry.consensusKey !== null) this.#byKey.set(entry.consensusKey, entry);
    }
  }

  async #fetch(nowMs: number): Promise<void> {
    try {
      this.learn(await this.#deps.fetch());
      this.#fetchedMs = nowMs;
      this.#isFetching = false;
      this.#deps.onChanged();
    } catch (error) {
      this.#fetchedMs = nowMs;
      this.#isFetching = false;
      this.#deps.onError(error);
    }
  }
}

function anyKey({ nodeKey, consensusKey }: Entry): ConsensusKey {
  return (nodeKey ?? consensusKey) as ConsensusKey;
}
