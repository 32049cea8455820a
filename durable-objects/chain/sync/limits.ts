/** @module Every limit of synchronisation, with its unit and its reason. */

/** Ranges that are asked for, or wait for their turn, at once: what one holds is bounded by its answer. */
export const WINDOW_RANGES = 8;
/** Requests to one peer at once: enough that it is never idle between two. */
export const REQUESTS_PER_PEER = 2;
/** Requests to all peers at once: of the four places of the object one is left to its links. */
export const REQUESTS_MAX = 3;
/** How long one answer may take, from its request to the last byte. */
export const ANSWER_TIMEOUT_MS = 15_000;
/** How long it may take to begin: what the links give a peer, too. Whoever is silent holds up the ranges above. */
export const ANSWER_HEAD_MS = 5_000;
/** Bytes per second below which an answer is given up, */
export const ANSWER_RATE_MIN = 128_000;
/** after this time, in which a peer may wake and read. */
export const ANSWER_GRACE_MS = 3_000;
/** How often the time that an answer has left is looked at; a longer gap between two looks counts as twice this at most. */
export const LOOK_MS = 250;

/** Attempts to get one range before all who failed are held to account together. */
export const DOWNLOAD_ATTEMPTS = 5;
/** Answers for one range that were false before the same. */
export const PROCESSING_ATTEMPTS = 3;
/** A peer that failed is left alone for this long; each further failure doubles it, */
export const PAUSE_FIRST_MS = 1_000;
/** up to this. */
export const PAUSE_MAX_MS = 60_000;
/** A peer that sent what is false is left alone for this long, whatever becomes of its score. */
export const LIAR_PAUSE_MS = 300_000;

/** Peers that are remembered at once. */
export const PEERS_MAX = 32;
/** While blocks are missing the node is asked for peers this often. */
export const PEERS_REFRESH_MS = 10_000;
/** A lag of so many blocks is left to the links, which bring what was just decided and some before, */
export const SETTLE_BLOCKS = 16;
/** until nothing has moved for this long. */
export const SETTLE_MS = 1_500;

/** The rate is that of the last so many seconds. */
export const RATE_WINDOW_MS = 10_000;
/** Peers whose tips are compared with the own chain when nobody has more blocks. */
export const COMPARISONS = 2;

/** Bytes per second and at once that one node is given of blocks: several times what it can verify. */
export const SERVED_BUDGET = { rate: 8_000_000, burst: 32_000_000 } as const;
/** A request costs this beside its bytes, so that empty ones are not free. */
export const SERVED_REQUEST_COST = 16_384;
/** Nodes whose share is remembered. */
export const SERVED_PEERS_MAX = 256;

/** Senders of single blocks whose rate is remembered. */
export const IMPORT_SOURCES_MAX = 1_000;
