/** @module The handler of every route; a route without one does not compile. */
import type { RouteName } from '../../../shared/api/routes.ts';
import type { Answer, ChainContext, RouteInput } from '../../context.ts';
import { getAccount, getBalance } from './accounts.ts';
import { getBlock, getBlocks, getBlocksRange, getHead } from './blocks.ts';
import {
  createChain,
  getChain,
  getChains,
  getGenesis,
  getInfo,
  getSyncStatus,
  rebuildLedger,
} from './chains.ts';
import { getCommit, getConsensus, getValidators } from './consensus.ts';
import { health, livez, metrics, readyz } from './node.ts';
import { getEvidence, getStaking } from './staking.ts';
import { sendTx, sendTxs } from './submit.ts';
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
  get_genesis: getGenesis,
  get_info: getInfo,
  get_sync_status: getSyncStatus,
  get_chains: getChains,
  get_chain: getChain,
  create_chain: createChain,
  rebuild_ledger: rebuildLedger,
  health,
  livez,
  readyz,
  metrics,
};
