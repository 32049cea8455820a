/** @module Whether a node may become or stay a peer: its record, its software, its chains, and the room that is left. */
import type { ChainClaim } from '../../../shared/api/network-views.ts';
import type { ObjectProblem } from '../../../shared/api/objects.ts';
import { CAPABILITIES_REQUIRED } from '../../../shared/api/p2p/capabilities.ts';
import { addressRange, reachOf } from '../../../shared/api/p2p/peer-address.ts';
import {
  decodePeerRecord,
  isPeerRecordTrue,
  nodeIdOf,
  PEER_RECORD_BYTES_MAX,
  PEER_RECORD_TTL_MS,
  type PeerRecord,
} from '../../../shared/api/p2p/peer-record.ts';
import { PROTOCOL_VERSION } from '../../../shared/api/version.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { fromHex } from '../../../shared/protocol/primitives/bytes.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { Peer } from './peer.ts';

/** Peers of all phases but those that left. A round asks 32, so all are met within eight. */
export const PEERS_MAX = 256;
/** Of these, those that came by themselves: the rest of the places is for peers that this node has looked for. */
export const JOINED_PEERS_MAX = PEERS_MAX / 2;
/** Peers whose address is not proved yet. */
export const CANDIDATES_MAX = 64;
/** Peers in one range of addresses: one hand must not hold the others' places. */
export const RANGE_PEERS_MAX = 8;
/** Peers that left and are remembered. */
export const LEFT_KEPT_MAX = 256;
/** How far the clock of a record's maker may be ahead. */
const RECORD_AHEAD_MS = 3_600_000;

export type Refusal = ObjectProblem;

/** A record with its bytes. */
export interface ReadRecord {
  readonly record: PeerRecord;
  readonly sealed: Uint8Array;
}

/** Reads a signed record from 0x-hex and checks its signatures. Null for what is none. */
export function readRecord(hex: string): ReadRecord | null {
  if (hex.length > 2 + 2 * PEER_RECORD_BYTES_MAX) return null;
  try {
    const sealed = fromHex(hex);
    const signed = decodePeerRecord(sealed);
    return isPeerRecordTrue(signed, nativeVerifier) ? { record: signed.record, sealed } : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** What the record of a node that takes part must be, for a node that takes private addresses or not. Null: nothing is wrong. */
export function recordRefusal(
  record: PeerRecord,
  known: Peer | undefined,
  policy: { readonly allowPrivate: boolean; readonly nowMs: number },
): Refusal | null {
  const { nowMs } = policy;
  if (record.url === '') return refusal('PEER_RECORD_INVALID', 'the record is one of a node that leaves');
  if (record.expiresMs <= nowMs) return refusal('PEER_RECORD_STALE', 'the record has expired');
  if (record.seq > nowMs + RECORD_AHEAD_MS || record.expiresMs > record.seq + PEER_RECORD_TTL_MS) {
    return refusal('PEER_RECORD_INVALID', 'the record is dated ahead, or made for too long a time');
  }
  if (known !== undefined && record.seq < known.record.seq) {
    return refusal('PEER_RECORD_STALE', 'a newer record of this node is known');
  }
  if (!policy.allowPrivate && reachOf(record.url) === 'private') {
    return refusal('PEER_ADDRESS_REFUSED', 'the address is private, and this node takes public ones only');
  }
  if (record.version !== PROTOCOL_VERSION) {
    return refusal('PEER_INCOMPATIBLE', `protocol version ${record.version}, not ${PROTOCOL_VERSION}`);
  }
  const missing = CAPABILITIES_REQUIRED.filter((name) => !record.capabilities.includes(name));
  if (missing.length === 0) return null;
  return refusal('PEER_INCOMPATIBLE', `the node lacks the capabilities ${missing.join(', ')}`);
}

/** Nodes that both have chains, and none in common, have nothing to tell each other. */
export function chainsRefusal(own: readonly ChainClaim[], theirs: readonly ChainClaim[]): Refusal | null {
  if (own.length === 0 || theirs.length === 0) return null;
  const hashes = new Map(own.map(({ chain_id, genesis_hash }) => [chain_id, genesis_hash]));
  if (theirs.some(({ chain_id, genesis_hash }) => hashes.get(chain_id) === genesis_hash)) return null;
  const foreign = theirs.find(({ chain_id }) => hashes.has(chain_id));
  return refusal(
    'PEER_INCOMPATIBLE',
    foreign === undefined
      ? 'the nodes have no chain in common'
      : `chain ${foreign.chain_id} has another genesis here`,
  );
}

/** Whether there is room for one more. `evict` is a dead peer whose place it takes where all are taken. */
export function placeFor(
  record: PeerRecord,
  origin: Peer['origin'],
  peers: readonly Peer[],
): { readonly refusal: Refusal } | { readonly refusal: null; readonly evict: Peer | null } {
  const nodeId = nodeIdOf(record.nodeKey);
  const others = peers.filter((peer) => peer.nodeId !== nodeId && peer.phase !== 'left');
  const range = addressRange(record.url);
  if (others.filter((peer) => peer.range === range).length >= RANGE_PEERS_MAX) {
    return full(`${RANGE_PEERS_MAX} peers of ${range} are known, and no more are taken`);
  }
  if (others.filter(({ phase }) => phase === 'candidate').length >= CANDIDATES_MAX) {
    return full('too many newcomers wait to be looked at');
  }
  if (origin === 'join' && others.filter((peer) => peer.origin === 'join').length >= JOINED_PEERS_MAX) {
    return full('the places for those who come by themselves are taken');
  }
  if (others.length < PEERS_MAX) return { refusal: null, evict: null };
  const [oldest] = others.filter(({ phase }) => phase === 'dead').sort((a, b) => a.lastSeenMs - b.lastSeenMs);
  return oldest === undefined ? full('all places are taken') : { refusal: null, evict: oldest };
}

function full(detail: string): { refusal: Refusal } {
  return { refusal: refusal('PEERS_FULL', detail) };
}

function refusal(code: Refusal['code'], detail: string): Refusal {
  return { code, detail };
}
