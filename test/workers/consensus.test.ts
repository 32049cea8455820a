/** @module The routes over consensus against a real node: the open height, the set, the commit of each block. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallestThird } from '../../shared/protocol/state/validator-views.ts';
import {
  expectProblem,
  get,
  type Json,
  ledgerCaughtUp,
  node,
  post,
  startRpcNode,
  stopRpcNode,
  transfer,
} from '../support/rpc.ts';

beforeAll(() => startRpcNode());
afterAll(stopRpcNode);

const rpc = async (method: string, params: Json = {}) =>
  (await post('/rpc', { jsonrpc: '2.0', id: 1, method, params })).body.result;
const send = async (nonce: number): Promise<number> => {
  const reply = await post('/rpc/send_tx?wait=final', transfer(0, { nonce }));
  expect(reply.status).toBe(200);
  return Number(reply.body.height);
};

describe('a chain at rest', () => {
  test('shows the height that waits for work, with nobody missing', async () => {
    const signing = async () => (await get('/rpc/consensus')).body.signing;
    await expect.poll(signing, { timeout: 5_000 }).toMatchObject({ status: 'ready' });
    const reply = await get('/rpc/consensus');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('x-chain-height')).toBe('0');
    expect(reply.headers.get('x-served-by')).toBe('chain');
    expect(reply.body).toMatchObject({
      height: 1,
      round: 0,
      step: 'idle',
      validators_total: 1,
      voted: { prevotes: [], precommits: [] },
      missing: [],
      locked: null,
      valid: null,
      peers: [],
    });
    expect(Date.parse(String(reply.body.since))).toBeGreaterThan(Date.now() - 60_000);
    expect(await rpc('get_consensus')).toEqual(reply.body);
  });

  test('stays at rest however often it is asked', async () => {
    const before = (await get('/rpc/consensus')).body;
    for (let count = 0; count < 20; count += 1) await get('/rpc/consensus');
    const after = (await get('/rpc/consensus')).body;
    expect(after).toEqual(before);
    expect((await get('/rpc/head')).body.height).toBe(0);
  });

  test('shows the set that will sign the first block', async () => {
    const { body } = await get('/rpc/validators');
    const [validator] = body.validators as Json[];
    expect(body).toMatchObject({
      height: 1,
      total_power: 1_000_000_000,
      nakamoto: 1,
      others: [],
      next_cursor: null,
    });
    expect(body.validators).toHaveLength(1);
    expect(validator).toMatchObject({
      power: 1_000_000_000,
      priority: 0,
      status: 'active',
      is_authority: true,
      stake: '0',
      missed: 0,
    });
    expect(body).toEqual(await rpc('get_validators'));
    expectProblem(await get('/rpc/validators?height=2'), 'BLOCK_UNKNOWN');
    expectProblem(await get('/rpc/validators?height=0'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/validators?cursor=abc'), 'CURSOR_INVALID');
    expectProblem(await get('/rpc/commit/latest'), 'BLOCK_UNKNOWN');
  });
});

describe('a block', () => {
  test('has a commit with header, certificate and the names of its signers', async () => {
    const height = await send(0);
    const [validator] = (await get('/rpc/validators')).body.validators as Json[];
    const block = (await get(`/rpc/get_block/${height}`)).body;
    const reply = await get(`/rpc/commit/${height}`);
    expect(reply.status).toBe(200);
    const { consensus_key, name, power } = validator as Json;
    expect(reply.body).toMatchObject({
      height,
      hash: block.hash,
      certificate: block.certificate,
      signers: [{ consensus_key, name, power }],
      missing: [],
      power: 1_000_000_000,
      total_power: 1_000_000_000,
    });
    const { certificate: _, last_commit, evidence, transactions, ...header } = block;
    expect(reply.body.header).toEqual(header);
    expect((await get('/rpc/commit/latest')).body).toEqual(reply.body);
    expect(await rpc('get_commit', { height: String(height) })).toEqual(reply.body);
    expectProblem(await get(`/rpc/commit/${height + 1}`), 'BLOCK_UNKNOWN');
    expectProblem(await get('/rpc/commit/0'), 'REQUEST_INVALID');
  });

  test('is signed by the same set, whether the ledger or the chain says so', async () => {
    const height = await send(1);
    const [now] = (await get('/rpc/validators')).body.validators as Json[];
    await ledgerCaughtUp();
    const reply = await get(`/rpc/validators?height=${height}`);
    expect(reply.body).toMatchObject({ height, total_power: 1_000_000_000, nakamoto: 1 });
    const { consensus_key, operator, name, power } = now as Json;
    expect(reply.body.validators).toEqual([
      { consensus_key, operator, name, power, priority: null, status: 'active' },
    ]);
    expect((await get(`/rpc/get_block/${height}`)).body.validators_hash).toBe(reply.body.validators_hash);
    expect((await get('/rpc/consensus')).body).toMatchObject({ height: height + 1, step: 'idle' });
  });
});

describe('the validator key', () => {
  test('is shown as ready with its mark once it has signed', async () => {
    const { signing, height } = (await get('/rpc/consensus')).body;
    expect(signing).toMatchObject({
      status: 'ready',
      reason: null,
      mark: { height: Number(height) - 1, round: 0, step: 'precommit' },
    });
  });

  test.each(['/validator/mark', '/validator/guard'])(
    'takes orders at %s of the administrator alone',
    async (path) => {
      expectProblem(await post(path, { height: 0 }), 'UNAUTHORIZED');
      expectProblem(await post(path, { height: 0 }, { authorization: 'Bearer wrong' }), 'UNAUTHORIZED');
      expect((await get('/rpc/consensus')).body.signing).toMatchObject({ status: 'ready' });
    },
  );

  test('refuses a mark of the wrong form', async () => {
    const bearer = { authorization: `Bearer ${node.adminToken}` };
    expectProblem(await post('/validator/mark', {}, bearer), 'REQUEST_INVALID');
    expectProblem(await post('/validator/mark', { height: 1, round: 2 ** 32 }, bearer), 'REQUEST_INVALID');
    expectProblem(await post('/validator/mark', { height: 1_000_000 }, bearer), 'SIGNING_MARK_TOO_FAR');
  });
});

describe('stake and evidence', () => {
  test('are empty where nobody staked and nobody signed twice', async () => {
    const address = `0x${'00'.repeat(20)}`;
    const staking = await get(`/rpc/staking/${address}`);
    expect(staking.body).toEqual({
      address,
      delegations: [],
      unbonding: [],
      rewards: '0',
      height: Number(staking.headers.get('x-chain-height')),
    });
    expect(await rpc('get_staking', { address })).toEqual(staking.body);
    const evidence = await get('/rpc/evidence');
    expect(evidence.body).toMatchObject({ evidence: [] });
    expect(await rpc('get_evidence', { limit: '5' })).toEqual(evidence.body);
    expectProblem(await get('/rpc/staking/0x12'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/evidence?limit=101'), 'REQUEST_INVALID');
  });
});

describe('the Nakamoto number', () => {
  test.each([
    [[1_000], 1],
    [[500, 500], 1],
    [[250, 250, 250, 250], 2],
    [[334, 333, 333], 1],
    [Array.from({ length: 9 }, () => 100), 4],
    [[700, 100, 100, 100], 1],
  ])('of %j is %i', (powers, expected) => {
    const total = powers.reduce((sum, power) => sum + power, 0);
    expect(smallestThird(powers, total)).toBe(expected);
  });
});
