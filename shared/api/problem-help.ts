/**
 * @module What stands behind each problem code: why it happens and what to do. A node shows it at the address that a
 * problem's `type` names, and docs/problems.md is made of it.
 */
import type { ProblemCode } from './problems.ts';

/** Two short texts without markup. */
export interface ProblemHelp {
  readonly why: string;
  readonly fix: string;
}

const RESERVED = 'Reserved: this version never answers with it.';
const RESERVED_FIX = 'Nothing to do today; a client may already handle the code.';

/** Code -> help. A code without an entry does not compile. */
export const PROBLEM_HELP: Readonly<Record<ProblemCode, ProblemHelp>> = {
  REQUEST_INVALID: {
    why: 'A member of path, query, header or body is missing, unknown, given twice or of the wrong form.',
    fix: 'Read errors: each entry points at one member and says what was expected.',
  },
  JSON_INVALID: {
    why: 'The body is not UTF-8, is not JSON, or is nested too deep.',
    fix: 'Check the body with any JSON tool and send it again.',
  },
  CONTENT_TYPE_UNSUPPORTED: {
    why: 'The request has a body whose Content-Type is not JSON.',
    fix: 'Send Content-Type: application/json.',
  },
  BODY_TOO_LARGE: {
    why: 'The body has more bytes than the route takes; bytes_max says how many.',
    fix: 'Send fewer transactions a request. The limits of a node are in GET /rpc/info.',
  },
  ROUTE_UNKNOWN: { why: 'No route has this path.', fix: 'Compare with /docs or /openapi.json.' },
  METHOD_NOT_ALLOWED: {
    why: 'The path exists for another method.',
    fix: 'Use a method of the Allow header.',
  },
  CURSOR_INVALID: {
    why: 'The cursor is damaged, or belongs to another list, order or filter.',
    fix: 'Pass next_cursor of the page before with the same parameters, or begin without a cursor.',
  },
  RANGE_INVALID: { why: 'The end of the range is below its start.', fix: 'Swap or correct the heights.' },
  UPGRADE_REQUIRED: {
    why: 'The socket route was asked by a plain HTTP request.',
    fix: 'Open it as a WebSocket, or read /events, which is plain HTTP.',
  },
  UNAUTHORIZED: {
    why: 'The route is for the administrator of the node, and the bearer token is missing or wrong.',
    fix: 'Send Authorization: Bearer with the value of the secret ADMIN_TOKEN.',
  },
  FORBIDDEN: { why: RESERVED, fix: RESERVED_FIX },
  ADMIN_DISABLED: {
    why: 'The node has no secret ADMIN_TOKEN, so nobody can be its administrator over HTTP.',
    fix: 'Set the secret: npx wrangler secret put ADMIN_TOKEN.',
  },
  RATE_LIMITED: {
    why: 'The caller, or its range of addresses, has used up what it may do in a time.',
    fix: 'Wait and try again; limits are in docs/spec/network.md.',
  },

  CHAIN_UNKNOWN: {
    why: 'No chain of this id was created on this node, or it has no default chain yet.',
    fix: 'GET /chains lists the chains. POST /chains creates one.',
  },
  CHAIN_CONFLICT: {
    why: 'Path, X-Chain-Id and chain_id do not agree.',
    fix: 'Name the chain in one place only.',
  },
  CHAIN_EXISTS: {
    why: 'The id is taken by a chain with another genesis.',
    fix: 'Choose another chain id. A chain is never replaced.',
  },
  CHAIN_LIMIT: {
    why: 'The node holds as many chains as one node may.',
    fix: 'Create the chain on another node.',
  },
  CHAIN_NOT_RUNNABLE: {
    why: 'A chain of two parties runs at their nodes alone, and the VALIDATOR_KEY of this one is of neither.',
    fix: 'Create it on the nodes of its parties. Chains of other types may be followed by any node.',
  },
  CHAIN_STOPPED: { why: RESERVED, fix: RESERVED_FIX },
  CHAIN_OVERLOADED: {
    why: 'The chain has more requests than it can take at the moment, or is just restarting.',
    fix: 'Wait as Retry-After says and send the same request again. Sending a transaction twice is safe.',
  },
  CHAIN_FULL: {
    why: 'The chain has used nine tenths of its STORAGE_LIMIT. Blocks of what was acknowledged still need the rest.',
    fix: 'Raise STORAGE_LIMIT, up to 10 GB an object, or start another chain.',
  },
  CHAIN_HALTED: {
    why: 'The validators have certified another block than its own, or one that breaks the rules it knows.',
    fix: 'GET /sync_status shows both hashes. Upgrade the node, or start it again from the right network.',
  },
  GENESIS_INVALID: {
    why: 'The document cannot be read, or no chain can start from it; the detail names the field.',
    fix: 'Correct the field. docs/spec/blocks.md lists all fields and their bounds.',
  },

  BLOCK_INVALID: {
    why: 'Form, hash, body, certificate, a signature or a root of the block does not hold; `reason` says which.',
    fix: 'Take it from GET /rpc/blocks-range?include_tx=true of a node of this chain, and change nothing.',
  },
  BLOCK_CONFLICT: {
    why: 'Another block is final at this height, or below it. Final blocks are never replaced.',
    fix: 'Compare chain id, genesis hash and the hashes of both nodes: they are not of one chain.',
  },
  BLOCK_GAP: {
    why: 'Blocks are taken in order, and the ones below this are missing; `expected_height` is the next.',
    fix: 'Send the blocks from that height on first.',
  },
  BLOCK_UNKNOWN: {
    why: 'No final block has this height or hash.',
    fix: 'Compare with GET /rpc/get_head. Send X-Min-Height to wait for a block that is about to come.',
  },
  SNAPSHOT_UNKNOWN: {
    why: 'The node has no whole snapshot of this height, or the snapshot has no such chunk; old ones are dropped.',
    fix: 'Take a height of GET /rpc/snapshots. A node makes snapshots where SNAPSHOT_INTERVAL is above 0.',
  },
  SNAPSHOT_INVALID: {
    why: 'The manifest or chunk is not what a final block of this chain proves; light_code names the rule.',
    fix: 'Take the snapshot from another node: this one is damaged or forged.',
  },
  SNAPSHOT_REFUSED: {
    why: 'The chain has blocks of its own, or no import is under way.',
    fix: 'Import into a chain that was just created, the manifest first.',
  },
  TX_UNKNOWN: {
    why: 'The node has never seen a transaction with this hash, or has forgotten why it left the mempool.',
    fix: 'Send the transaction again: if it is final already, the answer says so.',
  },
  MIN_HEIGHT: {
    why: 'X-Min-Height asks for a height that was not reached within the wait.',
    fix: 'Try again, or ask for a lower height.',
  },

  LEDGER_UNAVAILABLE: {
    why: 'Neither a replica nor the primary of the libSQL ledger gave a usable answer in time.',
    fix: 'Try again. The operator finds the cause in the log. Blocks go on meanwhile.',
  },
  LEDGER_PENDING: {
    why: 'The database of the chain does not exist yet.',
    fix: 'It is made with the first block where the node may make it; otherwise the operator makes it.',
  },
  LEDGER_MIGRATING: {
    why: 'The tables of the database are older or newer than this program, or not there yet.',
    fix: 'Try again in a moment. If it stays, deploy the newest version.',
  },
  LEDGER_WRONG_CHAIN: {
    why: 'The database holds rows of a chain with another genesis.',
    fix: 'Point DATABASE_URL at the database of this chain, or at an empty one.',
  },
  LEDGER_BEHIND: {
    why: 'More blocks than OUTBOX_BLOCKS_MAX wait for the ledger, which has been away for long.',
    fix: 'Bring the ledger back; the waiting blocks drain by themselves. Reads of recent blocks still work.',
  },
  LEDGER_REBUILD_REFUSED: {
    why: 'The chain no longer holds every block from height 1, so a dropped ledger could not be filled again.',
    fix: 'Restore the database from a backup instead.',
  },
  LEDGER_NONE: {
    why: 'The request needs the ledger, and DATABASE_URL is not set.',
    fix: 'Set DATABASE_URL. Chains run without a ledger, but lists need one.',
  },

  TX_MALFORMED: {
    why: 'The values do not form the canonical bytes of a transaction.',
    fix: 'Compare with docs/spec/transactions.md.',
  },
  TX_TYPE_UNKNOWN: {
    why: 'No transaction type has this name or code.',
    fix: 'GET /rpc/info lists the types of the chain.',
  },
  TX_TYPE_INACTIVE: {
    why: 'The bytes of this type are fixed, but this version does not execute it.',
    fix: 'Use a type that GET /rpc/info shows as active.',
  },
  TX_PAYLOAD_INVALID: {
    why: 'The payload lacks a field, has a foreign one, or breaks a rule of its type.',
    fix: 'Compare with docs/spec/transactions.md.',
  },
  TX_TOO_LARGE: {
    why: 'The encoded transaction is above the limit of the protocol.',
    fix: 'Split the content into several transactions.',
  },
  TX_BAD_KEY: {
    why: 'public_key is not a canonical Ed25519 point, or is one of small order.',
    fix: 'Use a key that an ordinary Ed25519 library made.',
  },
  TX_BAD_SIGNATURE: {
    why: 'The signature is not one of these very values, by this key, for this genesis hash.',
    fix: 'Sign again. Check the genesis hash first: send it as genesis_hash, and a mix-up is told as TX_WRONG_CHAIN.',
  },
  TX_WRONG_CHAIN: {
    why: 'chain_id or genesis_hash of the body names another chain than the one that was asked.',
    fix: 'Send it to the chain it was signed for, or sign it anew.',
  },
  TX_FEE_TOO_LOW: {
    why: 'The fee is below min_fee + fee_per_byte x bytes; expected says how much is due.',
    fix: 'Ask POST /rpc/estimate_fee and sign again.',
  },

  TX_EXPIRED: {
    why: 'valid_until is below the height of the next block, or 0.',
    fix: 'Sign again with a higher valid_until.',
  },
  TX_VALID_UNTIL_TOO_FAR: {
    why: 'valid_until lies more than 100,000 blocks ahead.',
    fix: 'Sign again with a nearer height; expected says the furthest.',
  },
  TX_NONCE_TOO_LOW: {
    why: 'Another transaction with this nonce is final.',
    fix: 'Take pending_nonce of GET /rpc/accounts/{address} and sign again.',
  },
  TX_NONCE_TOO_FAR: {
    why: 'Too many nonces before this one are missing.',
    fix: 'Send the missing transactions first, or take pending_nonce.',
  },
  TX_INSUFFICIENT_BALANCE: {
    why: 'The balance does not cover fees and amounts of all pending transactions of the sender and this one.',
    fix: 'Send less, wait until pending ones are final, or fund the account.',
  },
  TX_SENDER_NOT_A_PARTY: {
    why: 'The chain belongs to two parties, and the sender is neither.',
    fix: 'Sign with the key of a party.',
  },
  TX_REPLACEMENT_UNDERPRICED: {
    why: 'A pending transaction has the same nonce, and the fee is not a tenth (at least 1 unit) above its fee.',
    fix: 'Raise the fee to expected, or take the next nonce.',
  },
  MEMPOOL_FULL: {
    why: 'The mempool is full of transactions that pay at least as much per byte.',
    fix: 'Wait, or pay more.',
  },
  MEMPOOL_SENDER_LIMIT: {
    why: 'The sender has as many pending transactions as one sender may have.',
    fix: 'Wait until some are final.',
  },

  EVIDENCE_MALFORMED: {
    why: 'The bytes are not the canonical encoding of one item.',
    fix: 'Compare with docs/spec/validators.md, "Evidence".',
  },
  EVIDENCE_FALSE: {
    why: 'The two contents are equal or out of order, or a signature does not hold on this chain.',
    fix: 'Bring the two messages as the validator signed them, the lower hash first.',
  },
  EVIDENCE_FROM_FUTURE: {
    why: 'The node has not reached the height of the offence yet.',
    fix: 'Compare with GET /rpc/get_head, and bring it once the height is open.',
  },
  EVIDENCE_TOO_OLD: {
    why: 'By block time the offence is older than evidence_age_ms.',
    fix: 'Nothing: who signed then may have taken its stake back since.',
  },
  EVIDENCE_NOT_A_VALIDATOR: {
    why: 'The key was not in the set that decided the height.',
    fix: 'GET /rpc/validators with that height shows the set.',
  },
  EVIDENCE_KNOWN: {
    why: 'The same offence is on the chain or waits for a block, or nothing would change by another one.',
    fix: 'GET /rpc/evidence lists what is on the chain.',
  },
  EVIDENCE_TOMBSTONED: {
    why: 'The validator was punished for another offence and is out for good.',
    fix: 'Nothing more can be taken from it.',
  },
  EVIDENCE_POOL_FULL: {
    why: 'As many items, or items of this validator, wait for a block as one node keeps.',
    fix: 'Send it again after the next block.',
  },

  SIGNING_KEY_NONE: {
    why: 'VALIDATOR_KEY is not set, so there is nothing to hold back or to mark.',
    fix: 'Send the request to the node of the validator.',
  },
  SIGNING_MARK_BELOW: {
    why: 'The storage of this node knows a later signature of the key, and a mark never goes back.',
    fix: 'Take a height and round at or above the mark that GET /rpc/consensus shows.',
  },
  SIGNING_MARK_TOO_FAR: {
    why: 'Nobody has seen so high a block. The key would be silent until the chain gets there.',
    fix: 'Take the last height that the key may have signed, at most one above the highest known block.',
  },

  FRAME_INVALID: {
    why: 'A frame is not JSON, is too large, or has a wrong or unknown member.',
    fix: 'Compare with docs/spec/socket.md. After eight such frames in a row the socket is closed.',
  },
  TOPIC_UNKNOWN: {
    why: 'The stream was asked for a topic that does not exist.',
    fix: 'The detail lists the topics.',
  },
  SUBSCRIPTION_UNKNOWN: {
    why: 'This socket has no subscription of this id; it may have ended.',
    fix: 'Use the sub of a subscribed frame of the same socket.',
  },
  SUBSCRIPTION_LIMIT: {
    why: 'The socket, or the hub that serves it, has as many subscriptions as it may.',
    fix: 'End one, or open another socket.',
  },
  SOCKET_LIMIT: { why: 'The hub of the chain has as many sockets as it may.', fix: 'Try again later.' },
  REPLAY_HORIZON: {
    why: 'Neither the ledger nor the chain has the height from which the events were asked.',
    fix: 'Subscribe from a later height and read what is older from an archive.',
  },
  SLOW_CONSUMER: { why: RESERVED, fix: 'A reader that is too slow gets a lagged frame and close code 4408.' },

  JSONRPC_BATCH_TOO_LARGE: { why: 'The batch has more calls than allowed.', fix: 'Send several batches.' },

  NETWORK_DISABLED: {
    why: 'The node has no key (NODE_KEY or VALIDATOR_KEY) or no address (NODE_URL), or its operator made it leave.',
    fix: 'Set both and deploy; after atoll peers leave, atoll peers join URL takes part again.',
  },
  NODE_UNKNOWN: {
    why: 'The id is neither that of this node nor that of one of its peers.',
    fix: 'GET /api/v1/peers lists all of them.',
  },
  NOTICE_UNKNOWN: {
    why: 'The notice has not come here, or the node was restarted since.',
    fix: 'Wait a moment and ask again, or send another beacon.',
  },
  NOTICE_INVALID: {
    why: 'The envelope in the notice is not one of its origin over its content, or older than ten minutes.',
    fix: 'Nodes of this version make notices that pass. A peer that passes others on is banned.',
  },
  PEER_UNKNOWN: {
    why: 'Only peers may make this call, and the key in the envelope is not that of one.',
    fix: 'Join first: PUT /api/v1/network/join.',
  },
  PEER_BANNED: {
    why: 'The peer has sent what no honest node sends, or failed too often.',
    fix: 'A ban ends by itself after 30 minutes. The log of the refusing node says why it was made.',
  },
  PEER_INCOMPATIBLE: {
    why: 'Protocol versions differ, a capability is missing, or the nodes have no chain with the same genesis in common.',
    fix: 'The detail says which. Run the same version, and compare the genesis hashes in GET /api/v1/status.',
  },
  PEER_RECORD_INVALID: {
    why: 'The record does not decode, a signature is missing or wrong, or it is not one of the caller.',
    fix: 'A node makes its record itself; docs/spec/network.md has the form.',
  },
  PEER_RECORD_STALE: {
    why: 'A record with a higher seq is known, or the record has expired.',
    fix: 'Set the clock of the node right: seq is the time at which a record was made.',
  },
  PEER_ADDRESS_REFUSED: {
    why: 'The URL leads into a private network, which only nodes with ALLOW_PRIVATE_PEERS=true take.',
    fix: 'Set NODE_URL to the public address of the node.',
  },
  PEER_UNREACHABLE: {
    why: 'Nothing answers there in time, or what answers is no node of a network, or not the one that was meant.',
    fix: 'The detail says what happened. Check the URL with GET /api/v1/status.',
  },
  PEERS_FULL: {
    why: 'A node keeps a bounded number of peers: in all, from one range of addresses, and of newcomers.',
    fix: 'Join through another node.',
  },

  CONFIG_INVALID: {
    why: 'A var or secret of the deployment is wrong; every route but /livez answers with this.',
    fix: 'The detail names all faults. Correct them and deploy again; atoll doctor checks before a deploy.',
  },
  NOT_READY: { why: RESERVED, fix: 'GET /readyz says in its own form why a node is not ready.' },
  INTERNAL: {
    why: 'A bug, or storage that is damaged. Details are in the log of the node only.',
    fix: 'Report it with the request_id.',
  },
};
