/** @module How much is measured. */

/** Accounts that send; as many connections at one transfer per request. */
export const SENDERS = 32;
/** Transfers of one request in the batched measurement. */
export const PER_REQUEST = 100;
/** Connections of the batched measurement. */
export const BATCH_LANES = 10;

/** Sizes of one run. */
export interface Sizes {
  readonly rounds: number;
  /** Transfers of each of the batched connections, in one round. */
  readonly batched: number;
  /** Transfers of each of the connections with one transfer per request, in one round. */
  readonly single: number;
  readonly latencySamples: number;
  readonly chains: number;
  readonly sockets: number;
  readonly fanOutBlocks: number;
  /** Transfers of the block whose rows are counted: 1 MB of transfers is a full block. */
  readonly rowTransfers: number;
  /** Accounts of the second count of rows. */
  readonly manyAccounts: number;
  /** Blocks of one transfer that a node catches up with. */
  readonly syncBlocks: number;
  /** Full blocks that it catches up with: more than it would leave to its links. */
  readonly syncFullBlocks: number;
}

export const FULL: Sizes = {
  rounds: 3,
  batched: 1_500,
  single: 200,
  latencySamples: 200,
  chains: 20,
  sockets: 5_000,
  fanOutBlocks: 5,
  rowTransfers: 5_500,
  manyAccounts: 10_000,
  syncBlocks: 10_000,
  syncFullBlocks: 20,
};

export const QUICK: Sizes = {
  rounds: 1,
  batched: 300,
  single: 50,
  latencySamples: 20,
  chains: 3,
  sockets: 100,
  fanOutBlocks: 2,
  rowTransfers: 1_000,
  manyAccounts: 1_000,
  syncBlocks: 1_000,
  syncFullBlocks: 20,
};
