/** @module Every metric of a node: name, help and where its samples come from. */
import type { NetworkFigures } from '../../shared/api/network-views.ts';
import type { CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import type { ChainSnapshot } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { PROTOCOL_VERSION, VERSION } from '../../shared/api/version.ts';
import type { MetricFamily } from '../../shared/observability/exposition.ts';
import { consensusFamilies } from './consensus-families.ts';
import { gossipFamilies } from './gossip-families.ts';
import { networkFamilies } from './network-families.ts';
import { REQUEST_METRICS } from './request-metrics.ts';
import { syncFamilies } from './sync-families.ts';

interface NodeMetrics {
  readonly chains: readonly ChainSnapshot[];
  readonly counters: readonly CounterDelta[];
  readonly histograms: readonly HistogramDelta[];
  readonly network: NetworkFigures | null;
}

interface ChainMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  value(chain: ChainSnapshot): number;
}

type Labels = Readonly<Record<string, string>>;
const labelsOf = ({ chain_id, chain_type }: ChainSnapshot): Labels => ({ chain_id, chain_type });

/** Counters of chains are exact: they are written with the block that they count. */
const CHAIN_METRICS: readonly ChainMetric[] = [
  {
    name: 'blockchain_blocks_total',
    help: 'Final blocks.',
    type: 'counter',
    value: (chain) => chain.head.height,
  },
  {
    name: 'blockchain_transactions_total',
    help: 'Transactions in final blocks.',
    type: 'counter',
    value: (chain) => chain.transactions_total,
  },
  {
    name: 'blockchain_consensus_rounds',
    help: 'Rounds that the last block needed.',
    type: 'gauge',
    value: (chain) => chain.last_rounds,
  },
  {
    name: 'blockchain_consensus_rounds_total',
    help: 'Rounds of all final blocks together.',
    type: 'counter',
    value: (chain) => chain.rounds_total,
  },
  {
    name: 'blockchain_consensus_validators',
    help: 'Validators in the present set.',
    type: 'gauge',
    value: (chain) => chain.validators,
  },
  {
    name: 'blockchain_head_height',
    help: 'Height of the head.',
    type: 'gauge',
    value: (chain) => chain.head.height,
  },
  {
    name: 'blockchain_head_timestamp_seconds',
    help: 'Block time of the head, Unix seconds.',
    type: 'gauge',
    value: (chain) => chain.head.time_ms / 1_000,
  },
  {
    name: 'blockchain_mempool_size_transactions',
    help: 'Pending transactions.',
    type: 'gauge',
    value: (chain) => chain.mempool_transactions,
  },
  {
    name: 'blockchain_mempool_size_bytes',
    help: 'Bytes of the pending transactions.',
    type: 'gauge',
    value: (chain) => chain.mempool_bytes,
  },
  {
    name: 'blockchain_outbox_lag_blocks',
    help: 'Final blocks that the ledger does not have yet.',
    type: 'gauge',
    value: (chain) => Math.max(0, chain.head.height - chain.ledger.height),
  },
];

/** The families of one scrape. */
export function metricFamilies(state: NodeMetrics, settings: Settings): MetricFamily[] {
  const chains = CHAIN_METRICS.map(({ value, ...metric }) => ({
    ...metric,
    samples: state.chains.map((chain) => ({ labels: labelsOf(chain), value: value(chain) })),
  }));
  return [
    ...chains,
    {
      name: 'blockchain_finality_seconds',
      help: 'From the receipt of a transaction to its final block.',
      type: 'histogram',
      samples: state.chains.map((chain) => ({ labels: labelsOf(chain), value: chain.finality_seconds })),
    },
    ...consensusFamilies(state.chains, labelsOf),
    ...gossipFamilies(state.chains, labelsOf),
    ...syncFamilies(state.chains, labelsOf),
    ...networkFamilies(state),
    ...requestFamilies(state),
    {
      name: 'blockchain_build_info',
      help: 'What this node runs; always 1.',
      type: 'gauge',
      samples: [
        {
          labels: { version: VERSION, commit: settings.commit, protocol: String(PROTOCOL_VERSION) },
          value: 1,
        },
      ],
    },
  ];
}

function requestFamilies(state: NodeMetrics): MetricFamily[] {
  return REQUEST_METRICS.map(({ name, help, type }): MetricFamily => {
    if (type === 'histogram') {
      return { name, help, type, samples: state.histograms.filter((histogram) => histogram.name === name) };
    }
    return { name, help, type, samples: state.counters.filter((counter) => counter.name === name) };
  });
}
