/** @module Each arrow in the life of a transaction, with the chain's object dying at it. */
import { createClient } from '@libsql/client/web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CRASH_POINTS, type CrashPoint } from '../../support/crash-points.ts';
import { startObjects, type TestObjects } from '../../support/objects.ts';

/** The life of a transaction as ARCHITECTURE.md draws it; an arrow without a crash point fails the first test. */
const ARROWS: Readonly<Record<string, readonly CrashPoint[]>> = {
  'edge -> chain object': ['submit'],
  'chain object -> mempool rows': ['admission-before-commit', 'admission-after-commit'],
  'mempool -> block': ['block-before-commit', 'block-after-commit'],
  'chain object -> client': ['answer'],
  'chain object -> node registry': ['node-before', 'node-after'],
  'chain object -> ledger': ['ledger-before', 'ledger-after'],
  'chain object -> hub': ['hub-before', 'hub-after'],
};

let objects: TestObjects;
let nonce = 0;
/** Every transaction that the test was told is final. */
const finals: string[] = [];

beforeAll(async () => {
  objects = await startObjects();
  await objects.create();
});
afterAll(() => objects.stop());

async function ledgerHashes(): Promise<string[]> {
  const client = createClient({ url: objects.node.ledger?.primary ?? '' });
  const { rows } = await client.execute('select hash from transactions order by height, tx_index');
  client.close();
  return rows.map((row) => String(row.hash));
}

describe('ChainObject', () => {
  it('has a crash point for each arrow, and no point without an arrow', () => {
    expect(Object.values(ARROWS).flat().sort()).toEqual([...CRASH_POINTS].sort());
  });

  for (const [arrow, points] of Object.entries(ARROWS)) {
    for (const point of points) {
      it(`loses and repeats nothing when it dies at "${arrow}" (${point})`, async () => {
        const chain = await objects.chain();
        // A hub that wants the block to come: none is waiting for it yet.
        if (point.startsWith('hub')) await chain.attachHub({ shard: 0, next_height: nonce + 1 });
        const before = await chain.inspect();
        await chain.arm(point);
        const transaction = objects.transfer(0, nonce);
        const outcome = await objects.untilFinal(transaction);
        expect(outcome.tx_hash).toBe(transaction.hash);
        await objects.untilDrained();
        const after = await (await objects.chain()).inspect();
        expect(after.fired, 'the point was reached').toBe(1);
        expect(after.boot_id, 'the object died').not.toBe(before.boot_id);
        nonce += 1;
        finals.push(transaction.hash);
        expect(await ledgerHashes()).toEqual(finals);
        const account = await (await objects.chain()).account(objects.node.accounts[0]?.address ?? '');
        expect(account.ok && account.value.nonce).toBe(nonce);
      });
    }
  }
});
