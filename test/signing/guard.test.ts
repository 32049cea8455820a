/** @module The restore guard of a validator that is alone, in workerd: what holds its key back, and what lets it go. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attempt, startObjects, type TestObjects } from '../support/objects.ts';
import { loseObjects, StoredCopy, whileHalted } from '../support/stored-objects.ts';
import { expectSilence, signing, untilSigningIs } from './held-key.ts';

let objects: TestObjects;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-copy-'));
});
afterEach(async () => {
  await objects?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Sends transfers of account 0 until the chain has this height. */
async function blocksTo(height: number): Promise<void> {
  for (let nonce = 0; nonce < height; nonce += 1) await objects.untilFinal(objects.transfer(0, nonce));
}

describe('storage that was lost', () => {
  it('guards the key where the ledger holds blocks, says so everywhere, and starts anew by the word of the operator', async () => {
    objects = await startObjects();
    await objects.create();
    await blocksTo(2);
    await objects.untilDrained();
    await whileHalted(objects.node, async () => {
      await loseObjects(objects.node.persistDir, 'chain');
      await loseObjects(objects.node.persistDir, 'node');
    });
    await objects.create();
    await untilSigningIs(objects, {
      status: 'guarded',
      reason: 'new_key',
      source: 'ledger',
      record_height: 2,
      quiet_heights: null,
    });
    await expectSilence(objects, 0);
    expect(objects.node.logs.join('\n')).toContain('the validator key is held back');
    await attempt(async () => {
      const [chain] = (await (await objects.registry()).metrics()).chains;
      expect(chain?.consensus?.guard).toBe('new_key');
    });
    const chain = await objects.chain();
    expect(await chain.setSigningMark({ height: 0 })).toMatchObject({ ok: true, value: { status: 'ready' } });
    await objects.untilFinal(objects.transfer(9, 0));
  });

  it('guards the key where the node remembers the chain', async () => {
    objects = await startObjects({ ledger: false });
    await objects.create();
    await blocksTo(2);
    await whileHalted(objects.node, () => loseObjects(objects.node.persistDir, 'chain'));
    await objects.create();
    await untilSigningIs(objects, { status: 'guarded', reason: 'new_key', source: 'node', record_height: 2 });
    await expectSilence(objects, 0);
  });
});

describe('storage that comes back from a copy', () => {
  /** A copy at height 1, blocks to height 3, and the copy again. */
  async function restored(kinds: ('chain' | 'node')[], between = async (): Promise<void> => undefined) {
    await objects.create();
    await blocksTo(1);
    if (objects.node.ledger !== undefined) await objects.untilDrained();
    let copy: StoredCopy | null = null;
    await whileHalted(objects.node, async () => {
      copy = await StoredCopy.take(objects.node.persistDir, folder, kinds);
    });
    await objects.untilFinal(objects.transfer(1, 0));
    await objects.untilFinal(objects.transfer(1, 1));
    if (objects.node.ledger !== undefined) await objects.untilDrained();
    await between();
    await whileHalted(objects.node, async () => copy?.restore());
    await (await objects.chain()).submit([objects.transfer(9, 0).bytes], { wait: 'none', wait_ms: 0 });
  }

  it('guards the key where the node knows of higher blocks', async () => {
    objects = await startObjects({ ledger: false });
    await restored(['chain']);
    await untilSigningIs(objects, { status: 'guarded', reason: 'behind', source: 'node', record_height: 3 });
    await expectSilence(objects, 3);
    // It stays so over the loss of memory, without being asked.
    await objects.node.restart();
    expect(await signing(objects)).toMatchObject({ status: 'guarded', reason: 'behind' });
    expect(await (await objects.chain()).setSigningMark({ height: 1 })).toMatchObject({ ok: true });
    await objects.untilFinal(objects.transfer(9, 0));
  });

  it('guards the key where the ledger alone knows of higher blocks', async () => {
    objects = await startObjects();
    await restored(['chain', 'node']);
    await untilSigningIs(objects, {
      status: 'guarded',
      reason: 'behind',
      source: 'ledger',
      record_height: 3,
    });
    await expectSilence(objects, 3);
  });

  it('obeys an order that was given to the node before, though no record is above it', async () => {
    objects = await startObjects({ ledger: false });
    await objects.create();
    await blocksTo(1);
    let copy: StoredCopy | null = null;
    await whileHalted(objects.node, async () => {
      copy = await StoredCopy.take(objects.node.persistDir, folder, ['chain']);
    });
    const request = { chain_id: objects.node.chainId, actor: 'restore' };
    expect(await (await objects.registry()).guardSigning(request)).toMatchObject({
      ok: true,
      value: { status: 'guarded', reason: 'order' },
    });
    await whileHalted(objects.node, async () => copy?.restore());
    await expectSilence(objects, 3);
    await untilSigningIs(objects, { status: 'guarded', reason: 'order', source: 'node' });
    expect((await (await objects.registry()).auditLog({ limit: 1 })).entries).toMatchObject([
      { action: 'signing.guard', actor: 'restore', success: true },
    ]);
  });
});

describe('the word of the operator', () => {
  it('holds a running key, and frees it above a mark that only grows and is not beyond every height', async () => {
    objects = await startObjects({ ledger: false });
    await objects.create();
    await blocksTo(2);
    const chain = await objects.chain();
    const order = { chain_id: objects.node.chainId, actor: 'test' };
    await (await objects.registry()).guardSigning(order);
    await expectSilence(objects, 6);
    expect(await chain.setSigningMark({ height: 1 })).toMatchObject({
      problem: { code: 'SIGNING_MARK_BELOW' },
    });
    expect(await chain.setSigningMark({ height: 4 })).toMatchObject({
      problem: { code: 'SIGNING_MARK_TOO_FAR' },
    });
    expect(await signing(objects)).toMatchObject({ status: 'guarded', reason: 'order' });
    // Rounds 0 to 4 of the open height count as signed: its block is of the next round.
    expect(await chain.setSigningMark({ height: 3, round: 4 })).toMatchObject({ ok: true });
    await objects.untilFinal(objects.transfer(9, 0));
    expect(await signing(objects)).toMatchObject({
      status: 'ready',
      mark: { height: 3, round: 5, step: 'precommit' },
    });
  });

  it('says that there is no key to hold', async () => {
    objects = await startObjects({ ledger: false });
    await objects.create();
    await objects.node.restart({ VALIDATOR_KEY: '' });
    const chain = await objects.chain();
    expect(await chain.setSigningMark({ height: 0 })).toMatchObject({
      problem: { code: 'SIGNING_KEY_NONE' },
    });
    expect(await chain.guardSigning({ order_ms: 1 })).toMatchObject({
      problem: { code: 'SIGNING_KEY_NONE' },
    });
    expect(await signing(objects)).toMatchObject({ status: 'none' });
  });
});
