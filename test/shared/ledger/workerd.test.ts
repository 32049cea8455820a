import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';
import { SqldCluster, storedBlock } from '../../support/sqld.ts';

let cluster: SqldCluster;
let mf: Miniflare;

beforeAll(async () => {
  cluster = await SqldCluster.start();
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, '../../support/ledger-worker.ts')],
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
  });
  const contents = bundled.outputFiles[0]?.text ?? '';
  mf = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    logRequests: false,
    workers: [
      {
        config: {
          name: 'ledger',
          compatibilityDate: '2026-10-01',
          compatibilityFlags: ['nodejs_compat'],
          manifest: { mainModule: 'w.js', modulesRoot: '/', modules: { 'w.js': { type: 'esm', contents } } },
        },
      },
    ],
  });
  await mf.ready;
});
afterAll(async () => {
  await mf.dispose();
  await cluster.stop();
});

describe('the ledger in workerd', () => {
  it('migrates, writes, and reads the same bytes, with one reader for many requests at once', async () => {
    await cluster.database('workerd');
    const chain = new InMemoryChain();
    for (let i = 0; i < 5; i++) {
      chain.produce([
        aTransfer(chain, aSigner('account 0'), addressOf(aSigner('b').publicKey), 1n, { fee: 9_000n }),
      ]);
    }
    const blocks = chain.blocks.map(storedBlock).map(({ height, hash, body, certificate, receipts }) => ({
      height,
      hash,
      body: toHex(body),
      certificate: toHex(certificate),
      receipts: toHex(receipts),
    }));
    const request = {
      url: cluster.primary.url,
      namespace: 'workerd',
      genesisHash: chain.context.genesisHash,
    };
    const call = async (written: typeof blocks) => {
      const body = JSON.stringify({ ...request, blocks: written });
      const response = await mf.dispatchFetch('http://ledger/', { method: 'POST', body });
      return { status: response.status, body: await response.json() };
    };
    const hashes = chain.blocks.flatMap(({ executed }) =>
      executed.block.transactions.map(({ hash }) => hash),
    );
    const expected = { status: 200, body: { height: 5, body: blocks[4]?.body, hashes: hashes.toReversed() } };
    expect(await call(blocks)).toEqual(expected);
    const many = await Promise.all(Array.from({ length: 60 }, () => call([])));
    for (const answer of many) expect(answer).toEqual(expected);
  });
});
