/**
 * @module The RPC surfaces of the Durable Objects, as types. Workers and objects call each other only through these.
 * Errors never cross as exceptions: expected failures are `{ ok: false, problem }`.
 */
import type {
  ConsensusView,
  SigningGuardReason,
  StakingView,
  ValidatorsView,
  VolatileEvent,
} from './consensus-views.ts';
import type { Checkpoint, NetworkFigures, NetworkRpc, PeerComparison } from './network-views.ts';
import type { AuditEntry, CounterDelta, HistogramDelta } from './node-records.ts';
import type { ProblemCode } from './problems.ts';
import type { ChainSigningRpc, NodeSigningRpc } from './signing-rpc.ts';

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
  readonly gossip?: GossipFigures;
  /** Blocks at heights where nodes compare themselves, as far as this life of the object has made them; ascending. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Absent in snapshots that an earlier version has left. */
  readonly sync?: SyncFigures;
  /** Parameters in force, as a genesis document writes them; absent while they are those of genesis. */
  readonly params?: Readonly<Record<string, string | number>>;
  readonly updated_ms: number;
}

/** What a chain's node heard of its peers since its object woke. A content is delivered once; the rest are duplicates. */
export interface GossipFigures {
  /** Contents handed to the chain: transactions, blocks, evidence. */
  readonly delivered: Readonly<Record<string, number>>;
  /** Contents, and announcements of contents, that were here already. */
  readonly duplicates: Readonly<Record<string, number>>;
  /** What was not taken, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Age of what was delivered, since the first node had it. */
  readonly latency_seconds: Readonly<Record<string, HistogramValue>>;
  /** Contents remembered as seen. */
  readonly seen: number;
  /** Open links to other nodes. */
  readonly links: number;
}

/** How a chain stands to those of its peers, in its snapshot. */
export interface SyncFigures {
  /** `waiting`: blocks are missing and nobody can be asked now. `diverged`: the node takes no more blocks. */
  readonly state: 'synced' | 'syncing' | 'waiting' | 'diverged';
  /** The highest height that is final as far as a certificate shows; at least the head. */
  readonly target: number;
  /** The highest height that any peer claims; at least `target`. */
  readonly claimed: number;
  /** Over the last seconds; 0 while nothing is missing. */
  readonly blocks_per_second: number;
  /** Null where there is nothing to tell it by. */
  readonly eta_ms: number | null;
  readonly peers: number;
  /** Blocks that others decided. Exact, as the counters of a chain are. */
  readonly imported_total: number;
  /** Answers of peers that were of no use. */
  readonly failures_total: number;
  readonly divergence?: DivergenceView;
}

/** What shows that this node and its validators are not on one chain. */
export interface DivergenceView {
  /** `fork`: another block is certified at the height. `invalid_block`: what is certified breaks the rules known here. */
  readonly kind: 'fork' | 'invalid_block';
  readonly height: number;
  /** Null for `invalid_block`. */
  readonly own_hash: string | null;
  readonly certified_hash: string;
  readonly detail: string;
  readonly since_ms: number;
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
  /** Why the node does not sign with its validator key; null while nothing holds it back. */
  readonly guard?: SigningGuardReason | null;
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
export interface ChainRpc extends ChainSigningRpc {
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
  /** Whole snapshots of the state, newest first, and the import that is under way. */
  snapshots(): Promise<
    Result<{ snapshots: SnapshotView[]; importing: SnapshotImportView | null; head: ChainHead }>
  >;
  /** A chunk, or without a position the manifest: canonical CBOR, null where there is none. */
  snapshotPart(part: { height: number; position?: number }): Promise<Result<Uint8Array | null>>;
  /** Begins an import, or brings a chunk of it. With the last one the object starts anew from the snapshot. */
  importSnapshot(
    part: { manifest: Uint8Array } | { position: number; chunk: Uint8Array },
  ): Promise<Result<SnapshotImportView>>;
  /** Peers say that they have more blocks than this node's registry: best first. The chain wakes and asks them. */
  peersAhead(request: { peers: ChainPeer[] }): Promise<Result<null>>;
  /**
   * Final blocks with their certificates from `from` to `to`, for the node with the key `peer`: fewer at the head and once
   * an answer is full. Empty where this object does not hold `from`. Refuses with RATE_LIMITED.
   */
  certifiedBlocks(range: {
    from: number;
    to: number;
    peer: string;
  }): Promise<Result<{ blocks: { body: Uint8Array; certificate: Uint8Array }[]; head: ChainHead }>>;
  /**
   * Verifies one final block and takes it as the next one. Refuses with BLOCK_GAP, BLOCK_CONFLICT, BLOCK_INVALID,
   * RATE_LIMITED (by `source`) or CHAIN_HALTED.
   */
  importBlock(request: {
    height: number;
    body: Uint8Array;
    certificate: Uint8Array;
    source: string;
  }): Promise<Result<ImportOutcome>>;
}

/** What became of a block that was imported. */
export interface ImportOutcome {
  readonly height: number;
  readonly hash: string;
  /** False for a block that was here already. */
  readonly is_new: boolean;
}

/** A peer of this node that runs a chain with the same genesis and is not banned. */
export interface ChainPeer {
  /** 0x and SHA-256 of `node_key`. */
  readonly node_id: string;
  /** Ed25519 key that signs what the node says as a node. */
  readonly node_key: string;
  /** Key of the validator that the node speaks for, proved by its signature; null for one that never validates. */
  readonly consensus_key: string | null;
  /** Base URL without a slash at its end. */
  readonly url: string;
  readonly name: string;
  /** Height of the chain there, as the peer last said: a claim. */
  readonly height: number;
  /** -100 to 100, 0 for one of whom nothing is known. */
  readonly score: number;
}

/** What a chain may hold against a peer. How much each counts is in `durable-objects/node/network/peer-score.ts`. */
export type PeerOffence =
  // Mild: a network does these too.
  | 'timeout'
  | 'duplicate'
  | 'late'
  | 'truncated'
  | 'flood'
  // Grave: only a broken or lying peer does these.
  | 'bad_frame'
  | 'bad_signature'
  | 'invalid_transaction'
  | 'invalid_block'
  | 'invalid_certificate'
  | 'wrong_state';

/** One thing held against a peer; `peer` is its node id, node key or consensus key. */
export interface PeerReport {
  readonly peer: string;
  readonly offence: PeerOffence;
  /** For the log, at most 200 characters. */
  readonly detail: string;
  readonly chain_id: string;
}

/** A snapshot of the state after the block of its height. */
export interface SnapshotView {
  readonly height: number;
  readonly chunks: number;
  /** Of all chunks. */
  readonly bytes: number;
}
/** How far an import is; `missing` has the first positions of chunks that are not there. */
export interface SnapshotImportView {
  readonly height: number;
  readonly chunks: number;
  readonly missing: number[];
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

/** NodeObject: the single instance named `node`. */
export interface NodeRpc extends NetworkRpc, NodeSigningRpc {
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
    network: NetworkFigures | null;
  }>;
  /** Peers with the same chain, best first: higher score, then higher claim. At most `CHAIN_PEERS_MAX`. */
  peersOf(chain_id: string): Promise<ChainPeer[]>;
  /** What comparisons of a chain with peers and boot nodes have shown; none where there was nothing to compare. */
  reconciled(chain_id: string): Promise<PeerComparison[]>;
  /** Moves the peer's score; at the threshold it is banned. Unknown peers are passed over. */
  reportPeer(report: PeerReport): Promise<void>;
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
