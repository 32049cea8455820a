/** @module What consensus needs of its chain: blocks to propose, the commit of a decision, and the other validators. */

import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Logger } from '../../shared/observability/log.ts';
import type { ConsensusEffect, ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { NewHeight } from '../../shared/protocol/consensus/input.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import { hasPendingWork } from '../../shared/protocol/execution/due-effects.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { type Evidence, encodeEvidence } from '../../shared/protocol/votes/evidence.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import type { ConsensusHost } from './consensus-driver.ts';
import { ConsensusMeter } from './consensus-meter.ts';
import type { EvidencePool } from './evidence-pool.ts';
import type { FinalIndex } from './final-index.ts';
import type { HeadTracker } from './head-tracker.ts';
import { missingIn } from './missing-signatures.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { SIGN_LOG_HEIGHTS, type SignLog } from './sign-log.ts';
import type { ChainStore } from './store.ts';
import type { Departed, TransactionPool } from './transaction-pool.ts';

export interface ChainConsensusDeps {
  readonly context: ChainContext;
  readonly consensusKey: ConsensusKey;
  readonly store: ChainStore;
  readonly pool: TransactionPool;
  readonly head: HeadTracker;
  readonly blocks: CandidateBlocks;
  readonly evidence: EvidencePool;
  readonly finals: FinalIndex;
  readonly recent: RecentBlocks;
  readonly signLog: SignLog;
  readonly log: Logger;
  /** Read once per turn by the caller of the driver. */
  readonly nowMs: () => number;
  /** Transactions that left the pool in this turn. */
  readonly onDeparted: (departed: readonly Departed[]) => void;
  /** The head has moved in this turn. */
  readonly onCommitted: () => void;
  /** Evidence that this node has made: the others want it too. After the turn. */
  readonly onEvidence: (evidence: Uint8Array) => void;
  /** After the turn. */
  readonly onEvent: (event: ConsensusEvent) => void;
}

export class ChainConsensus implements ConsensusHost {
  readonly #deps: ChainConsensusDeps;
  readonly #meter = new ConsensusMeter();

  constructor(deps: ChainConsensusDeps) {
    this.#deps = deps;
  }

  newHeight(): NewHeight {
    const { head, store, context } = this.#deps;
    const { height, hash, timeMs, commit } = head.parent;
    return {
      height: height + 1,
      validators: readValidators(store),
      params: readParams(store, context.genesis.params),
      parent: { hash, timeMs },
      lastCommit: commit,
    };
  }

  /** When an empty block is due: null where the chain makes none. */
  emptyBlockDueMs(): number | null {
    const { context, store, head } = this.#deps;
    const { emptyBlocks, blockTimeMs, heartbeatIntervalMs } = readParams(store, context.genesis.params);
    const { timeMs } = head.parent;
    if (emptyBlocks === 'always') return timeMs + blockTimeMs;
    return emptyBlocks === 'heartbeat' ? timeMs + Math.max(blockTimeMs, heartbeatIntervalMs) : null;
  }

  hasWork(): boolean {
    const { context, store, pool, head, evidence, nowMs } = this.#deps;
    if (pool.hasCandidates() || evidence.size > 0) return true;
    const emptyDueMs = this.emptyBlockDueMs();
    if (emptyDueMs !== null && emptyDueMs <= nowMs()) return true;
    return hasPendingWork(store, head.parent, context.genesis.params);
  }

  /** Candidates that execution refuses for good leave the pool, so that they cannot ask for a block for ever. */
  build(effect: Extract<ConsensusEffect, { type: 'build_block' }>): BlockVerdict | null {
    const { context, store, pool, head, blocks, evidence, consensusKey, nowMs, onDeparted } = this.#deps;
    const parent = { ...head.parent, commit: effect.lastCommit };
    const { round, timeMs } = effect;
    const executed = buildBlock(context, {
      state: store,
      pages: store,
      parent,
      round,
      timeMs,
      proposer: consensusKey,
      candidates: pool.candidates(),
      evidence: evidence.items(),
      verifier: nativeVerifier,
    });
    onDeparted(pool.drop(executed.rejected, nowMs()));
    return executed.isContentAllowed ? blocks.keep(executed) : null;
  }

  /** State and block first, then the pool, which reads the new accounts, then the head, which the rows justify. */
  commit(hash: HashHex, certificate: CommitCertificate): void {
    const { store, pool, head, blocks, finals, signLog, nowMs, onDeparted, onCommitted, log } = this.#deps;
    const executed = blocks.executed(hash);
    assert(executed !== undefined, 'a decided block was found valid, so it was executed');
    const validators = readValidators(store).map(({ consensusKey: key }) => key);
    const missing = missingIn(store, executed.block.lastCommit);
    store.applyBlock(executed, encodeCertificate(certificate));
    const departed = pool.settle(executed, nowMs());
    const finality = departed.filter(({ status }) => status === 'final');
    head.advance(executed, certificate, {
      transactions: executed.receipts.length,
      rounds: certificate.round + 1,
      finalitySeconds: finality.map(({ receivedMs }) => (nowMs() - receivedMs) / 1000),
      ...this.#meter.drain(),
      missing,
      validators,
    });
    const { height } = executed.block.header;
    if (height % SIGN_LOG_HEIGHTS === 0) signLog.prune(height);
    finals.add(height, executed.receipts);
    this.#deps.recent.keep(executed);
    this.#deps.evidence.settle();
    onDeparted(departed);
    onCommitted();
    log.debug('block committed', {
      function: 'commit',
      height,
      hash,
      transactions: executed.receipts.length,
    });
  }

  /** The machine has seen two signatures for one position. Those of its own height wait for the next block. */
  evidence(evidence: Evidence): void {
    const { height, round, step, validator } = evidence;
    const bytes = encodeEvidence(evidence);
    this.#deps.log.warning('a validator signed twice', {
      function: 'evidence',
      height,
      round,
      step,
      validator,
    });
    if (this.#deps.evidence.add(bytes)) this.#deps.onEvidence(bytes);
  }

  observe(event: ConsensusEvent): void {
    this.#meter.take(event, this.#deps.nowMs());
    if (event.name === 'double_sign_prevented') this.#deps.head.countDoubleSignPrevented();
  }

  event(event: ConsensusEvent): void {
    this.#deps.onEvent(event);
  }

  halt(hash: HashHex, height: number): void {
    this.#deps.log.error('halted: a quorum certified a block that this node finds invalid', {
      function: 'halt',
      height,
      hash,
    });
  }
}
