/** @module The one door between canonical bytes and their JSON form. */
export {
  blockFromWire,
  blockSummaryToWire,
  blockToWire,
  encodeBlockWire,
  genesisBlockToWire,
} from './wire-block.ts';
export { payloadFromWire, payloadToWire } from './wire-payload.ts';
export {
  encodeSubmitted,
  messageToWire,
  pendingToWire,
  submittedOf,
  type TransactionPlace,
  timeToWire,
  transactionContentToWire,
  transactionFromWire,
  transactionToWire,
  transactionTypeOf,
} from './wire-transaction.ts';
