/** @module Metrics of gossip: what a chain's node heard of its peers, new, known and unwanted. */
import type { ChainSnapshot, GossipFigures } from '../../shared/api/objects.ts';
import type { MetricFamily } from '../../shared/observability/exposition.ts';

type Labels = Readonly<Record<string, string>>;
interface Source {
  readonly labels: Labels;
  readonly figures: GossipFigures;
}
type Sample = { readonly labels: Labels; readonly value: number };

/** The families of one scrape. Snapshots that an earlier version has left say nothing of gossip. */
export function gossipFamilies(
  chains: readonly ChainSnapshot[],
  labelsOf: (chain: ChainSnapshot) => Labels,
): MetricFamily[] {
  const sources = chains.flatMap((chain): Source[] =>
    chain.gossip === undefined ? [] : [{ labels: labelsOf(chain), figures: chain.gossip }],
  );
  const perChain = (value: (figures: GossipFigures) => number): Sample[] =>
    sources.map(({ labels, figures }) => ({ labels, value: value(figures) }));
  const perLabel = (label: string, counts: (figures: GossipFigures) => Readonly<Record<string, number>>) =>
    sources.flatMap(({ labels, figures }) =>
      Object.entries(counts(figures)).map(([name, value]) => ({
        labels: { ...labels, [label]: name },
        value,
      })),
    );
  return [
    {
      name: 'blockchain_gossip_delivered_total',
      help: 'Contents of peers handed to the chain, each once, since its object woke.',
      type: 'counter',
      samples: perLabel('kind', ({ delivered }) => delivered),
    },
    {
      name: 'blockchain_gossip_duplicates_total',
      help: 'Contents and announcements of peers that were here already, since the object woke.',
      type: 'counter',
      samples: perLabel('kind', ({ duplicates }) => duplicates),
    },
    {
      name: 'blockchain_gossip_dropped_total',
      help: 'Contents of peers that were not taken, by reason, since the object woke.',
      type: 'counter',
      samples: perLabel('reason', ({ dropped }) => dropped),
    },
    {
      name: 'blockchain_gossip_latency_seconds',
      help: 'Age of contents at their delivery: of transactions since a node took them, of blocks since block time.',
      type: 'histogram',
      samples: sources.flatMap(({ labels, figures }) =>
        Object.entries(figures.latency_seconds).map(([kind, value]) => ({
          labels: { ...labels, kind },
          value,
        })),
      ),
    },
    {
      name: 'blockchain_gossip_seen',
      help: 'Contents that are remembered as seen.',
      type: 'gauge',
      samples: perChain(({ seen }) => seen),
    },
    {
      name: 'blockchain_gossip_links',
      help: 'Open links to other nodes, validators and others.',
      type: 'gauge',
      samples: perChain(({ links }) => links),
    },
  ];
}
