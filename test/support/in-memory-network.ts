/** @module The network side of a node without a runtime: the real code over node:sqlite in memory, in lives that share it. */

import { randomBytes } from 'node:crypto';
import { Network } from '../../durable-objects/node/network/network.ts';
import { NetworkCounters } from '../../durable-objects/node/network/network-counters.ts';
import { CREATE_NETWORK_TABLE } from '../../durable-objects/node/network/network-state.ts';
import { nodeIdentity } from '../../durable-objects/node/network/node-identity.ts';
import { CREATE_ONCE_TABLES } from '../../durable-objects/node/network/once-table.ts';
import { CREATE_PEER_TABLE } from '../../durable-objects/node/network/peer-table.ts';
import { ChainRegistry, CREATE_REGISTRY_TABLES } from '../../durable-objects/node/registry.ts';
import { CREATE_ALERT_TABLES } from '../../durable-objects/node/watch/alert-table.ts';
import { CheckpointTable, CREATE_CHECKPOINT_TABLE } from '../../durable-objects/node/watch/checkpoints.ts';
import { CREATE_RECONCILIATION_TABLE } from '../../durable-objects/node/watch/reconciliation.ts';
import { Watch } from '../../durable-objects/node/watch/watch.ts';
import type { PeerCall } from '../../shared/api/network-views.ts';
import type { ChainPeer, ChainSnapshot } from '../../shared/api/objects.ts';
import { parseSettings } from '../../shared/api/settings.ts';
import type { Logger } from '../../shared/observability/log.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { MemorySql } from '../simulation/sql-storage.ts';
import type { NodeStranger } from './node-stranger.ts';

const TABLES = [
  CREATE_REGISTRY_TABLES,
  CREATE_PEER_TABLE,
  CREATE_NETWORK_TABLE,
  CREATE_ONCE_TABLES,
  CREATE_CHECKPOINT_TABLE,
  CREATE_RECONCILIATION_TABLE,
  CREATE_ALERT_TABLES,
];
const silent = (): void => undefined;
const SILENT: Logger = { debug: silent, info: silent, warning: silent, error: silent };
/** Address of the node; nobody listens there. */
const URL = 'https://self.example.org';

/** One life of a node over storage that outlives it. */
export class InMemoryNetwork {
  readonly sql: MemorySql;
  readonly registry: ChainRegistry;
  readonly checkpoints: CheckpointTable;
  readonly counters = new NetworkCounters();
  readonly watch: Watch;
  readonly network: Network;
  /** Chains that were told of peers ahead. */
  readonly woken: { readonly chainId: string; readonly peers: readonly ChainPeer[] }[] = [];
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}, sql: MemorySql = new MemorySql()) {
    this.#env = env;
    this.sql = sql;
    for (const table of TABLES) sql.exec(table);
    const storage = sql.asStorage;
    const settings = parseSettings({ NODE_KEY: `0x${'5e'.repeat(32)}`, NODE_URL: URL, ...env });
    const identity = nodeIdentity(settings);
    if (identity === null) throw new Error('the settings have a key and a URL');
    this.registry = new ChainRegistry(storage);
    this.checkpoints = new CheckpointTable(storage);
    const count = (name: string, labels: Readonly<Record<string, string>>) =>
      this.counters.count(name, labels);
    const sender = { nodeId: identity.nodeId, name: identity.name };
    this.watch = new Watch({ sql: storage, webhook: settings.network.webhook, sender, count, log: SILENT });
    this.network = new Network({
      sql: storage,
      settings,
      identity,
      registry: this.registry,
      checkpoints: this.checkpoints,
      watch: this.watch,
      counters: this.counters,
      createChain: async () => false,
      wakeChain: async (chainId, peers) => void this.woken.push({ chainId, peers }),
      onDue: silent,
      background: silent,
      log: SILENT,
    });
  }

  /** The next life: the same rows, and none of the memory. */
  reborn(): InMemoryNetwork {
    return new InMemoryNetwork(this.#env, this.sql);
  }

  rows(table: string): number {
    return (this.sql.exec(`SELECT count(*) AS n FROM ${table}`).one() as { n: number }).n;
  }

  /** A chain as the registry has it. */
  addChain(
    chain: Pick<ChainSnapshot, 'chain_id' | 'genesis_hash'> & {
      height: number;
      chain_type?: ChainSnapshot['chain_type'];
    },
  ): void {
    const { chain_id, genesis_hash, height, chain_type = 'micro' } = chain;
    const snapshot: ChainSnapshot = {
      chain_id,
      genesis_hash,
      chain_type,
      status: 'RUNNING',
      head: {
        height,
        hash: genesis_hash,
        time_ms: 1,
        state_root: genesis_hash,
        tx_count: 0,
        proposer: genesis_hash,
      },
      ledger: { status: 'ok', height },
      mempool_transactions: 0,
      mempool_bytes: 0,
      validators: 1,
      transactions_total: 0,
      rounds_total: 0,
      last_rounds: 0,
      finality_seconds: { bounds: [], counts: [], sum: 0, count: 0 },
      updated_ms: 1,
    };
    const record = {
      chain_id,
      genesis_hash,
      chain_type,
      is_default: false,
      ledger_name: chain_id,
      status: 'RUNNING' as const,
    };
    this.registry.put(record, new Uint8Array(), snapshot);
  }
}

/** What the edge would have made of a request of this stranger. */
export function callOf(stranger: NodeStranger, change: Partial<PeerCall> = {}): PeerCall {
  const nonce = toHex(Uint8Array.from(randomBytes(16)));
  return { from: stranger.nodeKey, nonce, time_ms: Date.now(), source: stranger.nodeId, ...change };
}
