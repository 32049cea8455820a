/**
 * @module Four validators and three followers through what a network lives through: a follower that was away, one among
 * peers that lie, the boot node killed and replaced, a node whose databases are lost. ABSENCE=10000 is the long form of the
 * first.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PeerListWire, PeerWire } from '../../shared/api/schemas/network.ts';
import type { SyncStatusWire } from '../../shared/api/schemas/sync.ts';
import { genesisFromJson } from '../../shared/protocol/genesis/document.ts';
import { fetchBlocks } from '../support/block-client.ts';
import { runCli } from '../support/cli.ts';
import { Cluster } from '../support/cluster.ts';
import { until } from '../support/devnet.ts';
import { LIES, LyingPeer } from '../support/lying-peer.ts';
import { follow, hashesOf, headOf, joinThrough, startFollower } from '../support/network-chain.ts';
import { getJson } from '../support/stranger.ts';

const CHAIN = 'devnet';
const [BOOT, OTHER_VALIDATOR, REBUILT, BELIEVER, AWAY] = ['node1', 'node3', 'node5', 'node6', 'node7'];
/** More than a node leaves to its links, so that what was missed is asked for in ranges. */
const LAG = 40;
const SNAPSHOT_INTERVAL = 20;
/** Blocks that the follower which was off has missed. */
const ABSENCE = Number(process.env.ABSENCE ?? LAG);
/** Longer than four validators on one machine need for a block. */
const BLOCK_MS_MAX = 400;
const START_MS = 120_000;
const CAUGHT_UP_MS = 90_000;

let stateDir: string;
let cluster: Cluster;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'atoll-seven-'));
  cluster = await Cluster.start(stateDir, 4, [
    '--followers',
    '3',
    '--block-time',
    '1ms',
    '--snapshot-interval',
    String(SNAPSHOT_INTERVAL),
  ]);
}, START_MS);
afterAll(async () => {
  await cluster?.devnet.stop();
  await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
});

/** Blocks of one transfer each, final before the next is sent. */
async function makeBlocks(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) await cluster.timeToFinal('node2');
}

const peersOf = async (name: string): Promise<ReadonlyMap<string, PeerWire>> => {
  const { peers } = await getJson<PeerListWire>(`${cluster.url(name)}/rpc/peers`);
  return new Map(peers.map((peer) => [peer.name, peer]));
};
const keyOf = async (name: string): Promise<string> => {
  const peer = (await peersOf('node2')).get(name);
  if (peer === undefined) throw new Error(`node2 does not know ${name}`);
  return peer.node_key;
};
const syncOf = (name: string) => getJson<SyncStatusWire>(`${cluster.url(name)}/sync_status`);
/** Waits until a node has the head that another one has now. */
async function untilCaughtUp(name: string): Promise<void> {
  const head = await cluster.height('node2');
  await until(`the head of ${name}`, async () => (await cluster.height(name)) >= head, CAUGHT_UP_MS);
}

describe('seven nodes', { timeout: 180_000 + ABSENCE * BLOCK_MS_MAX }, () => {
  it(`a follower that was off for ${ABSENCE} blocks has the same chain again`, async () => {
    await cluster.order(AWAY, 'stop-node');
    await makeBlocks(ABSENCE);
    await cluster.order(AWAY, 'start-node');
    await untilCaughtUp(AWAY);
    expect((await syncOf(AWAY)).imported_total).toBeGreaterThanOrEqual(ABSENCE);
    await cluster.expectSameChain();
  });

  it('a follower that hears liars alone takes nothing false, and finishes from others', async () => {
    const key = await keyOf(BELIEVER);
    const from = {
      url: cluster.url('node2'),
      chainId: CHAIN,
      genesisHash: cluster.devnet.ready.genesis_hash,
    };
    await cluster.order(BELIEVER, 'cut');
    await makeBlocks(LAG);
    const head = await cluster.height('node2');
    const truth = await fetchBlocks({ ...from, key: (await validatorKeys())[1] ?? '' }, head);
    const { body, certificate, state, truncated } = LIES;
    const liars = Object.entries({ body, certificate, state, truncated }).map(
      ([name, lie]) => new LyingPeer(name, truth, lie),
    );
    try {
      const believer = { node: { url: cluster.url(BELIEVER) }, key };
      for (const liar of liars) await liar.join(believer, from, head);
      await until('every liar asked', () => liars.every(({ asked }) => asked > 0), CAUGHT_UP_MS);
      await until('the forgers banned', async () => {
        const peers = await peersOf(BELIEVER);
        return ['body', 'certificate', 'state'].every((name) => peers.get(name)?.state === 'banned');
      });
      // What a liar truncates is true as far as it goes.
      const among = await cluster.height(BELIEVER);
      expect(await hashesOf({ url: cluster.url(BELIEVER) }, among)).toEqual(await hashesOf(from, among));
      expect(among).toBeLessThan(head);
      await cluster.order(BELIEVER, 'heal');
      await untilCaughtUp(BELIEVER);
    } finally {
      await Promise.all(liars.map((liar) => liar.close()));
    }
    expect(await syncOf(BELIEVER)).toMatchObject({ divergence: null });
    await cluster.expectSameChain();
  });

  it('newcomers join without the boot node, and one in its place knows everyone again', async () => {
    await cluster.kill(BOOT);
    const { genesis } = JSON.parse(await readFile(join(stateDir, 'devnet.json'), 'utf8')) as {
      genesis: unknown;
    };
    const newcomer = await startFollower({ NODE_NAME: 'newcomer' }, { chainId: CHAIN });
    try {
      await follow(newcomer.node, { genesis: genesisFromJson(genesis) });
      await joinThrough(newcomer.node, { url: cluster.url(OTHER_VALIDATOR) });
      await makeBlocks(3);
      const head = await cluster.height('node2');
      await until('the newcomer', async () => (await headOf(newcomer.node)) >= head, CAUGHT_UP_MS);
      // Nothing of the old machine is left but its address and its keys.
      await rm(join(stateDir, BOOT), { recursive: true });
      await cluster.order(BOOT, 'start-node');
      const all = [...cluster.names.filter((name) => name !== BOOT), 'newcomer'];
      await until(
        'everyone known',
        async () => {
          const peers = await peersOf(BOOT);
          return all.every((name) => peers.get(name)?.state === 'active');
        },
        CAUGHT_UP_MS,
      );
      await untilCaughtUp(BOOT);
      await cluster.untilFinal([await cluster.send(BOOT)]);
    } finally {
      await newcomer.node.stop();
    }
    await cluster.expectSameChain();
  });

  it('a node whose ledger is lost writes it again, and one whose objects are lost takes the chain again', async () => {
    for (const lost of ['ledger', 'objects']) {
      await cluster.order(REBUILT, 'stop-node');
      await rm(join(stateDir, REBUILT, lost), { recursive: true });
      await makeBlocks(2);
      await cluster.order(REBUILT, 'start-node');
      await untilCaughtUp(REBUILT);
      // Lists of transactions come from the ledger alone.
      const all = (await transactionsIn('node2')) ?? [];
      expect(all.length).toBeGreaterThan(2 * LAG);
      const isWhole = async () => ((await transactionsIn(REBUILT)) ?? []).length >= all.length;
      await until(`the ledger after the loss of ${lost}`, isWhole, CAUGHT_UP_MS);
      expect((await transactionsIn(REBUILT))?.slice(0, all.length)).toEqual(all);
      await cluster.expectSameChain();
    }
  });

  it('a node whose databases are lost begins again from a snapshot, in a file of another node', async () => {
    await cluster.order(REBUILT, 'cut');
    await cluster.order(REBUILT, 'stop-node');
    for (const lost of ['ledger', 'objects']) await rm(join(stateDir, REBUILT, lost), { recursive: true });
    await cluster.order(REBUILT, 'start-node');
    const file = join(stateDir, 'state.snapshot');
    const written = await runCli(['snapshot', 'export', file, '--rpc-url', cluster.url('node2'), '--json']);
    expect(written, written.stderr).toMatchObject({ code: 0 });
    const { height } = JSON.parse(written.stdout) as { height: number };
    const admin = { ATOLL_ADMIN_TOKEN: cluster.devnet.ready.admin_token };
    const taken = await runCli(['snapshot', 'import', file, '--rpc-url', cluster.url(REBUILT)], admin);
    expect(taken, taken.stderr).toMatchObject({ code: 0 });
    await cluster.order(REBUILT, 'heal');
    await makeBlocks(2);
    await untilCaughtUp(REBUILT);
    const blockOf = async (name: string, at: number): Promise<string> =>
      (await getJson<{ hash: string }>(`${cluster.url(name)}/rpc/get_block/${at}`)).hash;
    for (const at of [height, height + 1, await cluster.height('node2')])
      expect(await blockOf(REBUILT, at)).toBe(await blockOf('node2', at));
    expect((await fetch(`${cluster.url(REBUILT)}/rpc/get_block/${height - 1}`)).status).toBe(404);
  });
});

/** Hashes of all transactions in the ledger of a node, oldest first; null while it says that it is not ready. */
async function transactionsIn(name: string): Promise<string[] | null> {
  const hashes: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const response = await fetch(`${cluster.url(name)}/rpc/transactions?order=asc&limit=100${after}`);
    if (response.status === 503) return null;
    expect(response.status).toBe(200);
    const page = (await response.json()) as {
      transactions: { tx_hash: string }[];
      next_cursor: string | null;
    };
    hashes.push(...page.transactions.map(({ tx_hash }) => tx_hash));
    cursor = page.next_cursor;
  }
  return hashes;
}

/** Keys by which the validators are meant, in the order of the nodes. */
async function validatorKeys(): Promise<string[]> {
  return (await cluster.states()).flatMap(({ consensus_key }) => consensus_key ?? []);
}
