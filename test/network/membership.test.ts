/** @module Several real nodes find each other, and keep each other through deaths, departures and returns. */
import { afterEach, describe, expect, it } from 'vitest';
import type { PeerWire } from '../../shared/api/schemas/network.ts';
import { until } from '../support/devnet.ts';
import { Members } from '../support/members.ts';
import { NodeStranger } from '../support/node-stranger.ts';

/** Three failed rounds; a busy machine needs a while for each. */
const DEATH_MS = 45_000;

let members: Members | undefined;
afterEach(async () => {
  await members?.stop();
  members = undefined;
});

describe('nodes with one boot node', () => {
  it('all meet, and a boot node that died knows everyone when it is back', async () => {
    members = await Members.start(4);
    await members.untilMet();
    const [boot, second] = [members.at(0), members.at(1)];
    expect(await second.status()).toMatchObject({
      protocol: 'atoll',
      node_id: second.nodeId,
      peers: 3,
      chains: [],
    });
    expect(await boot.peer(second.nodeId)).toMatchObject({
      url: second.url,
      node_key: second.nodeKey,
      consensus_key: null,
      failures: 0,
    });
    expect((await second.peers()).boot_nodes).toEqual([{ url: boot.url, state: 'joined', detail: '' }]);

    const known = (await boot.peers()).peers.map(({ node_id }) => node_id).sort();
    await boot.stop();
    await boot.start({ BOOT_NODE: '' });
    expect((await boot.peers()).peers.map(({ node_id }) => node_id).sort()).toEqual(known);
    await members.untilMet();
  });

  it('go on without it, and newcomers join through any of them', async () => {
    members = await Members.make(4);
    const [boot, second, third, newcomer] = members.all;
    if (boot === undefined || second === undefined || third === undefined || newcomer === undefined)
      throw new Error();
    await Promise.all([boot, second, third].map((member) => member.start()));
    await members.untilMet([boot, second, third]);
    await boot.stop();
    await until(
      'the death of the boot node',
      async () => (await second.names('dead')).includes(boot.name),
      DEATH_MS,
    );
    await newcomer.start({ BOOT_NODE: `${boot.url},${third.url}` });
    await members.untilMet([second, third, newcomer]);
    expect((await newcomer.peers()).boot_nodes).toMatchObject([
      { url: boot.url, state: 'failing' },
      { url: third.url, state: 'joined' },
    ]);

    // Replaced: another key at the same address. Whoever has it in its settings meets the new node there.
    await boot.wipe();
    await boot.start({ NODE_KEY: `0x${'5a'.repeat(32)}`, NODE_NAME: 'replaced', BOOT_NODE: '' });
    await until('the new boot node', async () => (await second.names()).includes('replaced'), DEATH_MS);
    expect((await second.peer(boot.nodeId))?.state).not.toBe('active');
  });
});

describe('nodes with nothing new to say', () => {
  it('ask each other less and less, and a node that is alone never', async () => {
    members = await Members.make(3);
    const [boot, second, alone] = [members.at(0), members.at(1), members.at(2)];
    await Promise.all([boot.start(), second.start(), alone.start({ BOOT_NODE: '' })]);
    await members.untilMet([boot, second]);
    await until('rare rounds', async () => (await boot.peers()).sync_interval_ms >= 4_000, 30_000);
    const asked = () => boot.metric('blockchain_network_exchanges_total', 'direction="out"');
    const before = await asked();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect((await asked()) - before).toBeLessThanOrEqual(1);
    expect(await alone.peers()).toMatchObject({ next_sync: null, count: 0 });
    expect(await alone.metric('blockchain_network_exchanges_total')).toBe(0);
  });
});

describe('a node that dies', () => {
  it('is failing, then dead everywhere, and is a peer again when it returns', async () => {
    members = await Members.start(4);
    await members.untilMet();
    const [boot, second, third, last] = members.all.slice(0, 4);
    if (boot === undefined || second === undefined || third === undefined || last === undefined)
      throw new Error();
    await last.stop();
    for (const member of [boot, second, third]) {
      await until(
        `${member.name} sees the death`,
        async () => (await member.names('dead')).includes(last.name),
        DEATH_MS,
      );
    }
    const told = await Promise.all(
      [boot, second, third].map((member) =>
        member.metric('blockchain_network_notices_total', 'kind="dead_peer"'),
      ),
    );
    expect(told.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
    expect(await boot.metric('blockchain_network_known_peers', 'state="dead"')).toBe(1);
    await last.start();
    await members.untilMet();
  });

  it('with another address is the same node', async () => {
    members = await Members.start(3);
    await members.untilMet();
    const [boot, second, last] = [members.at(0), members.at(1), members.at(2)];
    const before = (await second.peer(last.nodeId)) as PeerWire;
    const proxied = `${last.url.replace('127.0.0.1', 'localhost')}`;
    await last.stop();
    await last.start({ NODE_URL: proxied });
    for (const member of [boot, second]) {
      await until(`${member.name} has the new address`, async () => {
        const peer = await member.peer(last.nodeId);
        return peer?.url === proxied && peer.state === 'active';
      });
      expect(await member.names()).toHaveLength(2);
    }
    const after = (await second.peer(last.nodeId)) as PeerWire;
    expect(after.record).not.toBe(before.record);
    expect(after.first_seen).toBe(before.first_seen);
  });
});

describe('a node that leaves', () => {
  it('has left everywhere, stays away through a restart, and comes back when told to', async () => {
    members = await Members.start(4);
    await members.untilMet();
    const last = members.at(3);
    const others = members.all.slice(0, 3);
    const record = ((await members.at(0).peer(last.nodeId)) as PeerWire).record;
    expect(await last.admin('/admin/network/leave')).toEqual({ status: 200, body: { told: 3 } });
    for (const member of others) {
      await until(`${member.name} sees it go`, async () => (await member.names('left')).includes(last.name));
    }
    await last.stop();
    await last.start();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await last.names()).toEqual([]);
    expect(await members.at(1).names('left')).toEqual([last.name]);

    // Its record from before, which every peer had, does not bring it back.
    const gossip = new NodeStranger();
    await gossip.listen(() => ({ peers: [record] }));
    try {
      await gossip.join({ url: members.at(1).url, nodeKey: members.at(1).nodeKey });
      await until('the gossip', async () => (await members?.at(1).peer(gossip.nodeId))?.state === 'active');
      expect((await members.at(1).peer(last.nodeId))?.state).toBe('left');
    } finally {
      await gossip.close();
    }

    const joined = await last.admin<PeerWire>('/admin/network/join', { url: members.at(2).url });
    expect(joined).toMatchObject({ status: 200, body: { node_id: members.at(2).nodeId, state: 'active' } });
    await members.untilMet();
  });
});

describe('a beacon', () => {
  it('reaches every node once, whatever comes again', async () => {
    members = await Members.start(7);
    await members.untilMet();
    const sent = await members.at(3).admin<{ id: string }>('/admin/network/beacon');
    const { id } = sent.body;
    const arrivals = new Map<string, { delay_ms: number; hops: number; duplicates: number }>();
    await until('the beacon everywhere', async () => {
      for (const { name, url } of members?.all ?? []) {
        const response = await fetch(`${url}/api/v1/broadcast/${id}`);
        const body = (await response.json()) as { delay_ms: number; hops: number; duplicates: number };
        if (response.ok) arrivals.set(name, body);
      }
      return arrivals.size === 7;
    });
    for (const [name, { delay_ms, hops, duplicates }] of arrivals) {
      console.log(`beacon at ${name}: ${delay_ms} ms, ${hops} hops, ${duplicates} duplicates`);
      expect(delay_ms, name).toBeLessThan(5_000);
      expect(hops, name).toBeLessThanOrEqual(8);
    }
    for (const member of members.all) {
      const isOrigin = member === members.at(3);
      expect(await member.metric('blockchain_network_notices_total', 'kind="beacon",result="new"')).toBe(
        isOrigin ? 0 : 1,
      );
    }
  });
});
