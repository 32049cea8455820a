/** @module The handler of every route; a route without one does not compile. */
import type { RouteName } from '../../../shared/api/routes.ts';
import type { Answer, ChainContext, RouteInput } from '../../context.ts';
import { getAccount, getBalance } from './accounts.ts';
import { getBlock, getBlocks, getBlocksRange, getHead } from './blocks.ts';
import { createChain, getChain, getChains, getGenesis, getInfo, rebuildLedger } from './chains.ts';
import { getCommit, getConsensus, getValidators } from './consensus.ts';
import {
  broadcast,
  getNode,
  getNotice,
  getPeers,
  getStatus,
  joinNetwork,
  joinThrough,
  leaveNetwork,
  leavePeers,
  sendBeacon,
  syncPeers,
} from './network.ts';
import { health, livez, metrics, readyz } from './node.ts';
import { guardSigning, setSigningMark } from './signing.ts';
import {
  getSnapshot,
  getSnapshotChunk,
  getSnapshots,
  importSnapshot,
  importSnapshotChunk,
} from './snapshots.ts';
import { getEvidence, getStaking, submitEvidence } from './staking.ts';
import { sendTx, sendTxs } from './submit.ts';
import { getSyncStatus, importBlock } from './sync.ts';
import { estimateFee, getMempool, getMessages, getTransaction, getTransactions } from './transactions.ts';

/** Routes of scope `node` take no chain: they see the same context and never touch its `chain`. */
export type Handler = (context: ChainContext, input: RouteInput) => Answer | Promise<Answer>;

/** Handlers by route name. */
export const HANDLERS: Readonly<Record<RouteName, Handler>> = {
  get_head: getHead,
  get_block: getBlock,
  get_blocks: getBlocks,
  get_blocks_range: getBlocksRange,
  send_tx: sendTx,
  send_txs: sendTxs,
  get_transaction: getTransaction,
  get_transactions: getTransactions,
  get_mempool: getMempool,
  estimate_fee: estimateFee,
  get_messages: getMessages,
  get_balance: getBalance,
  get_account: getAccount,
  get_consensus: getConsensus,
  get_validators: getValidators,
  get_commit: getCommit,
  get_staking: getStaking,
  get_evidence: getEvidence,
  submit_evidence: submitEvidence,
  set_signing_mark: setSigningMark,
  guard_signing: guardSigning,
  get_genesis: getGenesis,
  get_info: getInfo,
  get_sync_status: getSyncStatus,
  import_block: importBlock,
  get_chains: getChains,
  get_chain: getChain,
  create_chain: createChain,
  rebuild_ledger: rebuildLedger,
  get_snapshots: getSnapshots,
  get_snapshot: getSnapshot,
  get_snapshot_chunk: getSnapshotChunk,
  import_snapshot: importSnapshot,
  import_snapshot_chunk: importSnapshotChunk,
  health,
  livez,
  readyz,
  metrics,
  get_status: getStatus,
  get_peers: getPeers,
  get_node: getNode,
  join_network: joinNetwork,
  leave_network: leaveNetwork,
  sync_peers: syncPeers,
  broadcast,
  get_notice: getNotice,
  join_through: joinThrough,
  leave_peers: leavePeers,
  send_beacon: sendBeacon,
};
