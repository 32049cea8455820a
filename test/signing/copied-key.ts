/**
 * @module Whoever holds a copy of a validator's key: signs what it likes, and brings it to the other validators in requests
 * that they must take for those of the validator's own node.
 */
import { randomBytes } from 'node:crypto';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { ENVELOPE_HEADER, envelopeToHeader, sealEnvelope } from '../../shared/api/p2p/envelope.ts';
import { encodeFrame } from '../../shared/api/p2p/frame-codec.ts';
import { encodeBatch } from '../../shared/api/p2p/session-codec.ts';
import type { SignedVote } from '../../shared/protocol/consensus/message.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import { parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { prevoteSignBytes } from '../../shared/protocol/votes/vote.ts';

/** The chain and who is on it. */
export interface Target {
  readonly chainId: string;
  readonly genesisHash: string;
}

/** A prevote for a block that nobody has made; `validator` is the index of the key in the set. */
export function foreignPrevote(
  { genesisHash }: Target,
  key: KeyPair,
  at: { readonly height: number; readonly round: number; readonly validator: number },
): SignedVote {
  const { height, round, validator } = at;
  const content = { height, round, blockHash: sha256Hex(newKey().signer.publicKey), polRound: null };
  const signature = key.signer.sign(prevoteSignBytes(parseHash(genesisHash), content));
  return { type: 'prevote', ...content, validator, signature };
}

/** Brings a vote to the node of another validator. Throws unless the node takes it. */
export async function bringVote(
  { chainId, genesisHash }: Target,
  key: KeyPair,
  node: { readonly url: string; readonly consensusKey: string },
  vote: SignedVote,
): Promise<void> {
  const frame = encodeFrame({ kind: 'consensus', message: { kind: 'votes', votes: [vote] } });
  const body = encodeBatch([frame]);
  const envelope = {
    from: parseConsensusKey(key.publicKey),
    to: parseConsensusKey(node.consensusKey),
    chain: chainId,
    channel: 'frames' as const,
    nonce: new Uint8Array(randomBytes(16)),
    timeMs: Date.now(),
    bodyHash: sha256Hex(body),
  };
  const sealed = sealEnvelope(envelope, parseHash(genesisHash), key.signer);
  const response = await fetch(`${node.url}/p2p/frames?chain_id=${chainId}`, {
    method: 'POST',
    headers: { [ENVELOPE_HEADER]: envelopeToHeader(sealed) },
    body,
  });
  if (response.status !== 204) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}
