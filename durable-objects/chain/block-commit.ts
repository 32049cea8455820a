/**
 * @module The one place where blocks become final on this node, whoever decided them: one from consensus, or a range from
 * sync. Runs inside the caller's SQLite transaction; rows are written once for all the blocks together.
 */
import type { Logger } from '../../shared/observability/log.ts';
import type { FinalBlock, FinalBlocks } from '../../shared/protocol/execution/verify-range.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import type { BlockFigures } from './chain-counters.ts';
import type { Durations } from './consensus-meter.ts';
import type { EvidencePool } from './evidence-pool.ts';
import type { FinalIndex } from './final-index.ts';
import type { HeadTracker } from './head-tracker.ts';
import { missingIn, signersOf } from './missing-signatures.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import type { RecentCheckpoints } from './recent-checkpoints.ts';
import { SIGN_LOG_HEIGHTS, type SignLog } from './sign-log.ts';
import type { ChainSigning } from './signing/chain-signing.ts';
import type { ChainStore } from './store.ts';
import type { Departed, TransactionPool } from './transaction-pool.ts';

/** What time was measured of a block: of those that came from others, nothing. */
type Measured = Durations & Pick<BlockFigures, 'finalitySeconds'>;
const UNMEASURED: Measured = { finalitySeconds: [], quorumDelaySeconds: [], roundDurationSeconds: [] };

export interface BlockCommitDeps {
  readonly store: ChainStore;
  readonly pool: TransactionPool;
  readonly head: HeadTracker;
  readonly evidence: EvidencePool;
  readonly finals: FinalIndex;
  readonly recent: RecentBlocks;
  readonly checkpoints: RecentCheckpoints;
  readonly signLog: SignLog;
  /** Looks for signatures of the own key in what is committed. */
  readonly signing: Pick<ChainSigning, 'committed'>;
  readonly log: Logger;
  /** Read once per turn by the caller. */
  readonly nowMs: () => number;
  /** Transactions that left the pool in this turn. */
  readonly onDeparted: (departed: readonly Departed[]) => void;
  /** The head has moved in this turn. */
  readonly onCommitted: (final: FinalBlocks, validators: ValidatorSet) => void;
}

export class BlockCommit {
  readonly #deps: BlockCommitDeps;

  constructor(deps: BlockCommitDeps) {
    this.#deps = deps;
  }

  /**
   * Stores final blocks above the head. State and blocks first, then the pool, which reads the new accounts, then the
   * head, which the rows justify. `durations` are those of the rounds that led to the last block.
   */
  run(final: FinalBlocks, origin: 'decided' | 'imported', durations: Durations): void {
    const { store, pool, head, finals, recent, evidence, nowMs, onDeparted, onCommitted, log } = this.#deps;
    const last = final.blocks.at(-1);
    assert(last !== undefined, 'there is a block to commit');
    const { height } = last.executed.block.header;
    const validators = readValidators(store);
    const counted = this.#count(final.blocks);
    store.applyBlocks(final);
    const transactions = final.blocks.flatMap(({ executed }) => executed.block.transactions);
    const departed = pool.settle(transactions, height + 1, nowMs());
    const finality = departed.filter(({ status }) => status === 'final');
    const finalitySeconds = finality.map(({ receivedMs }) => (nowMs() - receivedMs) / 1_000);
    const measured = { finalitySeconds, ...durations };
    const figures = counted.map((figure, index) => ({
      ...figure,
      isImported: origin === 'imported',
      ...(index === counted.length - 1 ? measured : UNMEASURED),
    }));
    head.advance(last, figures);
    this.#pruneSignLog(final.blocks.length, height);
    for (const { executed } of final.blocks) {
      finals.add(executed.block.header.height, executed.receipts);
      recent.keep(executed);
      this.#deps.checkpoints.keep(executed);
    }
    evidence.settle();
    this.#deps.signing.committed(final.blocks);
    onDeparted(departed);
    onCommitted(final, validators);
    log.debug('blocks committed', {
      function: 'commit',
      height,
      hash: last.executed.hash,
      blocks: final.blocks.length,
      transactions: transactions.length,
    });
  }

  /** Before the state moves: the sets of all but the last commit are those of the blocks themselves. */
  #count(blocks: readonly FinalBlock[]): Omit<BlockFigures, keyof Measured | 'isImported'>[] {
    const { store } = this.#deps;
    const [first] = blocks;
    let signers = signersOf(store, first?.executed.block.lastCommit ?? null);
    let validators = readValidators(store).map(({ consensusKey }) => consensusKey);
    return blocks.map(({ executed, certificate }) => {
      const { block, receipts, nextValidators } = executed;
      const counted = {
        transactions: receipts.length,
        rounds: certificate.round + 1,
        missing: missingIn(signers, block.lastCommit),
        validators,
      };
      signers = validators;
      validators = nextValidators.map(({ consensusKey }) => consensusKey);
      return counted;
    });
  }

  #pruneSignLog(count: number, height: number): void {
    const passed = Math.floor(height / SIGN_LOG_HEIGHTS) > Math.floor((height - count) / SIGN_LOG_HEIGHTS);
    if (passed) this.#deps.signLog.prune(height);
  }
}
