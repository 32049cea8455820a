/** @module Metrics of consensus: what a chain's snapshot says of rounds, votes and validators. */
import type { ChainSnapshot, ConsensusFigures } from '../../shared/api/objects.ts';
import type { MetricFamily } from '../../shared/observability/exposition.ts';

type Labels = Readonly<Record<string, string>>;
interface Source {
  readonly labels: Labels;
  readonly figures: ConsensusFigures;
}
type Sample = { readonly labels: Labels; readonly value: number };

/** The families of one scrape. Snapshots that an earlier version has left say nothing of consensus. */
export function consensusFamilies(
  chains: readonly ChainSnapshot[],
  labelsOf: (chain: ChainSnapshot) => Labels,
): MetricFamily[] {
  const sources = chains.flatMap((chain): Source[] =>
    chain.consensus === undefined ? [] : [{ labels: labelsOf(chain), figures: chain.consensus }],
  );
  const perChain = (value: (figures: ConsensusFigures) => number): Sample[] =>
    sources.map(({ labels, figures }) => ({ labels, value: value(figures) }));
  return [
    {
      name: 'blockchain_consensus_round',
      help: 'Round of the open height.',
      type: 'gauge',
      samples: perChain(({ round }) => round),
    },
    {
      name: 'blockchain_consensus_missing_validators',
      help: 'Validators that did not sign the newest commit that stands in a block.',
      type: 'gauge',
      samples: perChain(({ missing }) => missing.length),
    },
    {
      name: 'blockchain_consensus_validators_power',
      help: 'Voting power of each validator, a share of 10^9; those of one name together.',
      type: 'gauge',
      samples: perName(sources, ({ power }) => power),
    },
    {
      name: 'blockchain_consensus_missed_blocks_total',
      help: 'Commits in blocks without the signature of the validator, since it is in the set.',
      type: 'counter',
      samples: perName(sources, ({ missed }) => missed),
    },
    {
      name: 'blockchain_consensus_double_signs_prevented_total',
      help: 'Second signatures for one position that the sign log has refused.',
      type: 'counter',
      samples: perChain((figures) => figures.double_signs_prevented),
    },
    {
      name: 'blockchain_consensus_signing_guarded',
      help: '1 while the validator key of the node is held back, with the reason; else 0.',
      type: 'gauge',
      samples: sources.map(({ labels, figures: { guard = null } }) => ({
        labels: { ...labels, reason: guard ?? 'none' },
        value: guard === null ? 0 : 1,
      })),
    },
    {
      name: 'blockchain_consensus_quorum_delay_seconds',
      help: 'From the first sight of a proposal to the precommits of two thirds.',
      type: 'histogram',
      samples: sources.map(({ labels, figures }) => ({ labels, value: figures.quorum_delay_seconds })),
    },
    {
      name: 'blockchain_consensus_round_duration_seconds',
      help: 'From the start of a round to its decision or to the next round.',
      type: 'histogram',
      samples: sources.map(({ labels, figures }) => ({ labels, value: figures.round_duration_seconds })),
    },
    {
      name: 'blockchain_network_peers',
      help: 'Links to nodes of other validators, as of the last block or change of round.',
      type: 'gauge',
      samples: perChain(({ peers }) => peers),
    },
  ];
}

/** One sample per name: names are free text that two validators may share, and a series must not occur twice. */
function perName(
  sources: readonly Source[],
  value: (validator: ConsensusFigures['validators'][number]) => number,
): Sample[] {
  return sources.flatMap(({ labels, figures }) => {
    const sums = new Map<string, number>();
    for (const validator of figures.validators) {
      sums.set(validator.name, (sums.get(validator.name) ?? 0) + value(validator));
    }
    return [...sums].map(([validator, sum]) => ({ labels: { ...labels, validator }, value: sum }));
  });
}
