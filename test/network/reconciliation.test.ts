/** @module Real nodes with chains: they compare blocks and states, say when they differ, and fetch a genesis by its hash. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { newKey } from '../../cli/keys.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { until } from '../support/devnet.ts';
import { ADMIN_TOKEN, type Member, Members } from '../support/members.ts';
import { NodeStranger } from '../support/node-stranger.ts';
import { post, signedTransfer, walletOf } from '../support/stranger.ts';

const SECRET = 'a-secret-of-the-operator';
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

const rich = newKey();

/** A chain that only this member validates. */
function genesisOf({ key }: Member, salt: number): Genesis {
  return makeGenesis({
    chainId: 'main',
    validator: key.signer,
    validatorName: 'member',
    operator: addressOf(key.signer.publicKey),
    allocations: [{ address: rich.address, amount: 1_000_000_000n }],
    params: { blockTimeMs: 1 },
    timeMs: 1_795_233_600_000,
    salt: new Uint8Array(16).fill(salt),
  });
}

interface Alert {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

let members: Members;
let webhook: Server;
const alerts: Alert[] = [];
const badSignatures: string[] = [];
beforeAll(async () => {
  webhook = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature } = request.headers;
      const mac = createHmac('sha256', SECRET).update(`${id}.${time}.${body}`).digest('base64');
      if (signature === `v1,${mac}`) alerts.push(JSON.parse(body) as Alert);
      else badSignatures.push(body);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  members = await Members.make(3);
});
afterAll(async () => {
  await members?.stop();
  webhook.closeAllConnections();
  await new Promise((resolve) => webhook.close(resolve));
});

describe('a node', () => {
  it('gets a chain by the hash of its genesis from its boot node, and refuses another one', async () => {
    const [first, second, third] = [members.at(0), members.at(1), members.at(2)];
    const genesis = genesisOf(first, 1);
    await first.start({ VALIDATOR_KEY: first.key.privateKey });
    await createChain({ url: first.url, adminToken: ADMIN_TOKEN, genesis });
    await second.start({
      GENESIS_HASHES: JSON.stringify({ main: hashGenesis(genesis) }),
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/alerts`,
      ALERT_WEBHOOK_SECRET: SECRET,
    });
    await until('the chain on the second node', async () => (await second.status()).chains.length === 1);
    expect((await second.status()).chains).toMatchObject([
      { chain_id: 'main', genesis_hash: hashGenesis(genesis) },
    ]);
    await third.start({ GENESIS_HASHES: JSON.stringify({ main: hash('77') }) });
    await until('the refusal', () => third.logs.some((line) => line.includes('another hash')));
    expect((await third.status()).chains).toEqual([]);
    await members.untilMet();
  });

  it('agrees with its peers, and says so', async () => {
    const [first, second] = [members.at(0), members.at(1)];
    const from = walletOf({
      address: rich.address,
      public_key: rich.publicKey,
      private_key: rich.privateKey,
    });
    const { genesis_hash = '' } = (await first.status()).chains[0] ?? {};
    for (let nonce = 0; nonce < 20; nonce += 1) {
      const { body } = signedTransfer(genesis_hash, from, from.address, 1n, { nonce });
      expect((await post(`${first.url}/rpc/send_tx?wait=final`, body)).status).toBe(200);
    }
    for (const member of [first, second]) {
      await until(
        `${member.name} agrees`,
        async () => (await member.metric('blockchain_reconciled_height')) === 20,
        30_000,
      );
      expect(await member.metric('blockchain_reconciled_peers')).toBe(1);
      expect(await member.metric('blockchain_state_divergence')).toBe(0);
      // A peer that was behind a moment ago hears of the last blocks with the next claim.
      await until(
        `${member.name} lags behind nobody`,
        async () => (await member.metric('blockchain_network_lag_blocks')) === 0,
      );
      expect(await member.metric('blockchain_alerts_active')).toBe(0);
    }
  });

  it('says loudly when a peer has another state at a height that both have', async () => {
    const second = members.at(1);
    const [chain] = (await second.status()).chains;
    if (chain === undefined) throw new Error('the second node has the chain');
    const { chain_id, genesis_hash, height, head_hash } = chain;
    const claim = { chain_id, genesis_hash, height, head_hash, state_root: hash('66'), checkpoints: [] };
    const liar = new NodeStranger();
    await liar.listen(() => ({ chains: [claim] }));
    try {
      await liar.call({ url: second.url, nodeKey: second.nodeKey }, 'join', {
        record: liar.record(),
        chains: [claim],
      });
      await until('the metric', async () => (await second.metric('blockchain_state_divergence')) === 1);
      await until('the alert', () => alerts.some(({ type }) => type === 'alert.raised'));
      expect(alerts[0]?.data).toMatchObject({
        alert: 'state_divergence',
        chain_id: 'main',
        node: second.name,
      });
      expect(badSignatures).toEqual([]);
      expect(second.logs.some((line) => line.includes('a peer has another chain than this node'))).toBe(true);
      expect(await second.metric('blockchain_alerts_active', 'alert="state_divergence"')).toBe(1);
    } finally {
      await liar.close();
    }
  });
});
