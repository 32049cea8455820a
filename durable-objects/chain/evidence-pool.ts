/**
 * @module Evidence that waits for a block: what this node saw, and what others sent and this node checked. It lives in
 * memory and goes with the object's; an offence that no proposer remembers when its turn comes stays unpunished.
 */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { checkEvidence } from '../../shared/protocol/execution/check-evidence.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import type { BlockEnvironment } from '../../shared/protocol/state/block-environment.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { EvidenceError } from '../../shared/protocol/votes/evidence-error.ts';

/** Items that wait at once; a validator that signs twice makes one after the other. */
export const EVIDENCE_POOL_MAX = 64;

/** The block above `parent` as far as it is known before it is made. */
export function environmentAbove(
  genesis: Genesis,
  state: StateReader,
  parent: ParentBlock,
  nowMs: number,
): BlockEnvironment {
  return {
    chainId: genesis.chainId,
    height: parent.height + 1,
    timeMs: Math.max(nowMs, parent.timeMs),
    params: readParams(state, genesis.params),
    isSetFixed: genesis.chainType === 'bilateral',
  };
}

export interface EvidencePoolDeps {
  readonly state: StateReader;
  readonly genesisHash: HashHex;
  /** The next block, as far as evidence depends on it. */
  readonly nextBlock: () => BlockEnvironment;
}

export class EvidencePool {
  readonly #deps: EvidencePoolDeps;
  readonly #items = new Map<string, Uint8Array>();

  constructor(deps: EvidencePoolDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#items.size;
  }

  items(): Iterable<Uint8Array> {
    return this.#items.values();
  }

  /** Takes evidence that the next block may hold; true when it is new here. Throws EvidenceError. */
  add(bytes: Uint8Array): boolean {
    const id = toHex(bytes);
    if (this.#items.has(id) || this.#items.size >= EVIDENCE_POOL_MAX) return false;
    this.#check(bytes);
    this.#items.set(id, bytes);
    return true;
  }

  /** After a block: what it included, or made moot, goes. */
  settle(): void {
    for (const [id, bytes] of this.#items) {
      try {
        this.#check(bytes);
      } catch (error) {
        if (!(error instanceof EvidenceError)) throw error;
        this.#items.delete(id);
      }
    }
  }

  #check(bytes: Uint8Array): void {
    const { state, genesisHash, nextBlock } = this.#deps;
    checkEvidence({ state, block: nextBlock(), genesisHash, verifier: nativeVerifier }, bytes);
  }
}
