/** @module Asking a real node for final blocks, like another node: one signed request over plain HTTP. */
import { randomBytes } from 'node:crypto';
import {
  type BlocksRequest,
  decodeBlocksAnswer,
  encodeBlocksRequest,
} from '../../shared/api/p2p/blocks-codec.ts';
import {
  ENVELOPE_HEADER,
  type Envelope,
  envelopeToHeader,
  P2P_PATHS,
  sealEnvelope,
} from '../../shared/api/p2p/envelope.ts';
import { nativeSigner } from '../../shared/native/verifier.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import { consensusKeyFromBytes, parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';

/** Whom to ask, on which chain. */
export interface BlockSource {
  readonly url: string;
  /** A key by which the node is meant. */
  readonly key: string;
  readonly chainId: string;
  readonly genesisHash: string;
}

/** Sends one request; `envelope` changes what is signed, `body` what is sent. */
export async function requestBlocks(
  source: BlockSource,
  request: BlocksRequest,
  change: { readonly envelope?: Partial<Envelope>; readonly body?: Uint8Array } = {},
): Promise<Response> {
  const signer = nativeSigner(Uint8Array.from(randomBytes(32)));
  const body = change.body ?? encodeBlocksRequest(request);
  const envelope: Envelope = {
    from: consensusKeyFromBytes(signer.publicKey),
    to: parseConsensusKey(source.key),
    chain: source.chainId,
    channel: 'blocks',
    nonce: Uint8Array.from(randomBytes(16)),
    timeMs: Date.now(),
    bodyHash: sha256Hex(body),
    ...change.envelope,
  };
  const sealed = sealEnvelope(envelope, parseHash(source.genesisHash), signer);
  return await fetch(`${source.url}${P2P_PATHS.blocks}?chain_id=${source.chainId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/cbor', [ENVELOPE_HEADER]: envelopeToHeader(sealed) },
    body: body.slice(),
  });
}

/** Every final block of a node up to a height. */
export async function fetchBlocks(source: BlockSource, to: number): Promise<CertifiedBytes[]> {
  const blocks: CertifiedBytes[] = [];
  while (blocks.length < to) {
    const from = blocks.length + 1;
    const response = await requestBlocks(source, { from, to: Math.min(to, from + 63) });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
    const answer = decodeBlocksAnswer(new Uint8Array(await response.arrayBuffer()));
    if (answer.length === 0) throw new Error(`no block at height ${from}`);
    blocks.push(...answer);
  }
  return blocks;
}
