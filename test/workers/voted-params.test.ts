/** @module A vote changes the fees: the edge, the estimate, the chain and the SDK go by what is in force, not by the genesis. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../sdk/index.ts';
import { encodeParam, paramName } from '../../shared/protocol/block/params.ts';
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

beforeAll(() => startRpcNode({ params: { minFee: 100n } }));
afterAll(stopRpcNode);

/** The one authority decides alone. Resolves once the new fee is in force and the node's registry knows. */
async function voteMinFee(minFee: bigint): Promise<void> {
  const client = createClient({ url: node.url, signer: node.operator.signer });
  const payload = {
    kind: 'param',
    subject: new TextEncoder().encode(paramName('minFee')),
    value: encodeParam('minFee', minFee),
    approve: true,
  };
  const sent = await client.send({ type: 'authority_vote', payload, fee: 5_000n });
  expect(await sent.wait()).toMatchObject({ status: 'final', receipt_status: 'OK' });
}

const sendWith = (fee: bigint, nonce: number) => post('/rpc/send_tx?wait=final', transfer(0, { nonce, fee }));
const estimate = async () =>
  (
    await post('/rpc/estimate_fee', {
      type: 'transfer',
      payload: { recipient: node.accounts[1]?.address, amount: '5' },
    })
  ).body;

describe('after a vote on min_fee', () => {
  test('a higher one is asked at once, by the edge and in estimates', async () => {
    expect((await sendWith(100n, 0)).status).toBe(200);
    expect(await estimate()).toMatchObject({ fee: '100', min_fee: '100' });
    await voteMinFee(1_000n);
    const refused = await sendWith(999n, 1);
    expectProblem(refused, 'TX_FEE_TOO_LOW');
    expect(refused.body).toMatchObject({ expected: '1000', actual: '999' });
    expect(await estimate()).toMatchObject({ fee: '1000', min_fee: '1000' });
    expect((await sendWith(1_000n, 1)).status).toBe(200);
  });

  test('a lower one is enough at once, also in a batch', async () => {
    await voteMinFee(10n);
    expect((await sendWith(10n, 2)).status).toBe(200);
    const batch = await post('/rpc/send_txs?wait=final', {
      transactions: [transfer(0, { nonce: 3, fee: 10n }), transfer(0, { nonce: 4, fee: 9n })],
    });
    expect(batch.body.results).toMatchObject([{ status: 'final' }, { error: { code: 'TX_FEE_TOO_LOW' } }]);
    expect(await estimate()).toMatchObject({ fee: '10' });
  });

  test('info shows the parameters in force, and the genesis what it always was', async () => {
    expect(((await get('/rpc/info')).body.params as Json).min_fee).toBe('10');
    const { genesis } = (await get('/rpc/genesis')).body as { genesis: { params: Json } };
    expect(genesis.params.min_fee).toBe('100');
  });

  test('a client that knew the old fee pays the new one after one refusal', async () => {
    const [, sender, recipient] = node.accounts;
    if (sender === undefined || recipient === undefined) throw new Error('ten accounts');
    const client = createClient({ url: node.url, signer: sender.signer });
    const send = () => client.send({ to: recipient.address, amount: 1n });
    expect((await (await send()).wait()).status).toBe('final');
    await voteMinFee(77n);
    await expect(send()).rejects.toMatchObject({ code: 'TX_FEE_TOO_LOW' });
    const sent = await send();
    expect(sent.signed.transaction.fee).toBe(77n);
    expect((await sent.wait()).status).toBe('final');
  });
});
