/**
 * @module `POST /p2p/blocks`: final blocks with their certificates for another node. They prove themselves, so any node that
 * shows a key may ask; the chain bounds what each may take.
 */
import {
  type BlocksRequest,
  decodeBlocksRequest,
  encodeBlocksAnswer,
  RANGE_BYTES_FULL,
  RANGE_REQUEST_BYTES_MAX,
} from '../../shared/api/p2p/blocks-codec.ts';
import { ApiError } from '../../shared/api/problems.ts';
import { readBlockRange } from '../../shared/ledger/read-blocks.ts';
import { CodecError } from '../../shared/protocol/codec/codec.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import { chainStub, type Env } from '../env.ts';
import { readBounded } from '../rpc/body.ts';
import { chainRecord } from '../rpc/chain-choice.ts';
import { ledgerReader } from '../rpc/ledger.ts';
import { placeOf } from '../rpc/node-context.ts';
import { callResult } from '../rpc/objects.ts';
import { settingsOf } from '../rpc/settings-cache.ts';
import { authenticate, refused } from './authenticate.ts';

/** Answers a request for a range: from the chain's object, or from the ledger for what the object has dropped. */
export async function serveBlocks(request: Request, env: Env): Promise<Response> {
  const { envelope } = await authenticate(request, env, 'blocks');
  const body = await readBounded(request, RANGE_REQUEST_BYTES_MAX);
  if (sha256Hex(body) !== envelope.bodyHash) throw refused('the body is not the one that was signed');
  const range = { ...heightsIn(body), peer: envelope.from };
  const held = await callResult(() => chainStub(env, envelope.chain).certifiedBlocks(range));
  const isDropped = held.blocks.length === 0 && range.from <= held.head.height;
  const blocks = isDropped ? await fromLedger(request, env, envelope.chain, range) : held.blocks;
  return new Response(encodeBlocksAnswer(blocks), { headers: { 'content-type': 'application/cbor' } });
}

function heightsIn(body: Uint8Array): BlocksRequest {
  try {
    return decodeBlocksRequest(body);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new ApiError('REQUEST_INVALID', error.message, { cause: error });
  }
}

async function fromLedger(
  request: Request,
  env: Env,
  chainId: string,
  { from, to }: BlocksRequest,
): Promise<readonly CertifiedBytes[]> {
  const settings = settingsOf(env);
  const record = await chainRecord(env, chainId);
  const query = readBlockRange({ start: from, end: to, limit: to - from + 1, bytesMax: RANGE_BYTES_FULL });
  const options = { place: placeOf(request, settings), minHeight: from, waitMs: 0 };
  const { value } = await ledgerReader(settings, record).read(query, options);
  return value.blocks;
}
