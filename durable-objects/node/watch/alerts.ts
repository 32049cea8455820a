/** @module What an operator must hear of: conditions over what the node knows, as a pure function. */
import type { AlertKind } from '../../../shared/api/network-views.ts';
import type { ChainPeer, ChainSnapshot } from '../../../shared/api/objects.ts';
import type { Reconciled } from './reconciliation.ts';

/** Peers have more blocks, and for so long this node has not come nearer. */
export const STALLED_AFTER_MS = 300_000;
/** The ledger could not be written for so long. */
export const LEDGER_FAILED_AFTER_MS = 300_000;

/** An alert that holds. */
export interface Alert {
  readonly kind: AlertKind;
  /** Empty for one about the node. */
  readonly chainId: string;
  readonly detail: string;
}

/** A chain that is behind its peers. */
export interface Lag {
  readonly chain_id: string;
  /** Own height since `since_ms`. */
  readonly height: number;
  /** Highest claim of a peer. */
  readonly best: number;
  readonly since_ms: number;
}

/** What is known when alerts are judged. */
export interface Situation {
  readonly chains: readonly ChainSnapshot[];
  readonly reconciled: readonly Reconciled[];
  readonly lags: readonly Lag[];
  /** Peers that answer, */
  readonly activePeers: number;
  /** and those that did and do not now. */
  readonly lostPeers: number;
  readonly nowMs: number;
}

/** All alerts that hold. */
export function alertsOf(situation: Situation): Alert[] {
  const { chains, lags, activePeers, lostPeers, nowMs } = situation;
  const alerts: Alert[] = divergences(situation);
  for (const { chain_id, height, best, since_ms } of lags) {
    if (nowMs - since_ms < STALLED_AFTER_MS) continue;
    alerts.push({
      kind: 'sync_stalled',
      chainId: chain_id,
      detail: `at height ${height}, peers are at ${best}`,
    });
  }
  if (activePeers === 0 && lostPeers > 0) {
    alerts.push({ kind: 'isolated', chainId: '', detail: `none of ${lostPeers} peers answers` });
  }
  for (const { chain_id, status, ledger, sync } of chains) {
    const isSeen = alerts.some(({ kind, chainId }) => kind === 'state_divergence' && chainId === chain_id);
    if (sync?.state === 'diverged' && !isSeen) {
      const detail = sync.divergence?.detail.slice(0, 200) ?? 'synchronisation has stopped';
      alerts.push({ kind: 'state_divergence', chainId: chain_id, detail });
    }
    if (status === 'ERROR')
      alerts.push({ kind: 'chain_failed', chainId: chain_id, detail: 'the chain is in status ERROR' });
    const { error, since_ms: sinceMs } = ledger;
    if (error === undefined || sinceMs === undefined || nowMs - sinceMs < LEDGER_FAILED_AFTER_MS) continue;
    alerts.push({ kind: 'ledger_failed', chainId: chain_id, detail: error.slice(0, 200) });
  }
  return alerts;
}

/** One for each chain, however many peers disagree. */
function divergences({ reconciled }: Situation): Alert[] {
  const chainIds = new Set(
    reconciled.filter(({ result }) => result !== 'match').map(({ chain_id }) => chain_id),
  );
  return [...chainIds].map((chainId) => {
    const rows = reconciled.filter(({ chain_id }) => chain_id === chainId);
    const different = rows.filter(({ result }) => result !== 'match');
    const [first] = different;
    const what =
      first?.result === 'genesis' ? 'another genesis' : `another ${first?.result} at height ${first?.height}`;
    const detail = `${different.length} of ${rows.length} peers have ${what}`;
    return { kind: 'state_divergence' as const, chainId, detail };
  });
}

/**
 * How far each chain is behind, given what was known before. The time runs from when the own height last changed, or
 * peers first were ahead.
 */
export function lagsOf(
  before: readonly Lag[],
  chains: readonly ChainSnapshot[],
  peersOf: (chain: ChainSnapshot) => readonly ChainPeer[],
  nowMs: number,
): Lag[] {
  return chains.flatMap((chain): Lag[] => {
    const { height } = chain.head;
    const best = peersOf(chain).reduce((most, peer) => Math.max(most, peer.height), 0);
    if (best <= height) return [];
    const known = before.find(({ chain_id }) => chain_id === chain.chain_id);
    const sinceMs = known?.height === height ? known.since_ms : nowMs;
    return [{ chain_id: chain.chain_id, height, best, since_ms: sinceMs }];
  });
}
