/** @module The life of a chain's object in workerd: creation, blocks, rest, and what a restart finds. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeBody } from '../../../shared/protocol/block/encode.ts';
import { encodeGenesis } from '../../../shared/protocol/genesis/encode.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { bilateralGenesis } from '../../support/bilateral.ts';
import { attempt, startObjects, type TestObjects } from '../../support/objects.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a chain object that was not created', () => {
  let objects: TestObjects;
  beforeAll(async () => {
    objects = await startObjects({ ledger: false });
  });
  afterAll(() => objects.stop());

  it('CHAIN_UNKNOWN: answers guessed ids and makes no table for them', async () => {
    for (let guess = 0; guess < 6; guess += 1) {
      const chain = await objects.chain(`guess-${guess}`);
      const answers = [
        await chain.snapshot(),
        await chain.submit([new Uint8Array(1)], { wait: 'none', wait_ms: 0 }),
        await chain.blocks({ from: 1, limit: 1 }),
        await chain.attachHub({ shard: 0, next_height: 1 }),
        await chain.rebuildLedger(),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({ ok: false, problem: { code: 'CHAIN_UNKNOWN' } });
      expect(await chain.count('sqlite_master')).toBe(0);
      expect((await chain.inspect()).alarm_ms).toBeNull();
    }
  });

  it('CHAIN_NOT_RUNNABLE: refuses a chain of two parties of which it is none, and writes nothing', async () => {
    const genesis = bilateralGenesis('other');
    const registry = await objects.registry();
    const answer = await registry.createChain({ genesis: encodeGenesis(genesis), actor: 'test' });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'CHAIN_NOT_RUNNABLE' } });
    expect(await registry.chain('other')).toBeNull();
    expect(await (await objects.chain('other')).count('sqlite_master')).toBe(0);
    expect((await registry.auditLog({ limit: 1 })).entries[0]).toMatchObject({
      action: 'chain.create',
      success: false,
    });
  });

  it('is created once: the same genesis again changes nothing, another one is CHAIN_EXISTS', async () => {
    const first = await objects.create();
    expect(first).toMatchObject({ ok: true, value: { head: { height: 0, hash: objects.node.genesisHash } } });
    expect(await objects.create()).toMatchObject({
      ok: true,
      value: { genesis_hash: objects.node.genesisHash },
    });
    const changed = { ...objects.node.genesis, salt: new Uint8Array(16).fill(7) };
    const registry = await objects.registry();
    const answer = await registry.createChain({ genesis: encodeGenesis(changed), actor: 'test' });
    expect(answer).toMatchObject({ ok: false, problem: { code: 'CHAIN_EXISTS' } });
  });
});

describe('a running chain object', () => {
  let objects: TestObjects;
  beforeAll(async () => {
    objects = await startObjects({ params: { blockTimeMs: 1_000 } });
    await objects.create();
  });
  afterAll(() => objects.stop());

  it('commits in the same event on an idle chain, and the next block only after the block time', async () => {
    const first = await objects.untilFinal(objects.transfer(0, 0));
    const second = await objects.untilFinal(objects.transfer(0, 1));
    expect([first.height, second.height]).toEqual([1, 2]);
    const answer = await (await objects.chain()).blocks({ from: 1, limit: 2 });
    if (!answer.ok) throw new Error(answer.problem.detail);
    const [a, b] = answer.value.blocks.map(
      (block) => decodeBody(block.body, builtInTransactions).header.timeMs,
    );
    expect((b ?? 0) - (a ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it('gives the same bytes the same answer, also after a restart and once the ledger alone knows them', async () => {
    const transaction = objects.transfer(1, 0);
    const first = await objects.untilFinal(transaction);
    const again = await (await objects.chain()).submit([transaction.bytes], { wait: 'none', wait_ms: 0 });
    expect(again).toEqual({ ok: true, value: [{ ok: true, value: first }] });
    await objects.node.restart();
    expect((await objects.untilFinal(transaction)).height).toBe(first.height);
  });

  it('keeps acknowledged transactions over a restart, and includes one when its gap is filled', async () => {
    const early = objects.transfer(2, 1);
    const admitted = await (await objects.chain()).submit([early.bytes], { wait: 'none', wait_ms: 0 });
    expect(admitted).toMatchObject({ ok: true, value: [{ ok: true, value: { status: 'pending' } }] });
    await objects.node.restart();
    const pending = await (await objects.chain()).transaction(early.hash);
    expect(pending).toMatchObject({ ok: true, value: { status: 'pending' } });
    await objects.untilFinal(objects.transfer(2, 0));
    const outcome = await objects.untilFinal(early);
    expect(outcome.status).toBe('final');
  });

  it('reports a replaced transaction as replaced, for good', async () => {
    const cheap = objects.transfer(3, 1, { fee: 1_000n });
    const dear = objects.transfer(3, 1, { fee: 2_000n });
    const chain = await objects.chain();
    await chain.submit([cheap.bytes], { wait: 'none', wait_ms: 0 });
    await chain.submit([dear.bytes], { wait: 'none', wait_ms: 0 });
    expect(await chain.transaction(cheap.hash)).toEqual({ ok: true, value: { status: 'replaced' } });
    await objects.node.restart();
    expect(await (await objects.chain()).transaction(cheap.hash)).toEqual({
      ok: true,
      value: { status: 'replaced' },
    });
    const stale = await (await objects.chain()).submit([objects.transfer(0, 0, { fee: 9_000n }).bytes], {
      wait: 'none',
      wait_ms: 0,
    });
    expect(stale).toMatchObject({ ok: true, value: [{ ok: false, problem: { code: 'TX_NONCE_TOO_LOW' } }] });
    await objects.untilFinal(objects.transfer(3, 0));
    await objects.untilFinal(dear);
  });

  it('reports one that was replaced within its own call as replaced, and the other as pending', async () => {
    const cheap = objects.transfer(4, 1, { fee: 1_000n });
    const dear = objects.transfer(4, 1, { fee: 2_000n });
    const chain = await objects.chain();
    const answer = await chain.submit([cheap.bytes, dear.bytes], { wait: 'none', wait_ms: 0 });
    expect(answer).toMatchObject({ ok: true, value: [{ ok: true }, { ok: true }] });
    expect(await chain.transaction(cheap.hash)).toEqual({ ok: true, value: { status: 'replaced' } });
    expect(await chain.transaction(dear.hash)).toMatchObject({ ok: true, value: { status: 'pending' } });
    await objects.untilFinal(objects.transfer(4, 0));
    await objects.untilFinal(dear);
  });

  it('goes on while the ledger is down, says so, and completes it afterwards', async () => {
    await objects.untilDrained();
    await objects.node.ledger?.stopServer('primary');
    const heights: number[] = [];
    for (let nonce = 1; nonce <= 3; nonce += 1)
      heights.push((await objects.untilFinal(objects.transfer(1, nonce))).height ?? 0);
    const registry = await objects.registry();
    await attempt(async () => {
      expect(await registry.chainSnapshot(objects.node.chainId)).toMatchObject({
        ledger: { status: 'behind' },
      });
    });
    await objects.node.ledger?.startServer('primary');
    const drained = await objects.untilDrained();
    expect(drained.ledger).toMatchObject({ status: 'ok', height: heights.at(-1) });
  });

  it('is evicted when idle, without an alarm, and stays so while its registry is read', async () => {
    await objects.untilDrained();
    // A new workerd: the stubs of the tests before would hold the object.
    await objects.node.restart();
    const inspect = async () => (await fetch(`${objects.node.url}/inspect/${objects.node.chainId}`)).json();
    const before = await inspect();
    const { updated_ms } = await attempt(async () => {
      const snapshot = await (await objects.registry()).chainSnapshot(objects.node.chainId);
      if (snapshot === null || snapshot.ledger.status !== 'ok') throw new Error('not settled');
      return snapshot;
    });
    for (let second = 0; second < 14; second += 1) {
      await pause(1_000);
      await (await objects.registry()).metrics();
    }
    // Nothing has reached the registry meanwhile: the object did no work. Looking inside wakes it to a new life.
    expect((await objects.untilDrained()).updated_ms).toBe(updated_ms);
    const after = await inspect();
    expect(after).not.toMatchObject({ boot_id: (before as { boot_id: string }).boot_id });
    expect([before, after]).toMatchObject([{ alarm_ms: null }, { alarm_ms: null }]);
  });
});

describe('a chain with empty blocks', () => {
  it.for([
    ['always', 3],
    ['heartbeat', 2],
  ] as const)('makes them by itself (%s)', async ([emptyBlocks, atLeast]) => {
    const objects = await startObjects({
      ledger: false,
      params: { emptyBlocks, blockTimeMs: 200, heartbeatIntervalMs: 1_000 },
    });
    try {
      await objects.create();
      await pause(2_500);
      const snapshot = await (await objects.registry()).chainSnapshot(objects.node.chainId);
      expect(snapshot?.head.height).toBeGreaterThanOrEqual(atLeast);
      if (emptyBlocks === 'heartbeat') expect(snapshot?.head.height).toBeLessThanOrEqual(4);
    } finally {
      await objects.stop();
    }
  });
});

describe('a chain near its limits', () => {
  it('CHAIN_FULL: refuses transactions when its storage is nine tenths full, and keeps what it has', async () => {
    const objects = await startObjects({ ledger: false, env: { STORAGE_LIMIT: '200000' } });
    try {
      await objects.create();
      let refused: unknown = null;
      let height = 0;
      for (let nonce = 0; refused === null && nonce < 200; nonce += 1) {
        const bytes = objects.transfer(0, nonce).bytes;
        const answer = await (await objects.chain()).submit([bytes], { wait: 'final', wait_ms: 5_000 });
        const [outcome] = answer.ok ? answer.value : [];
        if (outcome?.ok === true) height = outcome.value.height ?? 0;
        else refused = outcome;
      }
      expect(refused).toMatchObject({ ok: false, problem: { code: 'CHAIN_FULL' } });
      expect(await (await objects.chain()).snapshot()).toMatchObject({
        ok: true,
        value: { head: { height } },
      });
    } finally {
      await objects.stop();
    }
  });

  it('LEDGER_BEHIND: refuses transactions one block beyond OUTBOX_BLOCKS_MAX, until the ledger is back', async () => {
    const objects = await startObjects({ env: { OUTBOX_BLOCKS_MAX: '2' } });
    try {
      await objects.create();
      await objects.untilFinal(objects.transfer(0, 0));
      await objects.untilDrained();
      await objects.node.ledger?.stopServer('primary');
      for (let nonce = 1; nonce <= 3; nonce += 1) await objects.untilFinal(objects.transfer(0, nonce));
      const fourth = objects.transfer(0, 4);
      const answer = await (await objects.chain()).submit([fourth.bytes], { wait: 'none', wait_ms: 0 });
      expect(answer).toMatchObject({ ok: true, value: [{ ok: false, problem: { code: 'LEDGER_BEHIND' } }] });
      await objects.node.ledger?.startServer('primary');
      await objects.untilFinal(fourth);
    } finally {
      await objects.stop();
    }
  });
});
