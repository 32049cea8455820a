/**
 * @module Every failure that a client can meet: a stable code, its HTTP status and title. A code is never renamed or
 * reused; the wire form is an RFC 9457 problem. Source of docs/problems and of the SDK's typed errors.
 */

/** What a code stands for. `retryable` = the same request may succeed later without a change. */
export interface ProblemSpec {
  readonly status: number;
  readonly title: string;
  readonly retryable?: true;
}

/** Code -> status and title. Grouped by who detects it. */
export const PROBLEMS = {
  // The request as HTTP
  REQUEST_INVALID: { status: 400, title: 'The request does not match its schema' },
  JSON_INVALID: { status: 400, title: 'The body is not valid JSON' },
  CONTENT_TYPE_UNSUPPORTED: { status: 415, title: 'The body must be application/json' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is larger than this route takes' },
  ROUTE_UNKNOWN: { status: 404, title: 'No such route' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not take this method' },
  CURSOR_INVALID: { status: 400, title: 'The cursor is not one that this list gave out' },
  RANGE_INVALID: { status: 400, title: 'The range is empty or too long' },
  UPGRADE_REQUIRED: { status: 426, title: 'This route speaks WebSocket' },
  UNAUTHORIZED: { status: 401, title: 'Authentication is missing or wrong' },
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  ADMIN_DISABLED: { status: 403, title: 'This node has no ADMIN_TOKEN, so admin routes are off' },
  RATE_LIMITED: { status: 429, title: 'Too many requests', retryable: true },

  // Chains
  CHAIN_UNKNOWN: { status: 404, title: 'No such chain on this node' },
  CHAIN_CONFLICT: { status: 400, title: 'The request names two different chains' },
  CHAIN_EXISTS: { status: 409, title: 'The chain exists with another genesis' },
  CHAIN_LIMIT: { status: 409, title: 'The node runs as many chains as it may' },
  CHAIN_NOT_RUNNABLE: { status: 422, title: 'This node cannot run the chain that the genesis describes' },
  CHAIN_STOPPED: { status: 503, title: 'The chain is stopped' },
  CHAIN_OVERLOADED: { status: 503, title: 'The chain takes no more requests right now', retryable: true },
  CHAIN_FULL: { status: 503, title: 'The chain has no storage left for writes' },
  CHAIN_HALTED: { status: 503, title: 'The chain has halted' },
  GENESIS_INVALID: { status: 422, title: 'The genesis is not valid' },

  // Reads
  BLOCK_UNKNOWN: { status: 404, title: 'No such block' },
  BLOCK_INVALID: { status: 422, title: 'The block is not what the validators of this chain certified' },
  BLOCK_CONFLICT: { status: 409, title: 'The chain has another block there' },
  BLOCK_GAP: { status: 409, title: 'The block is not the next one', retryable: true },
  TX_UNKNOWN: { status: 404, title: 'No such transaction' },
  MIN_HEIGHT: { status: 412, title: 'The chain has not reached the height asked for', retryable: true },

  // Snapshots of the state
  SNAPSHOT_UNKNOWN: { status: 404, title: 'No such snapshot' },
  SNAPSHOT_INVALID: { status: 422, title: 'The snapshot does not hold' },
  SNAPSHOT_REFUSED: { status: 409, title: 'The chain cannot start from a snapshot now' },

  // Ledger
  LEDGER_UNAVAILABLE: { status: 503, title: 'The ledger does not answer', retryable: true },
  LEDGER_PENDING: { status: 503, title: 'The ledger of this chain is being made', retryable: true },
  LEDGER_MIGRATING: { status: 503, title: 'The ledger is being migrated', retryable: true },
  LEDGER_WRONG_CHAIN: { status: 503, title: 'The ledger holds another chain' },
  LEDGER_BEHIND: { status: 503, title: 'The ledger is too far behind for more writes', retryable: true },
  LEDGER_REBUILD_REFUSED: { status: 409, title: 'The ledger cannot be rebuilt now' },
  LEDGER_NONE: { status: 503, title: 'This node has no ledger configured' },

  // Transactions: form
  TX_MALFORMED: { status: 422, title: 'The transaction cannot be encoded' },
  TX_TYPE_UNKNOWN: { status: 422, title: 'The chain has no such transaction type' },
  TX_TYPE_INACTIVE: { status: 422, title: 'This version does not execute the transaction type' },
  TX_PAYLOAD_INVALID: { status: 422, title: 'The payload does not fit the transaction type' },
  TX_TOO_LARGE: { status: 422, title: 'The transaction is too large' },
  TX_BAD_KEY: { status: 422, title: 'The public key is not a valid Ed25519 key' },
  TX_BAD_SIGNATURE: { status: 422, title: 'The signature does not fit' },
  TX_WRONG_CHAIN: { status: 422, title: 'The transaction names another chain' },
  TX_FEE_TOO_LOW: { status: 422, title: 'The fee is below what the chain requires' },

  // Transactions: state and pool
  TX_EXPIRED: { status: 422, title: 'valid_until has passed' },
  TX_VALID_UNTIL_TOO_FAR: { status: 422, title: 'valid_until is too far ahead' },
  TX_NONCE_TOO_LOW: { status: 409, title: 'The nonce has been used' },
  TX_NONCE_TOO_FAR: { status: 409, title: 'The nonce is too far ahead of the account' },
  TX_INSUFFICIENT_BALANCE: { status: 422, title: 'The sender cannot pay' },
  TX_SENDER_NOT_A_PARTY: { status: 403, title: 'Only the parties of this chain may transact' },
  TX_REPLACEMENT_UNDERPRICED: { status: 409, title: 'The fee is too low to replace the pending transaction' },
  MEMPOOL_FULL: { status: 503, title: 'The mempool is full', retryable: true },
  MEMPOOL_SENDER_LIMIT: {
    status: 429,
    title: 'The sender has too many pending transactions',
    retryable: true,
  },

  // Evidence
  EVIDENCE_MALFORMED: { status: 422, title: 'These bytes are no evidence' },
  EVIDENCE_FALSE: { status: 422, title: 'The evidence does not show two signed contents' },
  EVIDENCE_FROM_FUTURE: { status: 422, title: 'The height of the offence was not reached' },
  EVIDENCE_TOO_OLD: { status: 422, title: 'The offence is too old' },
  EVIDENCE_NOT_A_VALIDATOR: { status: 422, title: 'The key did not validate at that height' },
  EVIDENCE_KNOWN: { status: 409, title: 'The offence is known' },
  EVIDENCE_TOMBSTONED: { status: 409, title: 'The validator is out for good' },
  EVIDENCE_POOL_FULL: { status: 503, title: 'As much evidence waits as may', retryable: true },

  // The validator key of this node
  SIGNING_KEY_NONE: { status: 409, title: 'This node has no validator key' },
  SIGNING_MARK_BELOW: { status: 409, title: 'The key has signed above this mark' },
  SIGNING_MARK_TOO_FAR: { status: 422, title: 'The mark is above every known height' },

  // Subscriptions
  FRAME_INVALID: { status: 400, title: 'The frame does not match its schema' },
  TOPIC_UNKNOWN: { status: 400, title: 'No such topic' },
  SUBSCRIPTION_UNKNOWN: { status: 404, title: 'No such subscription on this socket' },
  SUBSCRIPTION_LIMIT: { status: 429, title: 'Too many subscriptions on this socket' },
  SOCKET_LIMIT: { status: 429, title: 'Too many sockets', retryable: true },
  REPLAY_HORIZON: { status: 410, title: 'The events asked for are older than this node replays' },
  SLOW_CONSUMER: { status: 429, title: 'The subscriber does not keep up' },

  // JSON-RPC: what has no HTTP counterpart
  JSONRPC_BATCH_TOO_LARGE: { status: 413, title: 'The batch has too many entries' },

  // The network
  NETWORK_DISABLED: { status: 503, title: 'This node takes no part in a network' },
  NODE_UNKNOWN: { status: 404, title: 'This node knows no node of this id' },
  NOTICE_UNKNOWN: { status: 404, title: 'This node remembers no notice of this id' },
  NOTICE_INVALID: { status: 422, title: 'The notice is not signed by its origin, or too old' },
  PEER_UNKNOWN: { status: 403, title: 'The caller is no peer of this node' },
  PEER_BANNED: { status: 403, title: 'The caller is banned for a while' },
  PEER_INCOMPATIBLE: { status: 409, title: 'The two nodes cannot work together' },
  PEER_RECORD_INVALID: { status: 422, title: 'The peer record is not valid' },
  PEER_RECORD_STALE: { status: 409, title: 'The peer record is not the newest, or has expired' },
  PEER_ADDRESS_REFUSED: { status: 422, title: 'The address of the peer is not taken here' },
  PEER_UNREACHABLE: { status: 502, title: 'No node answers at this address', retryable: true },
  PEERS_FULL: { status: 503, title: 'There is no place for another peer', retryable: true },

  // The node
  CONFIG_INVALID: { status: 503, title: 'The settings of this node are not valid' },
  NOT_READY: { status: 503, title: 'The node is not ready', retryable: true },
  INTERNAL: { status: 500, title: 'Something went wrong inside the node' },
} as const satisfies Record<string, ProblemSpec>;

/** Stable name of a failure. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault inside the request; `pointer` is an RFC 6901 pointer whose first token is body, query, path or header. */
export interface ProblemFault {
  readonly pointer: string;
  readonly detail: string;
}

/** Members that belong to one code, such as `chain_id` or `expected_nonce`. */
export type ProblemExtra = Readonly<Record<string, string | number | boolean | null>>;

/** The wire form, `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly code: ProblemCode;
  readonly request_id: string;
  readonly retryable: boolean;
  readonly errors?: readonly ProblemFault[];
  readonly [extra: string]: unknown;
}

/** Media type of every error answer. */
export const PROBLEM_TYPE = 'application/problem+json';

/** The failure as an exception: thrown by a handler, turned into a problem at the edge. */
export class ApiError extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extra: ProblemExtra;
  readonly errors: readonly ProblemFault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      extra?: ProblemExtra;
      errors?: readonly ProblemFault[];
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.detail = detail;
    this.extra = options.extra ?? {};
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

/** Whether a text is one of our codes. */
export function isProblemCode(text: unknown): text is ProblemCode {
  return typeof text === 'string' && Object.hasOwn(PROBLEMS, text);
}

/** Status and title of a code, typed for callers that do not care which. */
export function problemSpec(code: ProblemCode): ProblemSpec {
  return PROBLEMS[code];
}

/** Members that `extra` may not overwrite. */
const FIXED = new Set([
  'type',
  'title',
  'status',
  'detail',
  'instance',
  'code',
  'request_id',
  'retryable',
  'errors',
]);

/** Builds the wire form. The detail of INTERNAL is hidden: what failed inside is for the log alone. */
export function toProblem(
  failure: { code: ProblemCode; detail: string; extra?: ProblemExtra; errors?: readonly ProblemFault[] },
  requestId: string,
): Problem {
  const spec = problemSpec(failure.code);
  const extra = Object.entries(failure.extra ?? {}).filter(([name]) => !FIXED.has(name));
  return {
    ...Object.fromEntries(extra),
    type: `/problems/${failure.code}`,
    title: spec.title,
    status: spec.status,
    detail: failure.code === 'INTERNAL' ? `See the node's log for request ${requestId}.` : failure.detail,
    instance: `urn:request:${requestId}`,
    code: failure.code,
    request_id: requestId,
    retryable: spec.retryable === true,
    ...(failure.errors !== undefined && failure.errors.length > 0 ? { errors: failure.errors } : {}),
  };
}
