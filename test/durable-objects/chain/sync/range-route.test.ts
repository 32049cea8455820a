/** @module `POST /p2p/blocks`: who is answered, with how much, and from where. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBlocksAnswer, encodeBlocksRequest } from '../../../../shared/api/p2p/blocks-codec.ts';
import { ENVELOPE_WINDOW_MS } from '../../../../shared/api/p2p/envelope.ts';
import { encode, tuple, uint } from '../../../../shared/protocol/codec/codec.ts';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import { type BlockSource, fetchBlocks, requestBlocks } from '../../../support/block-client.ts';
import { until } from '../../../support/devnet.ts';
import { makeBlocks, sourceOf, truthOf } from '../../../support/network-chain.ts';
import { startTestNode, type TestNode } from '../../../support/node.ts';
import { objectFiles } from '../../../support/node-digest.ts';
import { getJson } from '../../../support/stranger.ts';

const HEIGHT = 70;
let node: TestNode;
let source: BlockSource;
beforeAll(async () => {
  node = await startTestNode();
  await makeBlocks(node, HEIGHT);
  const { validators } = await getJson<{ validators: { consensus_key: string }[] }>(
    `${node.url}/rpc/validators`,
  );
  source = sourceOf({ node, key: validators[0]?.consensus_key ?? '' });
});
afterAll(() => node?.stop());

const heights = async (from: number, to: number) => {
  const response = await requestBlocks(source, { from, to });
  return decodeBlocksAnswer(new Uint8Array(await response.arrayBuffer())).length;
};

describe('POST /p2p/blocks', () => {
  it('answers whoever shows a key with what there is of the range', async () => {
    expect(await heights(1, 64)).toBe(64);
    expect(await heights(60, HEIGHT + 10)).toBe(HEIGHT - 59);
    expect(await heights(HEIGHT + 1, HEIGHT + 1)).toBe(0);
    const wire = await getJson<{ blocks: { size_bytes: number }[] }>(
      `${node.url}/rpc/blocks-range?start=1&limit=3`,
    );
    const [first] = await fetchBlocks(source, 1);
    expect(first?.body.length).toBe(wire.blocks[0]?.size_bytes);
  });

  it('REQUEST_INVALID: is asked for 1 to 64 heights from 1 on', async () => {
    const pair = tuple({ from: uint(), to: uint() });
    for (const range of [
      { from: 0, to: 5 },
      { from: 5, to: 4 },
      { from: 1, to: 65 },
    ]) {
      const response = await requestBlocks(source, { from: 1, to: 1 }, { body: encode(pair, range) });
      expect(response.status).toBe(400);
    }
    const text = await requestBlocks(source, { from: 1, to: 1 }, { body: new TextEncoder().encode('1-64') });
    expect(text.status).toBe(400);
  });

  it('UNAUTHORIZED: takes an envelope for this node, chain, channel, body and time alone', async () => {
    const range = { from: 1, to: 2 };
    const other = await requestBlocks(source, range, {
      body: encodeBlocksRequest({ from: 1, to: 3 }),
      envelope: { bodyHash: ZERO_HASH },
    });
    const refusals = [
      other,
      await requestBlocks(source, range, { envelope: { channel: 'frames' } }),
      await requestBlocks({ ...source, key: `0x${'5a'.repeat(32)}` }, range),
      await requestBlocks(source, range, { envelope: { chain: 'other' } }),
      await requestBlocks({ ...source, genesisHash: ZERO_HASH }, range),
      await requestBlocks(source, range, { envelope: { timeMs: Date.now() - 2 * ENVELOPE_WINDOW_MS } }),
      await fetch(`${source.url}/p2p/blocks?chain_id=${source.chainId}`, { method: 'POST', body: 'x' }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 401));
  });

  it('BODY_TOO_LARGE: reads no more than two heights take', async () => {
    const response = await requestBlocks(source, { from: 1, to: 1 }, { body: new Uint8Array(1_000) });
    expect(response.status).toBe(413);
  });

  it('answers from the ledger for heights that the object no longer holds', async () => {
    const before = await truthOf({ node, key: source.key });
    await until('the ledger', async () => {
      const status = await getJson<{ ledger_height: number }>(`${node.url}/sync_status`);
      return status.ledger_height === HEIGHT;
    });
    await node.halt();
    const [file] = objectFiles(join(node.persistDir), 'ChainObject');
    const database = new DatabaseSync(file ?? '');
    database.exec('delete from blocks where height <= 40');
    database.exec('delete from receipts where height <= 40');
    database.close();
    await node.restart();
    expect(await fetchBlocks(source, HEIGHT)).toEqual(before);
  });
});
