/** @module What was said once on one of two chains of a node, said again: to the other chain, for another type, later. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { makeAuthority } from '../../shared/protocol/genesis/check.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { parseChainId } from '../../shared/protocol/primitives/chain-id.ts';
import { doubleSignature } from '../support/double-signature.ts';
import { makeBlocks } from '../support/network-chain.ts';
import {
  expectProblem,
  get,
  type Json,
  node,
  post,
  startRpcNode,
  stopRpcNode,
  transfer,
} from '../support/rpc.ts';

/** A chain with the same accounts, validator and parameters, but a genesis of its own. */
const TWIN = 'twin';

beforeAll(async () => {
  await startRpcNode({ ledger: false });
  const { url, adminToken, validator } = node;
  const chainId = parseChainId(TWIN);
  const [authority] = node.genesis.authorities;
  if (authority === undefined) throw new Error('the chain has an authority');
  const authorities = [makeAuthority(chainId, validator.signer, authority.operator, authority.name)];
  await createChain({ url, adminToken, genesis: { ...node.genesis, chainId, authorities } });
});
afterAll(stopRpcNode);

const onTwin = (path: string) => `/chains/${TWIN}${path}`;

/** Nonce and balance of the first account, on both chains, and both heads. */
async function state(): Promise<unknown> {
  const read = async (path: string) => (await get(path)).body;
  const account = `/rpc/accounts/${node.accounts[0]?.address}`;
  const heads = [await read('/rpc/get_head'), await read(onTwin('/rpc/get_head'))];
  return [await read(account), await read(onTwin(account)), heads.map(({ height }) => height)];
}

/** Sends all of these; each is refused by its code, and nothing has changed at the end. */
async function refused(requests: readonly (readonly [path: string, body: Json, code: string])[]) {
  const before = await state();
  for (const [path, body, code] of requests) expectProblem(await post(path, body), code as never);
  expect(await state()).toEqual(before);
}

describe('a transaction', () => {
  let final: Json;
  beforeAll(async () => {
    final = transfer(0, { nonce: 0 });
    expect((await post('/rpc/send_tx?wait=final', final)).status).toBe(200);
  });

  test('counts on no other chain, whatever that is told of it', async () => {
    const other = transfer(0, { nonce: 1 });
    await refused([
      [onTwin('/rpc/send_tx'), final, 'TX_BAD_SIGNATURE'],
      [onTwin('/rpc/send_tx'), other, 'TX_BAD_SIGNATURE'],
      [onTwin('/rpc/send_tx'), { ...final, chain_id: TWIN }, 'TX_BAD_SIGNATURE'],
      [onTwin('/rpc/send_tx'), { ...final, chain_id: node.chainId }, 'TX_WRONG_CHAIN'],
      [onTwin('/rpc/send_tx'), { ...final, genesis_hash: node.genesisHash }, 'TX_WRONG_CHAIN'],
    ]);
  });

  test('counts once: the same bytes are answered with what became of them', async () => {
    const before = await state();
    const again = await post('/rpc/send_tx', final);
    expect(again.body).toMatchObject({ status: 'final', height: 1 });
    expect(await state()).toEqual(before);
  });

  test('counts for no other type, nonce, fee, time or recipient', async () => {
    const payload = { ...(final.payload as Json), recipient: node.accounts[2]?.address };
    const text = { recipient: node.accounts[1]?.address, content_type: 'text/plain', body: '0x' };
    await refused([
      ['/rpc/send_tx', { ...final, type: 'message', payload: text, nonce: 1 }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', { ...final, nonce: 1 }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', { ...final, nonce: 1, fee: '20000' }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', { ...final, nonce: 1, valid_until: 999 }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', { ...final, nonce: 1, payload }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', { ...final, public_key: toHex(node.validator.signer.publicKey) }, 'TX_BAD_SIGNATURE'],
      ['/rpc/send_tx', transfer(0, { nonce: 0, amount: 6n }), 'TX_NONCE_TOO_LOW'],
    ]);
  });

  test('counts up to its height only: one that was held back is refused later', async () => {
    const held = transfer(0, { nonce: 1, validUntil: 3 });
    await makeBlocks(node, 2, 1);
    await refused([
      ['/rpc/send_tx', held, 'TX_EXPIRED'],
      ['/rpc/send_tx', transfer(4, { nonce: 0, validUntil: 3 }), 'TX_EXPIRED'],
    ]);
  });
});

describe('what validators signed', () => {
  test('counts at its height and on its chain only', async () => {
    const { blocks } = (await get('/rpc/blocks-range?start=1&include_tx=true')).body as { blocks: Json[] };
    const [first, second] = blocks;
    if (first === undefined || second === undefined) throw new Error('two blocks');
    const certificate = second.certificate as Json;
    const relabelled = { ...second, chain_id: TWIN, height: 1 };
    await refused([
      // The whole block of the other chain, by the same validator.
      [onTwin('/rpc/importBlock'), { ...first, chain_id: TWIN }, 'BLOCK_INVALID'],
      [onTwin('/rpc/importBlock'), { ...first, certificate: { ...certificate, height: 1 } }, 'BLOCK_INVALID'],
      [onTwin('/rpc/importBlock'), relabelled, 'BLOCK_INVALID'],
    ]);
  });

  test('counts as evidence on its chain only', async () => {
    const offence = toHex(doubleSignature(node.genesisHash, node.validator.signer, { height: 1 }));
    await refused([[onTwin('/rpc/evidence'), { evidence: offence }, 'EVIDENCE_FALSE']]);
  });

  test('is shared by no two chains: they differ in their genesis', async () => {
    const { genesis_hash: twin } = (await get(onTwin('/rpc/info'))).body;
    expect(twin).not.toBe(node.genesisHash);
    expect(hashGenesis(node.genesis)).toBe(node.genesisHash);
  });
});
