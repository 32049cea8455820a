/** @module Nodes with peers whose chain nobody uses: they go on comparing, from their registries, and no chain wakes for it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { newKey } from '../../cli/keys.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { until } from '../support/devnet.ts';
import { ADMIN_TOKEN, type Member, Members } from '../support/members.ts';
import { getJson, post, signedTransfer, walletOf } from '../support/stranger.ts';
import type { Wakeups } from '../support/wakeups-entry.ts';

const ENTRY = 'test/support/wakeups-entry.ts';
/** After so long without an event an object is gone. */
const EVICTED_MS = 22_000;

let members: Members;
beforeAll(async () => {
  members = await Members.make(2, { NETWORK_SYNC_INTERVAL: '1s', NETWORK_SYNC_JITTER: '0' });
});
afterAll(() => members?.stop());

const chainWakeups = async ({ url }: Member) => (await getJson<{ chain: Wakeups }>(`${url}/wakeups`)).chain;

it('rounds of comparison wake no chain', async () => {
  const [first, second] = [members.at(0), members.at(1)];
  const rich = newKey();
  const genesis = makeGenesis({
    chainId: 'main',
    validator: first.key.signer,
    validatorName: 'first',
    operator: rich.address,
    allocations: [{ address: rich.address, amount: 1_000_000_000n }],
    params: { blockTimeMs: 1 },
    timeMs: 1_795_233_600_000,
    salt: new Uint8Array(16),
  });
  await first.start({ VALIDATOR_KEY: first.key.privateKey }, ENTRY);
  await createChain({ url: first.url, adminToken: ADMIN_TOKEN, genesis });
  await second.start({ GENESIS_HASHES: JSON.stringify({ main: hashGenesis(genesis) }) }, ENTRY);
  await members.untilMet();
  const from = walletOf({ address: rich.address, public_key: rich.publicKey, private_key: rich.privateKey });
  const { body } = signedTransfer(hashGenesis(genesis), from, from.address, 1n, { nonce: 0 });
  expect((await post(`${first.url}/rpc/send_tx?wait=final`, body)).status).toBe(200);
  await until(
    'the block on the second node',
    async () => (await second.metric('blockchain_reconciled_height')) === 1,
  );
  await new Promise((resolve) => setTimeout(resolve, EVICTED_MS));

  const before = await Promise.all(members.all.map(chainWakeups));
  const compared = await first.metric('blockchain_reconciliations_total');
  await until(
    // The next round may be half a minute away by now, the one after it a minute.
    'another comparison',
    async () => (await first.metric('blockchain_reconciliations_total')) > compared,
    60_000,
  );
  expect(await Promise.all(members.all.map(chainWakeups))).toEqual(before);
}, 150_000);
