/** @module `atoll peers`: the nodes that a node knows, and its own part among them. */
import type { Command } from 'commander';
import type { PeerListWire, PeerWire } from '../../shared/api/schemas/network.ts';
import { nodeRequest } from '../admin.ts';
import { adminTokenOf, type GlobalOptions, optionsOf, outputOf, rpcUrlOf } from '../context.ts';
import { fields } from '../output.ts';

/** Adds `peers list`, `peers show`, `peers join`, `peers leave` and `peers beacon`. */
export function peersCommands(program: Command): void {
  const peers = program.command('peers').description('the nodes that a node knows');
  peers
    .command('list')
    .description('list the peers, and what became of the boot nodes')
    .action(async (_: unknown, command: Command) => await list(optionsOf(command)));
  peers
    .command('show')
    .description('show one node')
    .argument('<node-id>')
    .action(async (nodeId: string, _: unknown, command: Command) => {
      const options = optionsOf(command);
      const path = `/api/v1/nodes/${encodeURIComponent(nodeId)}`;
      show(options, await nodeRequest<PeerWire>({ url: rpcUrlOf(options) }, 'GET', path));
    });
  peers
    .command('join')
    .description('join the network through the node at a URL (needs ATOLL_ADMIN_TOKEN)')
    .argument('<url>')
    .action(async (url: string, _: unknown, command: Command) => {
      const options = optionsOf(command);
      show(options, await order<PeerWire>(options, 'join', { url }));
    });
  peers
    .command('leave')
    .description('tell the peers that the node leaves, and forget them (needs ATOLL_ADMIN_TOKEN)')
    .action(async (_: unknown, command: Command) => {
      const options = optionsOf(command);
      const left = await order<{ told: number }>(options, 'leave', {});
      outputOf(options).result(left, [`left; ${left.told} peers were told`]);
    });
  peers
    .command('beacon')
    .description(
      'send a notice that tells nothing, and see when it comes to each peer (needs ATOLL_ADMIN_TOKEN)',
    )
    .action(async (_: unknown, command: Command) => await beacon(optionsOf(command)));
}

function order<T>(options: GlobalOptions, action: 'join' | 'leave' | 'beacon', body: object): Promise<T> {
  const target = { url: rpcUrlOf(options), adminToken: adminTokenOf() };
  return nodeRequest<T>(target, 'POST', `/admin/network/${action}`, body);
}

function listOf(options: GlobalOptions): Promise<PeerListWire> {
  return nodeRequest<PeerListWire>({ url: rpcUrlOf(options) }, 'GET', '/api/v1/peers');
}

async function list(options: GlobalOptions): Promise<void> {
  const found = await listOf(options);
  const boots = found.boot_nodes.map(
    ({ url, state, detail }) => `boot node ${url}  ${state}${detail === '' ? '' : `: ${detail}`}`,
  );
  const lines = found.peers.map(
    ({ node_id, state, score, name, url }) =>
      `${node_id}  ${state.padEnd(9)}  score ${score}  ${name}  ${url}`,
  );
  const none = found.node_id === null ? 'This node takes no part in a network.' : 'No peer yet.';
  outputOf(options).result(found, [...(lines.length > 0 ? lines : [none]), ...boots]);
}

function show(options: GlobalOptions, peer: PeerWire): void {
  outputOf(options).result(
    peer,
    fields([
      ['node id', peer.node_id],
      ['name', peer.name],
      ['url', peer.url],
      ['state', peer.state],
      ['score', peer.score],
      ['failures', peer.failures],
      ['last seen', peer.last_seen ?? 'never'],
      ['banned until', peer.banned_until ?? '-'],
      ['validator', peer.consensus_key ?? '-'],
      ['capabilities', peer.capabilities.join(', ')],
      ['chains', peer.chains.map(({ chain_id, height }) => `${chain_id} at ${height}`).join(', ') || '-'],
    ]),
  );
}

/** How long the beacon is waited for. */
const BEACON_WAIT_MS = 5_000;
const BEACON_POLL_MS = 100;

interface Arrival {
  readonly name: string;
  readonly delay_ms: number | null;
  readonly hops: number | null;
  readonly duplicates: number | null;
}

async function beacon(options: GlobalOptions): Promise<void> {
  const { id } = await order<{ id: string }>(options, 'beacon', {});
  const { peers } = await listOf(options);
  const active = peers.filter(({ state }) => state === 'active');
  const arrivals = await Promise.all(active.map((peer) => arrivalOf(peer, id)));
  const lines = arrivals.map(({ name, delay_ms, hops, duplicates }) =>
    delay_ms === null
      ? `${name}  not in ${BEACON_WAIT_MS / 1_000} s`
      : `${name}  after ${delay_ms} ms, ${hops} hops, ${duplicates} duplicates`,
  );
  const reached = arrivals.filter(({ delay_ms }) => delay_ms !== null).length;
  outputOf(options).result({ id, reached, peers: arrivals }, [
    ...lines,
    `reached ${reached} of ${arrivals.length} peers`,
  ]);
}

/** Asks the peer itself until it has the beacon, or the time is over. */
async function arrivalOf({ name, url }: PeerWire, id: string): Promise<Arrival> {
  const deadline = Date.now() + BEACON_WAIT_MS;
  for (;;) {
    const response = await fetch(`${url}/api/v1/broadcast/${id}`).catch(() => null); // down now, asked again below
    if (response?.ok === true) return { name, ...((await response.json()) as Omit<Arrival, 'name'>) };
    if (Date.now() > deadline) return { name, delay_ms: null, hops: null, duplicates: null };
    await new Promise((resolve) => setTimeout(resolve, BEACON_POLL_MS));
  }
}
