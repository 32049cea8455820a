/** @module What consensus needs of its chain: blocks to propose, the commit of a decision, and the other validators. */

import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Logger } from '../../shared/observability/log.ts';
import type { ConsensusEffect, ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { NewHeight } from '../../shared/protocol/consensus/input.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import { buildBlock } from '../../shared/protocol/execution/build-block.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import { hasPendingWork } from '../../shared/protocol/execution/due-effects.ts';
import type { FinalBlocks } from '../../shared/protocol/execution/verify-range.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { type Evidence, encodeEvidence } from '../../shared/protocol/votes/evidence.ts';
import type { BlockCommit } from './block-commit.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import type { ConsensusHost } from './consensus-driver.ts';
import { ConsensusMeter } from './consensus-meter.ts';
import type { EvidencePool } from './evidence-pool.ts';
import type { HeadTracker } from './head-tracker.ts';
import type { ChainStore } from './store.ts';
import type { Departed, TransactionPool } from './transaction-pool.ts';

export interface ChainConsensusDeps {
  readonly context: ChainContext;
  /** Null for a node that only follows: it never builds. */
  readonly consensusKey: ConsensusKey | null;
  readonly store: ChainStore;
  readonly pool: TransactionPool;
  readonly head: HeadTracker;
  readonly blocks: CandidateBlocks;
  readonly evidence: EvidencePool;
  /** Where decided blocks go. */
  readonly commits: BlockCommit;
  readonly log: Logger;
  /** Read once per turn by the caller of the driver. */
  readonly nowMs: () => number;
  /** Whether this node is in the set that decides the open height. */
  readonly isValidating: () => boolean;
  /** Transactions that left the pool in this turn. */
  readonly onDeparted: (departed: readonly Departed[]) => void;
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

  /** When an empty block is due: null where the chain makes none, and where this node does not validate. */
  emptyBlockDueMs(): number | null {
    const { context, store, head, isValidating } = this.#deps;
    if (!isValidating()) return null;
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
    assert(consensusKey !== null, 'only a validator is asked to build');
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

  commit(hash: HashHex, certificate: CommitCertificate): void {
    const executed = this.#deps.blocks.executed(hash);
    assert(executed !== undefined, 'a decided block was found valid, so it was executed');
    const { stateWrites, pageWrites } = executed;
    const final = { blocks: [{ executed, certificate }], stateWrites, pageWrites };
    this.#deps.commits.run(final, 'decided', this.#meter.drain());
  }

  adopt(final: FinalBlocks): void {
    this.#deps.commits.run(final, 'imported', this.#meter.drain());
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
    if (this.#deps.evidence.add(bytes) === 'new') this.#deps.onEvidence(bytes);
  }

  observe(event: ConsensusEvent): void {
    this.#meter.take(event, this.#deps.nowMs());
    if (event.name === 'double_sign_prevented') this.#deps.head.count('doubleSignsPrevented');
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
