/** @module The mempool as a list: its own cursors lead through all pending transactions in order of arrival. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../sdk/index.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode({ ledger: false });
});
afterAll(() => node.stop());

test('the cursor of each page of the mempool leads to the next one, to the end', async () => {
  const [from, to] = node.accounts;
  if (from === undefined || to === undefined) expect.fail('the node has funded accounts');
  const client = createClient({ url: node.url, signer: from.signer });
  const sent: string[] = [];
  // Nonce 0 is missing, so they stay pending.
  for (const nonce of [3, 1, 2]) sent.push((await client.send({ to: to.address, amount: 1n, nonce })).hash);
  const seen: string[] = [];
  for (let path = '/rpc/mempool?limit=1'; seen.length <= sent.length; ) {
    const page = (await (await fetch(`${node.url}${path}`)).json()) as {
      transactions: { tx_hash: string }[];
      next_cursor: string | null;
    };
    seen.push(...page.transactions.map(({ tx_hash }) => tx_hash));
    if (page.next_cursor === null) break;
    path = `/rpc/mempool?limit=1&cursor=${page.next_cursor}`;
  }
  expect(seen).toEqual(sent);
});
