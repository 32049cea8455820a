/** @module Metrics of the node among others: peers, exchanges, notices, comparison with peers, alerts. */
import {
  ALERTS,
  type NetworkFigures,
  PEER_STATES,
  type ReconciliationView,
} from '../../shared/api/network-views.ts';
import type { CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import type { MetricFamily } from '../../shared/observability/exposition.ts';

const PER_LIFE = 'An object that ends takes what it counted since the last round or scrape with it.';
/** Counters that the NodeObject stores by these names. */
const COUNTERS = [
  { name: 'blockchain_network_exchanges_total', help: `Comparisons of standing with peers. ${PER_LIFE}` },
  { name: 'blockchain_network_joins_total', help: `Nodes that asked to join here. ${PER_LIFE}` },
  {
    name: 'blockchain_network_notices_total',
    help: `Notices that came, and that were passed on. ${PER_LIFE}`,
  },
  {
    name: 'blockchain_network_replays_total',
    help: `Requests that came a second time and were refused. ${PER_LIFE}`,
  },
  { name: 'blockchain_network_offences_total', help: `What chains held against peers. ${PER_LIFE}` },
  { name: 'blockchain_network_bans_total', help: `Peers that were banned. ${PER_LIFE}` },
  {
    name: 'blockchain_reconciliations_total',
    help: `Comparisons of a chain with that of a peer. ${PER_LIFE}`,
  },
  { name: 'blockchain_webhook_deliveries_total', help: `Attempts to send an alert by webhook. ${PER_LIFE}` },
] as const;

interface NetworkMetrics {
  readonly counters: readonly CounterDelta[];
  readonly histograms: readonly HistogramDelta[];
  readonly network: NetworkFigures | null;
}

/** The families of one scrape. */
export function networkFamilies({ counters, histograms, network }: NetworkMetrics): MetricFamily[] {
  const perChain = (value: (view: ReconciliationView) => number) =>
    (network?.reconciliation ?? []).map((view) => ({
      labels: { chain_id: view.chain_id },
      value: value(view),
    }));
  return [
    {
      name: 'blockchain_network_known_peers',
      help: 'Nodes that this one knows, by state.',
      type: 'gauge',
      samples:
        network === null
          ? []
          : PEER_STATES.map((state) => ({ labels: { state }, value: network.peers[state] })),
    },
    {
      name: 'blockchain_network_sync_interval_seconds',
      help: 'Present interval between two rounds of comparison with peers, without jitter.',
      type: 'gauge',
      samples: network === null ? [] : [{ labels: {}, value: network.interval_ms / 1_000 }],
    },
    {
      name: 'blockchain_network_notice_delay_seconds',
      help: `From the origin of a notice to its first arrival here; two clocks stand between. ${PER_LIFE}`,
      type: 'histogram',
      samples: histograms.filter(({ name }) => name === 'blockchain_network_notice_delay_seconds'),
    },
    {
      name: 'blockchain_state_divergence',
      help: 'Peers with another block or state at a height that both have, or with another genesis.',
      type: 'gauge',
      samples: perChain(({ diverging }) => diverging),
    },
    {
      name: 'blockchain_reconciled_peers',
      help: 'Peers that agreed when last compared.',
      type: 'gauge',
      samples: perChain(({ agreeing }) => agreeing),
    },
    {
      name: 'blockchain_reconciled_height',
      help: 'Highest height at which a peer agreed.',
      type: 'gauge',
      samples: perChain(({ agreed_height }) => agreed_height),
    },
    {
      name: 'blockchain_network_lag_blocks',
      help: 'Blocks that the highest claim of an active peer is ahead of this node.',
      type: 'gauge',
      samples: perChain(({ lag_blocks }) => lag_blocks),
    },
    {
      name: 'blockchain_alerts_active',
      help: 'Alerts that hold, by kind.',
      type: 'gauge',
      samples:
        network === null
          ? []
          : ALERTS.map((alert) => ({
              labels: { alert },
              value: network.alerts.filter((view) => view.alert === alert).length,
            })),
    },
    ...COUNTERS.map(
      ({ name, help }): MetricFamily => ({
        name,
        help,
        type: 'counter',
        samples: counters.filter((counter) => counter.name === name),
      }),
    ),
  ];
}
