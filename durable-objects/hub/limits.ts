/** @module Every limit of a hub, with its reason. */

/** Sockets of one hub, those that are closing included: a fan-out stays under half a second on one thread. */
export const SOCKETS_MAX = 10_000;
/** Subscriptions of one socket: four topics with a few filters each, and an attachment far below its 16 KiB. */
export const SUBSCRIPTIONS_MAX = 16;
/** A frame from a client: the largest valid one is a subscribe of a few hundred bytes. */
export const FRAME_BYTES_MAX = 16 * 1024;
/** Frames in a row that cannot be understood before the socket is closed with 4400. */
export const BAD_FRAMES_MAX = 8;
/** A replay that waits this long for acknowledgements is given up as lagged. Checked at each block: no timer. */
export const REPLAY_PAUSE_MS_MAX = 30_000;
/** Blocks asked from the ledger or the chain at once. */
export const REPLAY_BATCH_BLOCKS = 64;
/** Memory of blocks kept for subscribers that want the same ones, decoded and as JSON, in bytes. */
export const BLOCK_CACHE_BYTES = 4 * 1024 * 1024;
/** Outgoing requests of one hub at a time, as the platform allows six per event and the ledger needs room. */
export const SOURCE_REQUESTS_MAX = 4;
/** Pauses before a failed read of blocks is tried again; after the last the socket is closed with 1013. */
export const SOURCE_RETRY_MS: readonly number[] = [100, 400, 1_600];
/** Subscriptions of one hub: with the smallest share of bytes each, they stay below what an isolate may hold. */
export const HUB_SUBSCRIPTIONS_MAX = 20_000;
/**
 * Bytes that all sockets of a hub together may have under way, sent and not acknowledged. A server cannot see that a
 * reader is slow and the platform buffers without bound, so the sum is what keeps never-reading sockets from filling the
 * isolate.
 */
export const BACKLOG_BYTES_MAX = 16 * 1024 * 1024;
/** One subscription may have under way this part of what the hub has left: the first one gets the 4 MiB of a default. */
export const BACKLOG_SHARE = 1 / 4;
/**
 * With less than this part of it left, a live reader is asked to acknowledge with each delivery: thousands of readers, none
 * of which has used its own credit, would together use up the hub's, and all of them would have to wait for a replay.
 */
export const SCARCE_SHARE = 1 / 2;
/** A subscription may always have this much under way, however full the hub is: a few frames, so that it moves on. */
export const CREDIT_BYTES_MIN = 4 * 1024;
/**
 * Bytes sent in one turn of the event loop. A turn's frames are all in memory at once, at three to four times their size,
 * before the first of them reaches the network.
 */
export const BURST_BYTES = 1024 * 1024;
/** A ledger that failed is left alone for this long; replays read from the chain meanwhile. */
export const LEDGER_RETRY_MS = 5_000;
/** Events between blocks that wait for the block below them; the oldest are dropped beyond it. */
export const ANNOUNCEMENTS_HELD_MAX = 256;

/** The limits of a hub as a whole: a test gives small ones to a real hub. */
export interface HubLimits {
  readonly sockets: number;
  readonly subscriptions: number;
  readonly backlogBytes: number;
}
export const HUB_LIMITS: HubLimits = {
  sockets: SOCKETS_MAX,
  subscriptions: HUB_SUBSCRIPTIONS_MAX,
  backlogBytes: BACKLOG_BYTES_MAX,
};
