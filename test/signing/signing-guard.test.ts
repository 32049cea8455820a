/** @module A new chain signs at once, and no life of an object signs before the records have answered. */
import { afterEach, describe, expect, it } from 'vitest';
import { startObjects, type TestObjects } from '../support/objects.ts';
import { expectSilence, signing, untilSigningIs } from './held-key.ts';

/** The promise is a second on an idle machine; one that runs other tests at the same time gets this much. */
const START_MS_MAX = 3_000;

let objects: TestObjects;
afterEach(() => objects?.stop());

describe('a chain that is new', () => {
  it('has its first block in under a second, and its key is known from then on', async () => {
    objects = await startObjects();
    const started = performance.now();
    expect(await objects.create()).toMatchObject({ ok: true });
    await objects.untilFinal(objects.transfer(0, 0));
    expect(performance.now() - started).toBeLessThan(START_MS_MAX);
    expect(await signing(objects)).toMatchObject({
      status: 'ready',
      mark: { height: 1, round: 0, step: 'precommit' },
    });
    await objects.node.restart();
    // At rest nothing is asked; the first signature of a life is.
    expect(await signing(objects)).toMatchObject({ status: 'unchecked', reason: null });
    await objects.untilFinal(objects.transfer(0, 1));
    expect(await signing(objects)).toMatchObject({ status: 'ready' });
  });

  it('waits for a ledger that does not answer: it may hold blocks of this chain', async () => {
    objects = await startObjects();
    await objects.node.ledger?.stopServer('primary');
    await objects.create();
    await untilSigningIs(objects, { status: 'checking', source: 'ledger' });
    await expectSilence(objects, 0);
    await objects.node.ledger?.startServer('primary');
    await objects.untilFinal(objects.transfer(9, 0));
  });
});

describe('before the records have answered', () => {
  it('no signature is made, neither by a new key nor by a known one', async () => {
    objects = await startObjects({ ledger: false, entry: 'test/support/signing-entry.ts' });
    const door = (name: string) => fetch(`${objects.node.url}/${name}`);
    await objects.create();
    await expectSilence(objects, 0);
    expect(await signing(objects)).toMatchObject({ status: 'checking', source: 'node' });
    await door('open');
    await objects.untilFinal(objects.transfer(9, 0));
    await objects.node.restart();
    // A new isolate: its door is shut again.
    const chain = await objects.chain();
    const waiting = await chain.submit([objects.transfer(9, 1).bytes], { wait: 'final', wait_ms: 500 });
    expect(waiting).toMatchObject({ value: [{ value: { status: 'pending' } }] });
    expect(await signing(objects)).toMatchObject({ status: 'checking', source: 'node' });
    expect(await chain.count('sign_log')).toBe(3);
    await door('open');
    await objects.untilFinal(objects.transfer(9, 1));
  });
});
