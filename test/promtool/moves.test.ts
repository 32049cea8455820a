/**
 * @module Every metric that the documentation names is there, and moves when what it tells of happens: a load on four
 * validators through votes, a fault of each kind, and a ledger that is away.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { devnetAccount } from '../../cli/devnet/accounts.ts';
import { type Client, createClient, createSigner } from '../../sdk/index.ts';
import { Cluster } from '../support/cluster.ts';
import { until } from '../support/devnet.ts';
import { documentedMetrics, MetricWatch } from '../support/metric-watch.ts';
import { getJson, unhex } from '../support/stranger.ts';

/** What a node tells about its build never changes while it runs. */
const CONSTANT = ['blockchain_build_info'];
/** What needs attacks, peers that lie, or a key that is held: test/network, test/signing and test/durable-objects move it. */
const ELSEWHERE =
  /^blockchain_(network_(?!peers$)|gossip_|sync_|webhook_|alerts_|state_divergence|consensus_signing_)/;
const NODES = 4;
/** Request figures of an isolate reach its node this late at most. */
const FLUSH_MS = 15_000;
const FAULT_MS_MAX = 30_000;
/** One in four of these begins with a proposer that is away. */
const HEIGHTS_MAX = 60;

let folder: string;
let cluster: Cluster;
let watch: MetricWatch;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-metrics-'));
  cluster = await Cluster.start(folder, NODES);
  watch = new MetricWatch(cluster.names.map((name) => cluster.url(name)));
}, 120_000);
afterAll(async () => {
  await watch?.stop();
  await cluster?.devnet.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const moved = (name: string) => until(`a change of ${name}`, () => watch.moved.has(name), FAULT_MS_MAX);

/** A client that signs with the key of an account. */
function clientOf(node: string, privateKey: string): Client {
  return createClient({ url: cluster.url(node), signer: createSigner(privateKey) });
}

/** The keys of the validators, in the order of the nodes. */
async function consensusKeys(): Promise<Map<string, string>> {
  const { validators } = await getJson<{ validators: { name: string; consensus_key: string }[] }>(
    `${cluster.url('node1')}/rpc/validators`,
  );
  return new Map(validators.map(({ name, consensus_key }) => [name, consensus_key]));
}

/** Moves the sign log's mark of a stopped node ahead of the chain, as a copy of its key that signed elsewhere would. */
async function signedElsewhere(node: string, upTo: number): Promise<void> {
  const files = await readdir(join(folder, node, 'objects'), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.sqlite'))) {
    const database = new DatabaseSync(join(folder, node, 'objects', file));
    const hasLog = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sign_mark'").get();
    if (hasLog !== undefined) {
      expect(database.prepare('UPDATE sign_mark SET height = ?, round = 0, step = 2').run(upTo).changes).toBe(
        1,
      );
    }
    database.close();
  }
}

describe('each documented metric', { timeout: 180_000 }, () => {
  it('moves with transfers and the requests that bring them', async () => {
    const hashes: string[] = [];
    for (let index = 0; index < 2 * NODES; index += 1)
      hashes.push(await cluster.send(cluster.names[index % NODES] ?? ''));
    await cluster.untilFinal(hashes);
    for (const name of ['blockchain_finality_seconds', 'blockchain_head_timestamp_seconds'])
      await moved(name);
  });

  it('moves with a transaction that has to wait', async () => {
    const [, account] = cluster.devnet.ready.accounts.slice(-2);
    const client = clientOf('node2', account?.private_key ?? '');
    const { nonce } = await client.accounts.get(account?.address ?? '');
    await client.send({ to: devnetAccount(0, 'operator').address, amount: 1n, nonce: nonce + 1 });
    for (const name of ['blockchain_mempool_size_transactions', 'blockchain_mempool_size_bytes'])
      await moved(name);
  });

  it('moves with a validator that is away and comes back having signed elsewhere', async () => {
    await cluster.kill('node4');
    // A round beyond the first passes in a moment once a living proposer has its turn.
    for (let height = 0; height < HEIGHTS_MAX && !watch.moved.has('blockchain_consensus_round'); height += 1)
      await cluster.untilFinal([await cluster.send('node1')], ['node1', 'node2', 'node3']);
    for (const name of [
      'blockchain_consensus_round',
      'blockchain_consensus_rounds',
      'blockchain_consensus_missing_validators',
      'blockchain_consensus_missed_blocks_total',
      'blockchain_network_peers',
    ])
      await moved(name);
    await signedElsewhere('node4', (await cluster.height('node1')) + HEIGHTS_MAX);
    await cluster.order('node4', 'start-node');
    const prevented = 'blockchain_consensus_double_signs_prevented_total';
    for (let height = 0; height < HEIGHTS_MAX && !watch.moved.has(prevented); height += 1)
      await cluster.untilFinal([await cluster.send('node1')], ['node1', 'node2', 'node3']);
    await moved(prevented);
  });

  it('moves with a vote that removes a validator', async () => {
    const subject = (await consensusKeys()).get('node4') ?? '';
    const payload = { kind: 'remove', subject: unhex(subject), value: new Uint8Array(), approve: true };
    for (const index of [0, 1, 2]) {
      const client = clientOf('node1', devnetAccount(index, 'operator').privateKey);
      await (await client.send({ type: 'authority_vote', payload })).wait('final');
    }
    for (const name of ['blockchain_consensus_validators', 'blockchain_consensus_validators_power'])
      await moved(name);
  });

  it('is named in the documentation, exposed, and has moved', async () => {
    const all = await documentedMetrics();
    const documented = all.filter((name) => !ELSEWHERE.test(name));
    expect(documented.length).toBeGreaterThan(20);
    await until(
      'the flush of the request counters',
      () => watch.moved.has('blockchain_rpc_requests_total'),
      FLUSH_MS,
    );
    await watch.stop();
    expect(documented.filter((name) => !watch.exposed.has(name))).toEqual([]);
    expect([...watch.exposed].filter((name) => !all.includes(name))).toEqual([]);
    expect(documented.filter((name) => !watch.moved.has(name) && !CONSTANT.includes(name))).toEqual([]);
  });
});
