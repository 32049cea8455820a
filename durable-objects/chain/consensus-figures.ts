/** @module The figures of consensus in a chain's snapshot. */
import type { SigningGuardReason } from '../../shared/api/consensus-views.ts';
import type { ConsensusFigures } from '../../shared/api/objects.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { ChainCounters } from './chain-counters.ts';

/**
 * Makes the figures of the open height and of all blocks so far. `peers` are links to nodes of other validators,
 * `guard` is why the own key is held back.
 */
export function consensusFigures(
  { round, validators }: Pick<ConsensusState, 'round' | 'validators'>,
  counters: ChainCounters,
  peers: number,
  guard: SigningGuardReason | null = null,
): ConsensusFigures {
  const nameOf = (key: ConsensusKey): string =>
    validators.find(({ consensusKey }) => consensusKey === key)?.name ?? '';
  return {
    round,
    peers,
    missing: counters.missing.map(nameOf),
    validators: validators.map(({ consensusKey, name, power }) => ({
      name,
      power,
      missed: counters.missed[consensusKey] ?? 0,
    })),
    guard,
    double_signs_prevented: counters.doubleSignsPrevented,
    quorum_delay_seconds: counters.quorumDelaySeconds,
    round_duration_seconds: counters.roundDurationSeconds,
  };
}
