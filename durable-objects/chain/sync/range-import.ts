/**
 * @module Final blocks that others decided, verified and made final here: by sync in ranges, by hand one at a time. The
 * commit is that of consensus, and the machine goes on above the last block.
 */
import type { PeerOffence } from '../../../shared/api/objects.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import type { ChainContext } from '../../../shared/protocol/execution/chain-context.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import type { BlockRangeErrorCode } from '../../../shared/protocol/execution/range-error.ts';
import { type CertificateRule, verifyRange } from '../../../shared/protocol/execution/verify-range.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { ConsensusDriver } from '../consensus-driver.ts';
import type { HeadTracker } from '../head-tracker.ts';
import type { ChainStore } from '../store.ts';

/** What each code shows of whoever sent the blocks; null where it is the validators who contradict this node. */
export const OFFENCES: Readonly<Record<BlockRangeErrorCode, PeerOffence | null>> = {
  RANGE_MALFORMED: 'bad_frame',
  RANGE_BROKEN: 'invalid_block',
  RANGE_BODY_MISMATCH: 'invalid_block',
  RANGE_CERTIFICATE_INVALID: 'invalid_certificate',
  RANGE_FORKED: null,
  RANGE_BLOCK_INVALID: null,
};

export interface RangeImportDeps {
  readonly context: ChainContext;
  readonly store: ChainStore;
  readonly head: HeadTracker;
  readonly driver: ConsensusDriver;
  /** True for transactions whose signature this node has checked. */
  readonly verified: (hash: HashHex) => boolean;
  /** Read once per event by the caller. */
  readonly nowMs: () => number;
}

export class RangeImport {
  readonly #deps: RangeImportDeps;

  constructor(deps: RangeImportDeps) {
    this.#deps = deps;
  }

  /** Takes blocks above the head: all of them in one transaction, or none. Throws BlockRangeError. */
  run(blocks: readonly CertifiedBytes[], certificates: CertificateRule): void {
    const { context, store, head, driver, verified, nowMs } = this.#deps;
    const final = verifyRange(context, {
      state: store,
      pages: store,
      parent: head.parent,
      blocks,
      certificates,
      verifier: nativeVerifier,
      verified,
    });
    driver.adopt(final, nowMs());
  }
}
