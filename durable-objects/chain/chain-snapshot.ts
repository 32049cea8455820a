/** @module How a chain stands, put together for the node's registry and for whoever asks the object itself. */
import type { ChainSnapshot, LedgerHealth } from '../../shared/api/objects.ts';
import { paramsToJson } from '../../shared/protocol/genesis/document.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { votedParams } from '../../shared/protocol/state/params.ts';
import type { ChainMachine } from './chain-machine.ts';
import type { ChainNetwork } from './chain-network.ts';
import { consensusFigures } from './consensus-figures.ts';
import type { HeadTracker } from './head-tracker.ts';
import type { RecentCheckpoints } from './recent-checkpoints.ts';
import type { ChainSync } from './sync/chain-sync.ts';
import type { TransactionPool } from './transaction-pool.ts';

/** What a snapshot is read from. */
export interface SnapshotSources {
  readonly genesis: Genesis;
  readonly genesisHash: HashHex;
  readonly head: HeadTracker;
  /** Undefined for a node without a ledger. */
  readonly ledger: LedgerHealth | undefined;
  readonly pool: TransactionPool;
  readonly machine: ChainMachine;
  readonly network: ChainNetwork;
  readonly sync: ChainSync;
  readonly store: StateReader;
  readonly checkpoints: RecentCheckpoints;
}

/** The snapshot of this moment. */
export function snapshotOf(sources: SnapshotSources): ChainSnapshot {
  const { genesis, genesisHash, head, ledger, pool, machine, network, sync, store, checkpoints } = sources;
  const { counters } = head;
  const { driver, signing } = machine;
  const nowMs = Date.now();
  return {
    chain_id: genesis.chainId,
    genesis_hash: genesisHash,
    chain_type: genesis.chainType,
    status: 'RUNNING',
    head: head.head,
    ledger: ledger ?? { status: 'none', height: 0 },
    mempool_transactions: pool.size,
    mempool_bytes: pool.bytes,
    validators: driver.state.validators.length,
    transactions_total: counters.transactions,
    rounds_total: counters.rounds,
    last_rounds: counters.lastRounds,
    finality_seconds: counters.finalitySeconds,
    consensus: consensusFigures(driver.state, counters, network.connectedValidators.length, signing.reason),
    gossip: network.figures,
    sync: sync.figures(nowMs),
    ...paramsInForce(store),
    checkpoints: checkpoints.list,
    updated_ms: nowMs,
  };
}

/** Nothing is said of parameters until a vote has changed one. */
function paramsInForce(state: StateReader): Pick<ChainSnapshot, 'params'> {
  const voted = votedParams(state);
  // A parameter is a number, an amount as text or a name: the document knows nothing else.
  return voted === null ? {} : { params: paramsToJson(voted) as Record<string, string | number> };
}
