/** @module Exact totals of a chain, written with each block. */
import type { HistogramValue } from '../../shared/api/objects.ts';
import { emptyHistogram, observe } from '../../shared/observability/histogram.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';

export interface ChainCounters {
  readonly transactions: number;
  readonly rounds: number;
  readonly lastRounds: number;
  readonly finalitySeconds: HistogramValue;
  /** From the first sight of a proposal to the precommits of two thirds. */
  readonly quorumDelaySeconds: HistogramValue;
  readonly roundDurationSeconds: HistogramValue;
  readonly doubleSignsPrevented: number;
  /** Blocks that came from others rather than from consensus. */
  readonly imported: number;
  /** Answers of peers that were of no use to sync. */
  readonly syncFailures: number;
  /** Validators that did not sign the last commit that stands in a block. */
  readonly missing: readonly ConsensusKey[];
  /** By key, for validators in the set: commits in blocks without their signature. Those with none are left out. */
  readonly missed: Readonly<Record<ConsensusKey, number>>;
}

/** What one block adds. */
export interface BlockFigures {
  readonly transactions: number;
  readonly rounds: number;
  readonly finalitySeconds: readonly number[];
  readonly quorumDelaySeconds: readonly number[];
  readonly roundDurationSeconds: readonly number[];
  /** Whether the block came from others rather than from consensus. */
  readonly isImported: boolean;
  readonly missing: readonly ConsensusKey[];
  /** Keys of the set that signed the block. */
  readonly validators: readonly ConsensusKey[];
}

/** Of a chain without a block. */
export function newCounters(): ChainCounters {
  return {
    transactions: 0,
    rounds: 0,
    lastRounds: 0,
    finalitySeconds: emptyHistogram(),
    quorumDelaySeconds: emptyHistogram(),
    roundDurationSeconds: emptyHistogram(),
    doubleSignsPrevented: 0,
    imported: 0,
    syncFailures: 0,
    missing: [],
    missed: {},
  };
}

/** The totals after a block. */
export function withBlock(counters: ChainCounters, block: BlockFigures): ChainCounters {
  return {
    transactions: counters.transactions + block.transactions,
    rounds: counters.rounds + block.rounds,
    lastRounds: block.rounds,
    finalitySeconds: observe(counters.finalitySeconds, block.finalitySeconds),
    quorumDelaySeconds: observe(counters.quorumDelaySeconds, block.quorumDelaySeconds),
    roundDurationSeconds: observe(counters.roundDurationSeconds, block.roundDurationSeconds),
    doubleSignsPrevented: counters.doubleSignsPrevented,
    imported: counters.imported + (block.isImported ? 1 : 0),
    syncFailures: counters.syncFailures,
    missing: block.missing,
    missed: missedAfter(counters.missed, block),
  };
}

/** Whoever leaves the set is forgotten, so that the record stays as small as the set. */
function missedAfter(
  before: ChainCounters['missed'],
  { missing, validators }: BlockFigures,
): ChainCounters['missed'] {
  const after: Record<ConsensusKey, number> = {};
  for (const key of validators) {
    const count = (before[key] ?? 0) + (missing.includes(key) ? 1 : 0);
    if (count > 0) after[key] = count;
  }
  return after;
}
