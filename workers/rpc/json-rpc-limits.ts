/** @module Limits of the JSON-RPC door. */

/** Calls of one batch. */
export const JSON_RPC_BATCH_MAX = 100;
/** Bytes of one request: as much as a send_txs, with its envelope. */
export const JSON_RPC_BODY_BYTES_MAX = 4 * 1024 * 1024 + 1024;
