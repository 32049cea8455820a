/** @module Who a peer's request is from. Whatever is wrong with it, strangers learn no more than that it is refused. */
import {
  type ChainEnvelope,
  EMPTY_BODY_HASH,
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  isEnvelopeTrue,
  isTimely,
} from '../../shared/api/p2p/envelope.ts';
import { ApiError } from '../../shared/api/problems.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { nativeSigner, nativeVerifier } from '../../shared/native/verifier.ts';
import { createLogger } from '../../shared/observability/log.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import type { Env } from '../env.ts';
import { chainRecord } from '../rpc/chain-choice.ts';
import { settingsOf } from '../rpc/settings-cache.ts';

const log = createLogger('workers.p2p');
/** Deriving keys costs more than the rest of the check, and an isolate has one set of settings. */
const derivedKeys = new WeakMap<Settings, readonly ConsensusKey[]>();

/** The one refusal. The reason is for the node's own log. */
export function refused(reason: string): ApiError {
  log.debug('a peer was refused', { function: 'refused', reason });
  return new ApiError('UNAUTHORIZED', 'the envelope is not accepted');
}

/**
 * The envelope of a request, and its header as it came. Checked: form, size, channel, time, receiver, chain, signature;
 * a body is for the caller. Throws the one refusal. What the sender may do is checked by the chain.
 */
export async function authenticate(
  request: Request,
  env: Env,
  channel: 'dial' | 'frames' | 'blocks',
): Promise<{ envelope: ChainEnvelope; header: string }> {
  const header = request.headers.get(ENVELOPE_HEADER);
  const signed = envelopeFromHeader(header);
  if (header === null || signed === null) throw refused('no envelope');
  const { envelope } = signed;
  if (envelope.channel !== channel) throw refused('made for another channel');
  if (channel === 'dial' && envelope.bodyHash !== EMPTY_BODY_HASH) throw refused('a dial has no body');
  if (!isTimely(envelope, Date.now())) throw refused('too old or too new');
  if (!ownKeys(settingsOf(env)).includes(envelope.to)) throw refused('for another node');
  const chains = new URL(request.url).searchParams.getAll('chain_id');
  if (chains.length !== 1 || !isAbout(envelope, chains[0])) throw refused('for another chain');
  const genesisHash = await genesisOf(env, envelope.chain);
  if (!isEnvelopeTrue(signed, genesisHash, nativeVerifier)) throw refused('the signature does not fit');
  return { envelope, header };
}

function isAbout(envelope: Envelope, chain: string | undefined): envelope is ChainEnvelope {
  return chain !== undefined && envelope.chain === chain;
}

/** The keys by which peers mean this node: its own, and that of its validator. None for a node without a key. */
function ownKeys(settings: Settings): readonly ConsensusKey[] {
  const known = derivedKeys.get(settings);
  if (known !== undefined) return known;
  const seeds = [settings.nodeKey, settings.validatorKey].filter((seed) => seed !== undefined);
  const keys = seeds.map((seed) => consensusKeyFromBytes(nativeSigner(seed).publicKey));
  derivedKeys.set(settings, keys);
  return keys;
}

async function genesisOf(env: Env, chainId: string): Promise<HashHex> {
  try {
    return parseHash((await chainRecord(env, chainId)).genesis_hash);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'CHAIN_UNKNOWN') throw refused('no such chain here');
    throw error;
  }
}
