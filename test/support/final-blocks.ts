/** @module Final blocks as another node would send them, and the node that takes them: state in maps, verification for real. */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Verifier } from '../../shared/protocol/crypto/verifier.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import {
  type CertificateRule,
  type FinalBlocks,
  verifyRange,
} from '../../shared/protocol/execution/verify-range.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { genesisParent, genesisStore, type InMemoryState } from './in-memory-chain.ts';

/** How a node verifies; the defaults are those of sync. */
export interface TakeOptions {
  readonly certificates?: CertificateRule;
  readonly verifier?: Verifier;
}

/** A node that follows a chain by ranges alone. */
export class RangeFollower {
  readonly context: ChainContext;
  readonly state: InMemoryState;
  parent: ParentBlock;

  constructor(chain: { readonly context: ChainContext; readonly genesis: Genesis }) {
    this.context = chain.context;
    this.state = genesisStore(chain.genesis);
    this.parent = genesisParent(chain.genesis);
  }

  /** Verifies without taking anything. */
  verify(blocks: readonly CertifiedBytes[], options: TakeOptions = {}): FinalBlocks {
    const { certificates = 'last_of_run', verifier = nativeVerifier } = options;
    const { state, parent } = this;
    return verifyRange(this.context, { state, pages: state, parent, blocks, certificates, verifier });
  }

  /** Verifies and commits. */
  take(blocks: readonly CertifiedBytes[], options: TakeOptions = {}): FinalBlocks {
    const final = this.verify(blocks, options);
    this.state.commit(final);
    const last = final.blocks.at(-1);
    assert(last !== undefined, 'a range that was verified has a block');
    const { height, timeMs } = last.executed.block.header;
    this.parent = { height, hash: last.executed.hash, timeMs, commit: last.certificate };
    return final;
  }
}

/** What a peer would send of the block at the head of a chain that keeps its certificate in `parent`. */
export function bytesOf(chain: { readonly parent: ParentBlock }, body: Uint8Array): CertifiedBytes {
  const { commit } = chain.parent;
  assert(commit !== null, 'a produced block is certified');
  return { body, certificate: encodeCertificate(commit) };
}
