/** @module Every limit of gossip, with its unit and its reason. */

/** Links that a transaction may come over: three upstreams each make this more nodes than any chain has. */
export const HOPS_MAX = 8;

/** Contents that are remembered as seen, each about 200 bytes. */
export const SEEN_MAX = 20_000;
/** How long at most. */
export const SEEN_TTL_MS = 600_000;

/** How long a node waits for a pushed copy before it asks whoever announced a transaction. */
export const WANT_DELAY_MS = 50;
/** How long whoever was asked may take before the next one is. */
export const WANT_TIMEOUT_MS = 1_000;
/** Announced transactions that are waited for at once. */
export const WANTED_MAX = 4_096;
/** Peers remembered for one of them. */
export const ANNOUNCERS_MAX = 3;

/** A validator that was sent a transaction is not sent it again by consensus within this time. */
export const RESEND_MS = 2_000;
/** Pending transactions that are offered again at once, the oldest first. */
export const REOFFERED_MAX = 256;
/** Bytes of them. */
export const REOFFERED_BYTES_MAX = 500_000;
/** Bytes of transactions in the answer to one request; what is left out is asked of somebody else. */
export const ANSWERED_BYTES_MAX = 1_000_000;
/** A follower offers what stays pending again after this time, */
export const REOFFER_FIRST_MS = 1_000;
/** then after twice as long, up to this. */
export const REOFFER_MAX_MS = 300_000;

/** Decided blocks asked for, and sent, at once; what lies further back is for sync. */
export const DECIDED_BLOCKS_MAX = 16;
/** Bytes of bodies in one answer with decided blocks; the first always goes. */
export const DECIDED_BYTES_MAX = 2_000_000;
/** How long whoever was asked for blocks may take before another one is, */
export const DECIDED_TIMEOUT_MS = 1_000;
/** and how long a pause ends an answer that has begun. */
export const DECIDED_PAUSE_MS = 250;
/** Peers whose heads are remembered. */
export const TIPS_MAX = 256;

/** Nodes that a follower follows its chain through. */
export const UPSTREAMS_MAX = 3;
/** Failed attempts after which another node is tried in the place of an upstream. */
export const UPSTREAM_FAILURES_MAX = 2;
/** How long an upstream that failed is passed over, first; doubled with each further failure up to the other. */
export const UPSTREAM_REST_FIRST_MS = 5_000;
export const UPSTREAM_REST_MAX_MS = 120_000;

/** Followers that are remembered, to be woken by a request when a chain that was idle goes on. */
export const FOLLOWERS_KNOWN_MAX = 64;
/** A follower's row is written again only after this time. */
export const FOLLOWER_ROW_MS = 3_600_000;
/** A follower that was woken and did not call is woken again after this time at the earliest. */
export const WAKE_AGAIN_MS = 2_000;
/** Requests that wake followers at once: the others of an object's few are for its own work. */
export const WAKING_MAX = 2;
/** After so many requests in a row that it did not take, a follower is forgotten. */
export const WAKE_FAILURES_MAX = 5;

/** A follower that wakes asks its upstreams for their heads this long after the last time. */
export const ASK_AGAIN_MS = 600_000;
/** How old the list of peers of the node's registry may be when it is needed again. */
export const DIRECTORY_AGE_MS = 10_000;
