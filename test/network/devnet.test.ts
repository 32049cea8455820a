/** @module The nodes of a devnet know each other, validators and followers, and the command line shows it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PeerListWire, PeerWire } from '../../shared/api/schemas/network.ts';
import { runCli } from '../support/cli.ts';
import { startTestDevnet, type TestDevnet, until } from '../support/devnet.ts';
import { getJson } from '../support/stranger.ts';

let devnet: TestDevnet;
beforeAll(async () => {
  devnet = await startTestDevnet(['--nodes', '3', '--followers', '1']);
});
afterAll(() => devnet?.stop());

const peersOf = (url: string) => getJson<PeerListWire>(`${url}/rpc/peers`);
const env = () => ({
  ATOLL_RPC_URL: devnet.ready.nodes[1]?.rpc_url ?? '',
  ATOLL_ADMIN_TOKEN: devnet.ready.admin_token,
});

it('every node has all others as active peers with the same chain', async () => {
  const urls = devnet.ready.nodes.map(({ rpc_url }) => rpc_url);
  expect(urls).toHaveLength(4);
  for (const url of urls) {
    await until(
      `the peers of ${url}`,
      async () => {
        const { peers } = await peersOf(url);
        return peers.filter(({ state }) => state === 'active').length === 3;
      },
      30_000,
    );
    const { peers } = await peersOf(url);
    for (const { chains } of peers) {
      expect(chains).toMatchObject([{ chain_id: 'devnet', genesis_hash: devnet.ready.genesis_hash }]);
    }
  }
});

it('a node speaks for its validator with a key of its own', async () => {
  const { peers } = await peersOf(devnet.ready.nodes[3]?.rpc_url ?? '');
  const validators = await getJson<{ validators: { consensus_key: string }[] }>(
    `${devnet.ready.nodes[0]?.rpc_url}/rpc/validators`,
  );
  const proved = peers.map(({ consensus_key }) => consensus_key).sort();
  expect(proved).toEqual(validators.validators.map(({ consensus_key }) => consensus_key).sort());
  for (const { consensus_key, node_key } of peers) expect(node_key).not.toBe(consensus_key);
});

it('the command line lists, shows and reaches them', async () => {
  const list = JSON.parse((await runCli(['peers', 'list', '--json'], env())).stdout) as PeerListWire;
  expect(list.boot_nodes).toMatchObject([{ state: 'joined' }]);
  const [first] = list.peers;
  const shown = await runCli(['peers', 'show', first?.node_id ?? ''], env());
  expect(shown.stdout).toContain(first?.url);
  const unknown = await runCli(['peers', 'show', `0x${'00'.repeat(32)}`], env());
  expect(unknown.code).toBe(3);
  const beacon = await runCli(['peers', 'beacon'], env());
  expect(beacon.stdout).toContain('reached 3 of 3 peers');
  const joined = await runCli(['peers', 'join', devnet.ready.nodes[2]?.rpc_url ?? '', '--json'], env());
  expect(JSON.parse(joined.stdout) as PeerWire).toMatchObject({ state: 'active', name: 'node3' });
});
