/** @module The node's eye on itself: compares its chains with those of peers, raises alerts, and tells the operator. */
import type {
  ChainClaim,
  NetworkFigures,
  PeerComparison,
  ReconciliationView,
} from '../../../shared/api/network-views.ts';
import type { ChainPeer, ChainSnapshot } from '../../../shared/api/objects.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { AlertTable } from './alert-table.ts';
import { alertsOf, lagsOf } from './alerts.ts';
import { compareClaims, ReconciliationTable } from './reconciliation.ts';
import { deliver, type WebhookTarget } from './webhook.ts';

/** Messages sent to the operator in one go. */
const DELIVERIES_AT_ONCE = 4;

export interface WatchDeps {
  readonly sql: SqlStorage;
  readonly webhook: WebhookTarget | undefined;
  /** Names this node in messages. */
  readonly sender: { readonly nodeId: string; readonly name: string };
  readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
  readonly log: Logger;
}

/** What the rest of the node knows. */
export interface Surroundings {
  readonly chains: readonly ChainSnapshot[];
  readonly peersOf: (chain: ChainSnapshot) => readonly ChainPeer[];
  readonly activePeers: number;
  readonly lostPeers: number;
  /** Ids of all nodes that count: peers and boot nodes. */
  readonly nodeIds: ReadonlySet<string>;
  readonly nowMs: number;
}

export class Watch {
  readonly #deps: WatchDeps;
  readonly #reconciliations: ReconciliationTable;
  readonly #alerts: AlertTable;

  constructor(deps: WatchDeps) {
    this.#deps = deps;
    this.#reconciliations = new ReconciliationTable(deps.sql);
    this.#alerts = new AlertTable(deps.sql);
  }

  /** A node has said how its chains stand. */
  compare(nodeId: string, own: readonly ChainClaim[], theirs: readonly ChainClaim[], nowMs: number): void {
    const { count, log } = this.#deps;
    for (const claim of own) {
      const other = theirs.find(({ chain_id }) => chain_id === claim.chain_id);
      const found = other === undefined ? null : compareClaims(claim, other);
      if (found === null) continue;
      const before = this.#reconciliations.put(claim.chain_id, nodeId, found, nowMs);
      const result = found.result === 'match' ? 'match' : 'mismatch';
      count('blockchain_reconciliations_total', { chain_id: claim.chain_id, result });
      if (found.result === 'match' || before?.result === found.result) continue;
      log.error('a peer has another chain than this node', {
        function: 'compare',
        chain_id: claim.chain_id,
        node_id: nodeId,
        differs: found.result,
        height: found.height,
      });
    }
  }

  /** Judges all alerts, and queues what the operator is told. */
  evaluate(surroundings: Surroundings): void {
    const { chains, peersOf, activePeers, lostPeers, nowMs } = surroundings;
    this.#reconciliations.keepOnly(surroundings.nodeIds);
    const lags = lagsOf(this.#alerts.lags(), chains, peersOf, nowMs);
    this.#alerts.setLags(lags);
    const reconciled = this.#reconciliations.all();
    const situation = { chains, reconciled, lags, activePeers, lostPeers, nowMs };
    for (const { change, alert } of this.#alerts.replace(alertsOf(situation), nowMs)) {
      const { alert: name, ...fields } = alert;
      this.#deps.log.warning(`an alert is ${change}`, { function: 'evaluate', alert: name, ...fields });
      if (this.#deps.webhook === undefined) continue;
      const data = { ...alert, since: new Date(alert.since_ms).toISOString(), ...this.#senderFields() };
      const body = JSON.stringify({
        type: `alert.${change}`,
        timestamp: new Date(nowMs).toISOString(),
        data,
      });
      if (this.#alerts.enqueue(body, nowMs)) this.#gaveUp('too many messages wait');
    }
  }

  /** What is known of one chain, by peer. */
  reconciled(chainId: string): PeerComparison[] {
    return this.#reconciliations
      .all()
      .flatMap(({ chain_id, ...found }) => (chain_id === chainId ? [found] : []));
  }

  /** When a message is to be sent; null for none. */
  nextDueMs(): number | null {
    return this.#deps.webhook === undefined ? null : this.#alerts.nextDueMs();
  }

  /** Sends what is due. */
  async deliverDue(nowMs: number): Promise<void> {
    const { webhook, sender, count } = this.#deps;
    if (webhook === undefined) return;
    const due = this.#alerts.due(nowMs, DELIVERIES_AT_ONCE);
    await Promise.all(
      due.map(async (delivery) => {
        const attempt = await deliver(webhook, delivery, sender.nodeId, nowMs);
        count('blockchain_webhook_deliveries_total', { result: attempt.kind });
        if (attempt.kind === 'failed') {
          this.#alerts.postpone(delivery.id, nowMs + attempt.waitMs);
          return;
        }
        this.#alerts.settle(delivery.id);
        if (attempt.kind === 'given_up') this.#gaveUp(attempt.why);
      }),
    );
  }

  figures(chains: readonly ChainSnapshot[]): Pick<NetworkFigures, 'reconciliation' | 'alerts'> {
    const rows = this.#reconciliations.all();
    const lags = this.#alerts.lags();
    const reconciliation = chains.map(({ chain_id }): ReconciliationView => {
      const own = rows.filter((row) => row.chain_id === chain_id);
      const agreeing = own.filter(({ result }) => result === 'match');
      const lag = lags.find((candidate) => candidate.chain_id === chain_id);
      return {
        chain_id,
        agreeing: agreeing.length,
        diverging: own.length - agreeing.length,
        agreed_height: agreeing.reduce((highest, { height }) => Math.max(highest, height), 0),
        lag_blocks: lag === undefined ? 0 : lag.best - lag.height,
      };
    });
    return { reconciliation, alerts: this.#alerts.active() };
  }

  #senderFields(): Record<string, string> {
    const { nodeId, name } = this.#deps.sender;
    return { node_id: nodeId, node: name };
  }

  #gaveUp(why: string): void {
    this.#deps.log.error('a message to the operator was given up', { function: 'gaveUp', why });
  }
}
