/** @module Every limit of the links between nodes, with its unit and its reason. */

/** How long a peer may take to answer. Longer than a cold start, short enough that dead peers free their place. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** First wait after a failed attempt; each further one doubles it. */
export const RETRY_FIRST_MS = 200;
/** Longest wait between two attempts, before jitter. */
export const RETRY_MAX_MS = 15_000;
/** A wait is multiplied by 1 plus or minus up to this, so that peers do not knock in step. */
export const RETRY_JITTER = 0.25;
/** After requests had to stand in for a socket, how long until a socket is tried again. */
export const UPGRADE_RETRY_MS = 30_000;

/** Attempts that count as failed after a peer broke the rules: the next one is made after several seconds. */
export const FAULT_FAILURES = 5;

/** Bytes that wait for one peer: two blocks and the votes for them. */
export const QUEUE_BYTES_MAX = 2_500_000;
/** Frames that wait for one peer, of each class: the votes of several rounds of the largest set. */
export const QUEUE_FRAMES_MAX = 256;
/** Bytes that wait for all peers together; a frame sent to many counts once. A third of the heap of a chain. */
export const QUEUES_BYTES_MAX = 8_000_000;

/** Bytes on their way to one peer that it has not acknowledged: more than the largest frame and ACK_BYTES together. */
export const WINDOW_BYTES = 1_250_000;
/** The receiver acknowledges after this many bytes, */
export const ACK_BYTES = 65_536;
/** or after this many messages, unless something it sends has done so before. */
export const ACK_MESSAGES = 8;
/** A peer that owes an acknowledgement for so long is gone, whatever its socket says. */
export const STALL_MS = 8_000;

/** Two links that open within this time of each other have crossed; of others the newer is the live one. */
export const CROSSING_MS = 5_000;
/** Sockets of one peer that were greeted and have not proved who they are. */
export const UNPROVEN_MAX = 2;
/** How long a greeted socket keeps its place while others want one. */
export const UNPROVEN_MS = 5_000;
/** Sockets of all peers together that do not validate: each costs a frame with every block. */
export const STRANGER_LINKS_MAX = 32;
/** Peers that are remembered; beyond it those that do not validate and have no link are forgotten. */
export const PEERS_KEPT_MAX = 256;
/** How long a peer that broke the rules and does not validate is not let in again; a flood is told of as often. */
export const EXPELLED_MS = 60_000;

/** A frame costs its bytes and this, so that small ones are not free, */
export const FRAME_COST = 1_024;
/** and this on top for a peer that does not validate: it has few reasons for many small ones. */
export const STRANGER_FRAME_COST = 3_072;
/** Each block that a frame asks for costs this, */
export const ASKED_BLOCK_COST = 16_384;
/** and each transaction. */
export const ASKED_TRANSACTION_COST = 256;

/** Cost per second and at once that one peer may cause in each class. */
export const INBOUND_BUDGETS = {
  /** About 700 votes a second: ten rounds a second of the largest set. */
  consensus: { rate: 1_000_000, burst: 4_000_000 },
  sync: { rate: 8_000_000, burst: 16_000_000 },
  transactions: { rate: 2_000_000, burst: 4_000_000 },
} as const;
/** The same of one peer that does not validate: transactions of a busy follower, and no votes. */
export const STRANGER_BUDGETS = {
  consensus: { rate: 10_000, burst: 100_000 },
  sync: { rate: 1_000_000, burst: 4_000_000 },
  transactions: { rate: 1_000_000, burst: 2_000_000 },
  dial: { rate: 1, burst: 8 },
  request: { rate: 10, burst: 50 },
} as const;
/** Frames beyond its budgets after which a peer floods, and how many are forgiven per second. */
export const TOLERANCE = { rate: 10, burst: 500 } as const;
/** The same for all peers together that do not validate: keys cost nothing, so each one's budget bounds little. */
export const STRANGERS_BUDGETS = {
  consensus: { rate: 20_000, burst: 200_000 },
  sync: { rate: 16_000_000, burst: 32_000_000 },
  transactions: { rate: 4_000_000, burst: 8_000_000 },
  dial: { rate: 8, burst: 64 },
  request: { rate: 100, burst: 400 },
} as const;
/** Sockets that one peer may open: a burst for restarts, then one a second. */
export const DIAL_BUDGET = { rate: 1, burst: 8 } as const;
/** Requests with frames that one peer may send per second and at once. */
export const REQUEST_BUDGET = { rate: 50, burst: 200 } as const;

/** Why a socket is closed. 1000 is an idle chain. */
export const LINK_CLOSE = {
  idle: 1000,
  duplicate: 4001,
  badFrame: 4400,
  refused: 4403,
  stalled: 4408,
  flood: 4429,
} as const;
