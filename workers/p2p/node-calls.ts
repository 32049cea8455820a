/**
 * @module What another node sends to this one, about no one chain: who sent it, checked at the edge, and the signature of
 * the answer. Replays are for the NodeObject to see.
 */
import type { PeerCall } from '../../shared/api/network-views.ts';
import {
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
  isEnvelopeTrue,
  isTimely,
  sealEnvelope,
} from '../../shared/api/p2p/envelope.ts';
import { sourceRange } from '../../shared/api/p2p/peer-address.ts';
import { ApiError } from '../../shared/api/problems.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { nativeSigner, nativeVerifier } from '../../shared/native/verifier.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { fromHex, toHex } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes, parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { ZERO_HASH } from '../../shared/protocol/primitives/hash.ts';
import { refused } from './authenticate.ts';

/** Source of a caller where no platform tells its address. */
const LOCAL_SOURCE = 'local';
/** All Workers call from one address; what tells them apart is the zone that they run in. Source: Cloudflare's documentation. */
const WORKERS_RANGE = '2a06:98c0:3600::/48';

interface NodeKeys {
  readonly key: ConsensusKey;
  readonly signer: Signer;
}
/** Deriving a key costs more than the rest of the check, and an isolate has one. */
const nodeKeys = new WeakMap<Settings, NodeKeys>();

/** Who calls. Throws NETWORK_DISABLED on a node that takes no part, and the one refusal for whatever is wrong. */
export function authenticateNode(
  request: Request,
  settings: Settings,
  body: Uint8Array,
  channel: Envelope['channel'],
): PeerCall {
  const own = keysOf(settings);
  const signed = envelopeFromHeader(request.headers.get(ENVELOPE_HEADER));
  if (signed === null) throw refused('no envelope');
  const { envelope } = signed;
  if (envelope.channel !== channel || envelope.chain !== null) throw refused('made for another channel');
  if (!isTimely(envelope, Date.now())) throw refused('too old or too new');
  if (envelope.to !== own.key) throw refused('for another node');
  if (envelope.from === own.key) throw refused('from this node itself');
  if (sha256Hex(body) !== envelope.bodyHash) throw refused('the body is not the one that was signed');
  if (!isEnvelopeTrue(signed, ZERO_HASH, nativeVerifier)) throw refused('the signature does not fit');
  const { from, nonce, timeMs } = envelope;
  return { from, nonce: toHex(nonce), time_ms: timeMs, source: sourceOf(request) };
}

/** The header that signs an answer for the one who asked, over the bytes of its body. */
export function answerEnvelope(settings: Settings, call: PeerCall, body: Uint8Array): Record<string, string> {
  const own = keysOf(settings);
  const envelope: Envelope = {
    from: own.key,
    to: parseConsensusKey(call.from),
    chain: null,
    channel: 'answer',
    nonce: fromHex(call.nonce),
    timeMs: Date.now(),
    bodyHash: sha256Hex(body),
  };
  return { [ENVELOPE_HEADER]: envelopeToHeader(sealEnvelope(envelope, ZERO_HASH, own.signer)) };
}

function keysOf(settings: Settings): NodeKeys {
  const known = nodeKeys.get(settings);
  if (known !== undefined) return known;
  const { nodeKey, network } = settings;
  if (nodeKey === undefined || network.url === undefined) {
    throw new ApiError('NETWORK_DISABLED', 'this node has no key or no NODE_URL');
  }
  const signer = nativeSigner(nodeKey);
  const keys = { key: consensusKeyFromBytes(signer.publicKey), signer };
  nodeKeys.set(settings, keys);
  return keys;
}

/** Where a request is from, by headers that the platform sets and callers cannot. */
export function sourceOf(request: Request): string {
  const address = request.headers.get('cf-connecting-ip');
  if (address === null) return LOCAL_SOURCE;
  const range = sourceRange(address);
  return range === WORKERS_RANGE ? `${range} ${request.headers.get('cf-worker') ?? ''}` : range;
}
