/**
 * @module One block by hand: every certificate, signature, hash and root of it is checked, and it is taken once. The same
 * block again is no news; another one at its height is refused and changes nothing.
 */
import type { ImportOutcome, Result } from '../../../shared/api/objects.ts';
import {
  type CertifiedBytes,
  type LinkedBlock,
  linkBlocks,
} from '../../../shared/protocol/execution/linked-blocks.ts';
import { BlockRangeError } from '../../../shared/protocol/execution/range-error.ts';
import type { TransactionRegistry } from '../../../shared/protocol/transaction/define-transaction.ts';
import { KeyedBuckets } from '../../runtime/keyed-buckets.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';

import type { BlockSync } from './block-sync.ts';
import { forkAt, type OwnChain, testimonyOf } from './divergence.ts';
import { IMPORT_SOURCES_MAX } from './limits.ts';
import type { RangeImport } from './range-import.ts';

export interface BlockImportDeps {
  readonly registry: TransactionRegistry;
  readonly own: OwnChain;
  readonly imports: RangeImport;
  readonly sync: BlockSync;
  /** Blocks that one source may import per second, and at once; 0 for as many as it likes. */
  readonly ratePerSecond: number;
}

export class BlockImport {
  readonly #deps: BlockImportDeps;
  /** Null: every source imports as fast as it can. */
  readonly #budgets: KeyedBuckets | null;

  constructor(deps: BlockImportDeps) {
    this.#deps = deps;
    const rate = deps.ratePerSecond;
    this.#budgets = rate === 0 ? null : new KeyedBuckets({ rate, burst: rate }, IMPORT_SOURCES_MAX);
  }

  /** Takes a block, inside an event of the chain. `block` is of the height that its sender says. */
  run(source: string, height: number, block: CertifiedBytes, nowMs: number): Result<ImportOutcome> {
    const { own, sync } = this.#deps;
    if (this.#budgets?.take(source, 1, nowMs) === false) {
      return fail('RATE_LIMITED', `one source imports ${this.#deps.ratePerSecond} blocks a second here`);
    }
    const head = own.headHeight();
    if (sync.divergence !== null) return fail('CHAIN_HALTED', sync.divergence.detail);
    if (height > head + 1) {
      const extra = { head_height: head, expected_height: head + 1 };
      return fail('BLOCK_GAP', `the next block here has height ${head + 1}`, extra);
    }
    try {
      const [linked] = linkBlocks([block], height, this.#deps.registry);
      if (linked === undefined) return fail('BLOCK_INVALID', 'there is no block');
      if (height === head + 1) {
        this.#deps.imports.run([block], 'every');
        return ok({ height, hash: linked.hash, is_new: true });
      }
      return this.#compare(linked, nowMs);
    } catch (error) {
      if (!(error instanceof BlockRangeError)) throw error;
      return this.#refusal(error, nowMs);
    }
  }

  /** A block of a height that is final here already. */
  #compare({ block, hash, certificate }: LinkedBlock, nowMs: number): Result<ImportOutcome> {
    const { own, sync } = this.#deps;
    const { height } = block.header;
    const ownHash = own.hashAt(height);
    const known = ok({ height, hash, is_new: false });
    if (ownHash === hash) return known;
    if (certificate.blockHash !== hash || certificate.height !== height) {
      return fail('BLOCK_INVALID', 'the certificate is for another block');
    }
    const testimony = testimonyOf(certificate, own);
    if (testimony.kind === 'agrees') return known;
    if (testimony.kind === 'contradicts') sync.diverge(forkAt(height, testimony.ownHash, hash), nowMs);
    if (ownHash === null) return fail('BLOCK_INVALID', 'the validators did not certify it');
    return fail('BLOCK_CONFLICT', `this chain has another block at height ${height}`, {
      height,
      hash: ownHash,
    });
  }

  #refusal(error: BlockRangeError, nowMs: number): Result<ImportOutcome> {
    const { sync } = this.#deps;
    const contradiction = sync.contradiction(error);
    if (contradiction !== null) sync.diverge(contradiction, nowMs);
    const code = error.code === 'RANGE_FORKED' ? 'BLOCK_CONFLICT' : 'BLOCK_INVALID';
    return fail(code, error.message, { ...error.details, reason: error.code });
  }
}
