/** @module Evidence in the object of a chain without a quorum: it waits, through the death of the process, and is told to peers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { devnetAccount } from '../../cli/devnet/accounts.ts';
import { newKey } from '../../cli/keys.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { doubleSignature } from '../support/double-signature.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { attempt } from '../support/objects.ts';
import { getJson, post } from '../support/stranger.ts';

const authority = (index: number) => ({
  keys: newKey(),
  operator: devnetAccount(index, 'operator').address,
  name: `validator ${index}`,
});
const [second, ...absent] = [authority(1), authority(2), authority(3)];

/** Two of four validators: no block is ever made, so evidence waits. */
let first: TestNode;
let other: TestNode;
beforeAll(async () => {
  const others = [second, ...absent].flatMap((each) =>
    each === undefined
      ? []
      : [{ validator: each.keys.signer, validatorName: each.name, operator: each.operator }],
  );
  first = await startTestNode({ ledger: false, others });
  const { genesis } = first;
  other = await startTestNode({
    ledger: false,
    genesis,
    ...(second === undefined ? {} : { validator: second.keys }),
    create: false,
    env: { PEERS: JSON.stringify({ [first.validator.publicKey]: first.url }) },
  });
  await first.restart({ PEERS: JSON.stringify({ [other.validator.publicKey]: other.url }) });
});
afterAll(async () => {
  await first?.stop();
  await other?.stop();
});

const bring = async (node: TestNode, bytes: Uint8Array) => {
  const response = await post(`${node.url}/rpc/evidence`, { evidence: toHex(bytes) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const pending = async (node: TestNode) =>
  (await getJson<{ pending: number }>(`${node.url}/rpc/evidence`)).pending;

describe('evidence without a quorum', () => {
  const offender = absent[0]?.keys;
  const item = () => {
    if (offender === undefined) throw new Error('there is an offender');
    return doubleSignature(first.genesisHash, offender.signer, { height: 1, step: 'prevote' });
  };

  it('waits once, however often it is brought, also after the death of the process', async () => {
    expect(await bring(first, item())).toMatchObject({
      status: 202,
      body: { consensus_key: offender?.publicKey, step: 'prevote', infraction_height: 1, status: 'pending' },
    });
    expect(await bring(first, item())).toMatchObject({ status: 409, body: { code: 'EVIDENCE_KNOWN' } });
    await first.restart({ PEERS: JSON.stringify({ [other.validator.publicKey]: other.url }) });
    expect(await pending(first)).toBe(1);
    expect(await bring(first, item())).toMatchObject({ status: 409, body: { code: 'EVIDENCE_KNOWN' } });
  });

  it('is told to a validator that comes later, by a node that has lost its memory since', async () => {
    expect(await pending(first)).toBe(1);
    await createChain({ url: other.url, adminToken: other.adminToken, genesis: first.genesis });
    await first.restart({ PEERS: JSON.stringify({ [other.validator.publicKey]: other.url }) });
    // Evidence that waits is work: the first node opens the height by itself once something has woken it.
    expect(await pending(first)).toBe(1);
    await attempt(async () => expect(await pending(other)).toBe(1));
  });
});
