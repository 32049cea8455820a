/** @module Metrics of synchronisation: what a chain's snapshot says of how it stands to those of its peers. */
import type { ChainSnapshot, SyncFigures } from '../../shared/api/objects.ts';
import type { MetricFamily } from '../../shared/observability/exposition.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly labels: Labels; readonly value: number };

/** States of {@link SyncFigures}; one of them is 1 for each chain. */
const STATES: readonly SyncFigures['state'][] = ['synced', 'syncing', 'waiting', 'diverged'];

/** The families of one scrape. Snapshots that an earlier version has left say nothing of synchronisation. */
export function syncFamilies(
  chains: readonly ChainSnapshot[],
  labelsOf: (chain: ChainSnapshot) => Labels,
): MetricFamily[] {
  const sources = chains.flatMap((chain) =>
    chain.sync === undefined
      ? []
      : [{ labels: labelsOf(chain), head: chain.head.height, figures: chain.sync }],
  );
  const perChain = (value: (figures: SyncFigures, head: number) => number): Sample[] =>
    sources.map(({ labels, head, figures }) => ({ labels, value: value(figures, head) }));
  return [
    {
      name: 'blockchain_sync_state',
      help: 'How the chain stands to those of its peers: 1 for the state that it is in.',
      type: 'gauge',
      samples: sources.flatMap(({ labels, figures }) =>
        STATES.map((state) => ({ labels: { ...labels, state }, value: figures.state === state ? 1 : 0 })),
      ),
    },
    {
      name: 'blockchain_sync_target_height',
      help: 'Highest height that is known to be certified.',
      type: 'gauge',
      samples: perChain(({ target }, head) => Math.max(target, head)),
    },
    {
      name: 'blockchain_sync_lag_blocks',
      help: 'Certified blocks that this node does not have yet.',
      type: 'gauge',
      samples: perChain(({ target }, head) => Math.max(0, target - head)),
    },
    {
      name: 'blockchain_sync_blocks_per_second',
      help: 'Blocks that come in while the node catches up, over the last seconds.',
      type: 'gauge',
      samples: perChain(({ blocks_per_second }) => blocks_per_second),
    },
    {
      name: 'blockchain_sync_blocks_imported_total',
      help: 'Blocks that came from others rather than from consensus.',
      type: 'counter',
      samples: perChain(({ imported_total }) => imported_total),
    },
    {
      name: 'blockchain_sync_failures_total',
      help: 'Answers of peers that were of no use to synchronisation.',
      type: 'counter',
      samples: perChain(({ failures_total }) => failures_total),
    },
  ];
}
