/** @module Each arrow in the life of a transaction, with the chain's object dying at it. */
import { createClient } from '@libsql/client/web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ABORT_CASES, ARROWS, arrowsWithout, KILL_CASES } from '../../support/crash-points.ts';
import { startObjects, type TestObjects } from '../../support/objects.ts';

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
  it('has a case of an abort and a case of kill -9 for each arrow', () => {
    expect(arrowsWithout(ABORT_CASES)).toEqual([]);
    expect(arrowsWithout(KILL_CASES)).toEqual([]);
    expect(arrowsWithout([])).toEqual(ARROWS);
  });

  for (const { arrow, name } of ABORT_CASES) {
    it(`loses and repeats nothing when it dies at "${arrow}" (${name})`, async () => {
      const chain = await objects.chain();
      // A hub that wants the block to come: none is waiting for it yet.
      if (name.startsWith('hub')) await chain.attachHub({ shard: 0, next_height: nonce + 1 });
      const before = await chain.inspect();
      await chain.arm(name);
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
});
