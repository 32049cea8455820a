/**
 * @module The RPC surfaces of the Durable Objects, as types. Workers and objects call each other only through these.
 * Errors never cross as exceptions: expected failures are `{ ok: false, problem }`.
 */
import type {
  ConsensusView,
  EvidenceView,
  StakingView,
  ValidatorsView,
  VolatileEvent,
} from './consensus-views.ts';
import type { ProblemCode } from './problems.ts';

/** An expected failure; the Worker turns it into an RFC 9457 problem. `extra` holds the code's own members. */
export interface ObjectProblem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extra?: Record<string, string | number | boolean | null>;
}
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ObjectProblem };

/** Where an acknowledged transaction stands. Exactly one at a time. */
export type TransactionStatus = 'pending' | 'final' | 'replaced' | 'expired' | 'evicted' | 'dropped';

export interface SubmitOutcome {
  readonly tx_hash: string;
  readonly status: TransactionStatus;
  /** Present when final. */
  readonly height?: number;
  readonly tx_index?: number;
  /** Receipt status code; present when final. */
  readonly receipt_status?: number;
}

export interface ChainHead {
  readonly height: number;
  readonly hash: string;
  readonly time_ms: number;
  readonly state_root: string;
  readonly tx_count: number;
  readonly proposer: string;
}

/** A final block as stored: canonical bytes, never re-encoded. Body is CBOR([header, last_commit, evidence[], txs[]]). */
export interface StoredBlock {
  readonly height: number;
  readonly hash: string;
  readonly body: Uint8Array;
  readonly certificate: Uint8Array;
  /** CBOR list of receipts. */
  readonly receipts: Uint8Array;
}

export interface AccountView {
  readonly address: string;
  readonly exists: boolean;
  readonly balance: bigint;
  /** Next nonce that a block expects. */
  readonly nonce: number;
  /** Next nonce after the sender's contiguous pending transactions. */
  readonly pending_nonce: number;
  /** Height of the state read. */
  readonly height: number;
}

export interface PendingTransaction {
  readonly tx_hash: string;
  readonly bytes: Uint8Array;
  readonly received_ms: number;
}

export interface LedgerHealth {
  readonly status: 'ok' | 'behind' | 'pending' | 'none';
  /** Highest height known to be in the ledger. */
  readonly height: number;
  readonly error?: string;
  /** When the current failure began. */
  readonly since_ms?: number;
}

/** What a chain tells its node with each block and each change of its ledger's health. */
export interface ChainSnapshot {
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly chain_type: 'default' | 'bilateral' | 'micro';
  readonly status: 'STOPPED' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'ERROR';
  readonly head: ChainHead;
  readonly ledger: LedgerHealth;
  readonly mempool_transactions: number;
  readonly mempool_bytes: number;
  readonly validators: number;
  readonly transactions_total: number;
  readonly rounds_total: number;
  readonly last_rounds: number;
  /** Prometheus-style cumulative buckets, keyed by upper bound in seconds. */
  readonly finality_seconds: HistogramValue;
  /** Absent in snapshots that an earlier version has left. */
  readonly consensus?: ConsensusFigures;
  readonly updated_ms: number;
}

/** Figures of consensus in a chain's snapshot. */
export interface ConsensusFigures {
  /** Round of the open height. */
  readonly round: number;
  /** Links to nodes of other validators. */
  readonly peers: number;
  /** Names of those who did not sign the last commit that stands in a block. */
  readonly missing: readonly string[];
  /** The present set. `missed` counts commits in blocks without the validator's signature, while it is in the set. */
  readonly validators: readonly { readonly name: string; readonly power: number; readonly missed: number }[];
  readonly double_signs_prevented: number;
  /** From the first sight of a proposal to the precommits of two thirds. */
  readonly quorum_delay_seconds: HistogramValue;
  readonly round_duration_seconds: HistogramValue;
}

export interface HistogramValue {
  readonly bounds: readonly number[];
  /** Cumulative, one per bound. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** ChainObject. Every method refuses with CHAIN_UNKNOWN before `create`, and writes nothing then. */
export interface ChainRpc {
  /** `genesis` is the canonical CBOR. Idempotent for the same genesis; another one is CHAIN_EXISTS. */
  create(request: {
    chain_id: string;
    genesis: Uint8Array;
    default_chain: boolean;
  }): Promise<Result<ChainSnapshot>>;
  /** Signatures were checked by the caller. One outcome per transaction, in order. */
  submit(
    transactions: Uint8Array[],
    options: { wait: 'none' | 'final'; wait_ms: number },
  ): Promise<Result<Result<SubmitOutcome>[]>>;
  account(address: string): Promise<Result<AccountView>>;
  /** By hash: pending, departed, or final and not yet surely in the ledger. `status: 'unknown'` = look in the ledger. */
  transaction(hash: string): Promise<
    Result<{
      status: TransactionStatus | 'unknown';
      pending?: PendingTransaction;
      block?: StoredBlock;
      tx_index?: number;
    }>
  >;
  mempool(page: { limit: number; after?: string }): Promise<
    Result<{
      transactions: PendingTransaction[];
      total: number;
      bytes: number;
      next: string | null;
      height: number;
    }>
  >;
  /** Ascending from `from`, as many as fit in `limit` and 8 MB; fewer at the head. */
  blocks(range: { from: number; limit: number }): Promise<Result<{ blocks: StoredBlock[]; head: ChainHead }>>;
  blockByHash(hash: string): Promise<Result<StoredBlock | null>>;
  snapshot(): Promise<Result<ChainSnapshot>>;
  /** Drops the ledger's rows and drains again from height 1. Returns at once; progress is in the snapshot. */
  rebuildLedger(): Promise<Result<{ from: number; to: number }>>;
  /** How the open height stands. Reads only: no round starts and no timer is set by asking. */
  consensus(): Promise<Result<{ view: ConsensusView; head: ChainHead }>>;
  /**
   * The set that signs `height`, at most one above the head. Without a height that one, and beside it up to `limit`
   * registered validators outside the set, from a number of registration on.
   */
  validators(at: {
    height?: number;
    from?: number;
    limit?: number;
  }): Promise<Result<{ view: ValidatorsView; head: ChainHead }>>;
  staking(address: string): Promise<Result<{ view: StakingView; head: ChainHead }>>;
  /** Newest first. Offences are forgotten once nothing as old could be brought again. */
  evidence(page: { limit: number }): Promise<Result<{ evidence: EvidenceView[]; head: ChainHead }>>;
  /**
   * A hub with subscribers wants each block from `next_height`; idempotent. `volatile`: and what consensus does between
   * blocks, until an announcement finds nobody.
   */
  attachHub(hub: {
    shard: number;
    next_height: number;
    volatile?: boolean;
  }): Promise<Result<{ head: ChainHead }>>;
  detachHub(hub: { shard: number }): Promise<Result<null>>;
}

/** What the edge needs to know of a chain before it touches it. */
export interface ChainRecord {
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly chain_type: 'default' | 'bilateral' | 'micro';
  readonly is_default: boolean;
  /** Name of the chain's libSQL database or namespace. */
  readonly ledger_name: string;
  readonly status: ChainSnapshot['status'];
}

export interface CounterDelta {
  readonly name: string;
  /** Sorted `key=value` labels, as they stand in the exposition: `route="get_head",status_class="2xx"`. */
  readonly labels: string;
  readonly value: number;
}
export interface HistogramDelta {
  readonly name: string;
  readonly labels: string;
  readonly value: HistogramValue;
}
export interface AuditEntry {
  readonly time_ms: number;
  readonly action: string;
  readonly actor: string;
  readonly resource: string;
  readonly success: boolean;
  readonly detail: string;
}

/** NodeObject: the single instance named `node`. */
export interface NodeRpc {
  /** Null for an unknown id: nothing is written. `chain_id: null` asks for the default chain. */
  chain(chain_id: string | null): Promise<ChainRecord | null>;
  chains(): Promise<ChainSnapshot[]>;
  chainSnapshot(chain_id: string): Promise<ChainSnapshot | null>;
  /** Canonical CBOR of a chain's genesis, without waking the chain; null for an unknown id. */
  genesis(chain_id: string): Promise<Uint8Array | null>;
  /** Creates the ChainObject and registers it. Idempotent for the same genesis. */
  createChain(request: { genesis: Uint8Array; actor: string }): Promise<Result<ChainSnapshot>>;
  /** Called by ChainObjects after each commit; the newest wins. */
  pushSnapshot(snapshot: ChainSnapshot): Promise<void>;
  addMetrics(delta: { counters: CounterDelta[]; histograms: HistogramDelta[] }): Promise<void>;
  metrics(): Promise<{
    chains: ChainSnapshot[];
    counters: CounterDelta[];
    histograms: HistogramDelta[];
  }>;
  audit(entry: Omit<AuditEntry, 'time_ms'>): Promise<void>;
  auditLog(page: { limit: number; before?: number }): Promise<{ entries: (AuditEntry & { id: number })[] }>;
}

/** HubObject: one per chain and shard, named `<chain_id>/<shard>`. Sockets reach it by fetch(). */
export interface HubRpc {
  /** Blocks in height order, without a gap inside the batch. Returns the next height the hub wants. */
  publish(batch: {
    blocks: StoredBlock[];
    head: ChainHead;
  }): Promise<{ next_height: number; subscribers: number }>;
  /** What consensus does now; lost where nobody hears it. Returns how many subscriptions want it. */
  announce(events: readonly VolatileEvent[]): Promise<{ subscribers: number }>;
}
