/**
 * @module Blocks of the height that is open: bodies, what executing them gave, and which are wanted. A block is executed
 * once; a commit applies what that gave.
 */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Block } from '../../shared/protocol/block/block.ts';
import { BlockError } from '../../shared/protocol/block/block-error.ts';
import { checkParts } from '../../shared/protocol/block/check.ts';
import { decodeBody, hashHeader } from '../../shared/protocol/block/encode.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { verifyBlock } from '../../shared/protocol/execution/verify-block.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../shared/protocol/primitives/errors.ts';
import type { ChainStore } from './store.ts';

/** Bodies kept in memory: a block is up to 1 MB, and objects share 128 MB. */
export const CANDIDATE_BODIES_MAX = 12;

interface Candidate {
  readonly block: Block;
  readonly body: Uint8Array;
}

export interface CandidateBlocksDeps {
  readonly context: ChainContext;
  readonly store: ChainStore;
  readonly parent: () => ParentBlock;
  /** True for transactions whose signature this node has checked. */
  readonly verified: (hash: HashHex) => boolean;
  /** Told why a block was found invalid. */
  readonly onInvalid: (hash: HashHex, error: BlockError) => void;
}

export class CandidateBlocks {
  readonly #deps: CandidateBlocksDeps;
  readonly #candidates = new Map<HashHex, Candidate>();
  readonly #executed = new Map<HashHex, ExecutedBlock>();
  readonly #wanted = new Set<HashHex>();

  constructor(deps: CandidateBlocksDeps) {
    this.#deps = deps;
  }

  body(hash: HashHex): Uint8Array | null {
    return this.#candidates.get(hash)?.body ?? null;
  }

  /** Keeps a body of the open height; the verdict if somebody waits for it. */
  add(bytes: Uint8Array): BlockVerdict | null {
    const decoded = this.#decode(bytes);
    if (decoded === null || decoded.block.header.height !== this.#deps.parent().height + 1) return null;
    const { hash, block } = decoded;
    const isWanted = this.#wanted.has(hash);
    if (!this.#candidates.has(hash)) {
      if (this.#candidates.size >= CANDIDATE_BODIES_MAX && !isWanted) return null;
      this.#candidates.set(hash, { block, body: bytes });
    }
    return isWanted ? this.want(hash) : null;
  }

  /** The verdict now if the body is here; otherwise `add` gives it once it comes. */
  want(hash: HashHex): BlockVerdict | null {
    const candidate = this.#candidates.get(hash);
    if (candidate === undefined) {
      this.#wanted.add(hash);
      return null;
    }
    this.#wanted.delete(hash);
    return this.#verdict(hash, candidate);
  }

  /** The verdict on a body that is said to be of `hash`, or null when it is not. */
  judge(hash: HashHex, bytes: Uint8Array): BlockVerdict | null {
    const decoded = this.#decode(bytes);
    if (decoded === null || decoded.hash !== hash) return null;
    const candidate = { block: decoded.block, body: bytes };
    this.#candidates.set(hash, candidate);
    return this.#verdict(hash, candidate);
  }

  /** Keeps an own block, which was executed while it was built. */
  keep(executed: ExecutedBlock): BlockVerdict {
    const { block, hash, body } = executed;
    this.#candidates.set(hash, { block, body });
    this.#executed.set(hash, executed);
    return { hash, valid: true, round: block.header.round, timeMs: block.header.timeMs };
  }

  /** What executing a valid block gave. */
  executed(hash: HashHex): ExecutedBlock | undefined {
    return this.#executed.get(hash);
  }

  /** The height is decided. */
  clear(): void {
    this.#candidates.clear();
    this.#executed.clear();
    this.#wanted.clear();
  }

  #verdict(hash: HashHex, { block, body }: Candidate): BlockVerdict {
    const { round, timeMs } = block.header;
    if (!this.#executed.has(hash)) {
      const { context, store, parent, verified, onInvalid } = this.#deps;
      try {
        const request = {
          state: store,
          pages: store,
          parent: parent(),
          block,
          body,
          hash,
          parts: 'checked' as const,
          verifier: nativeVerifier,
          verified,
        };
        this.#executed.set(hash, verifyBlock(context, request));
      } catch (error) {
        if (!(error instanceof BlockError)) throw error;
        onInvalid(hash, error);
        return { hash, valid: false, round, timeMs };
      }
    }
    return { hash, valid: true, round, timeMs };
  }

  /** A body whose parts do not hash to what its header says is nobody's block: a bad copy must not stand for a good one. */
  #decode(bytes: Uint8Array): { hash: HashHex; block: Block } | null {
    try {
      const block = decodeBody(bytes, this.#deps.context.registry);
      checkParts(block);
      return { hash: hashHeader(block.header), block };
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }
}
