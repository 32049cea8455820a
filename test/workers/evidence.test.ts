/** @module POST /rpc/evidence against a real node: what is refused and why, and evidence that reaches the chain. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../cli/keys.ts';
import type { ProblemCode } from '../../shared/api/problems.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { doubleSignature } from '../support/double-signature.ts';
import { expectProblem, get, node, post, startRpcNode, stopRpcNode, transfer } from '../support/rpc.ts';

const AGE_MS = 1_500;
const STRANGER = newKey();

beforeAll(async () => {
  await startRpcNode({ ledger: false, params: { minFee: 100n, evidenceAgeMs: AGE_MS, unbondingMs: 10_000 } });
  expect((await post('/rpc/send_tx?wait=final', transfer(0, { nonce: 0 }))).body).toMatchObject({
    height: 1,
  });
});
afterAll(stopRpcNode);

const bring = (bytes: Uint8Array) => post('/rpc/evidence', { evidence: toHex(bytes) });
const by = (signer = node.validator.signer, genesisHash = node.genesisHash) => ({
  at: (height: number) => doubleSignature(genesisHash, signer, { height }),
});
const forged = (): Uint8Array => {
  const bytes = by().at(1);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes;
};

describe('evidence that is none', () => {
  const refusals: [ProblemCode, string, () => Uint8Array][] = [
    ['EVIDENCE_MALFORMED', 'no bytes', () => new Uint8Array()],
    ['EVIDENCE_MALFORMED', 'a byte too many', () => Uint8Array.from([...by().at(1), 0])],
    ['EVIDENCE_FALSE', 'a signature that does not hold', forged],
    ['EVIDENCE_FALSE', 'another chain', () => by(node.validator.signer, `0x${'11'.repeat(32)}`).at(1)],
    ['EVIDENCE_NOT_A_VALIDATOR', 'a stranger', () => by(STRANGER.signer).at(1)],
    ['EVIDENCE_FROM_FUTURE', 'a height to come', () => by().at(3)],
  ];

  test.each(refusals)('is refused with %s: %s', async (code, _what, make) => {
    expectProblem(await bring(make()), code);
    expect((await get('/rpc/evidence')).body).toMatchObject({ evidence: [], pending: 0 });
  });

  test('is a request of the wrong form where it is no hex, too long, or more than that', async () => {
    expectProblem(await post('/rpc/evidence', { evidence: 'abc' }), 'REQUEST_INVALID');
    expectProblem(await post('/rpc/evidence', { evidence: `0x${'00'.repeat(513)}` }), 'REQUEST_INVALID');
    expectProblem(await post('/rpc/evidence', { evidence: '0x', sender: '0x' }), 'REQUEST_INVALID');
    expectProblem(await post('/rpc/evidence', ' '.repeat(5_000)), 'BODY_TOO_LARGE');
  });

  test('is refused with EVIDENCE_TOO_OLD once its time is over', async () => {
    await new Promise((resolve) => setTimeout(resolve, AGE_MS));
    expectProblem(await bring(by().at(1)), 'EVIDENCE_TOO_OLD');
  });
});

describe('true evidence', () => {
  test('makes a block that holds it, costs its bringer nothing, and is known from then on', async () => {
    expect((await post('/rpc/send_tx?wait=final', transfer(0, { nonce: 1 }))).body).toMatchObject({
      height: 2,
    });
    const item = by().at(2);
    const taken = await bring(item);
    expect(taken.status).toBe(202);
    expect(taken.body).toEqual({
      consensus_key: node.validator.publicKey,
      step: 'precommit',
      infraction_height: 2,
      round: 0,
      status: 'pending',
    });
    await expect
      .poll(async () => (await get('/rpc/evidence')).body, { timeout: 10_000 })
      .toMatchObject({
        // A chain does not take out its last validator.
        evidence: [{ consensus_key: node.validator.publicKey, height: 3, outcome: 'recorded', burned: '0' }],
        pending: 0,
      });
    expect((await get('/rpc/get_block/3?include_tx=false')).body.evidence).toEqual([toHex(item)]);
    expectProblem(await bring(item), 'EVIDENCE_KNOWN');
    expectProblem(await bring(by().at(3)), 'EVIDENCE_KNOWN');
  });
});
