/** @module The one door between canonical bytes and their JSON form. */
export {
  type BlockBytes,
  blockFromWire,
  blockSummaryToWire,
  blockToWire,
  certificateFromWire,
  certificateToWire,
  genesisBlockToWire,
} from './wire-block.ts';
export { payloadFromWire, payloadToWire } from './wire-payload.ts';
export {
  blockTransactionToWire,
  encodeSubmitted,
  messageToWire,
  pendingToWire,
  receiptToWire,
  submittedOf,
  type TransactionPlace,
  timeToWire,
  transactionContentToWire,
  transactionFromWire,
  transactionToWire,
  transactionTypeOf,
} from './wire-transaction.ts';
