/**
 * @module A chain of one validator whose nodes find each other as nodes of a network do: each with a key, an address and a
 * round of membership twice a second.
 */
import { createChain } from '../../cli/admin.ts';
import { newKey } from '../../cli/keys.ts';
import type { PeerWire } from '../../shared/api/schemas/network.ts';
import type { SyncStatusWire } from '../../shared/api/schemas/sync.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { type BlockSource, fetchBlocks } from './block-client.ts';
import { startTestNode, type TestNode, type TestNodeOptions } from './node.ts';
import { getJson, post, signedTransfer, walletOf } from './stranger.ts';

/** A running node of the network. */
export interface NetworkNode {
  readonly node: TestNode;
  /** By which others mean it. */
  readonly key: string;
}

/** What every node of a test network is told. */
const NETWORK = {
  ENVIRONMENT: 'development',
  ALLOW_PRIVATE_PEERS: 'true',
  NETWORK_SYNC_INTERVAL: '500ms',
  NETWORK_SYNC_JITTER: '100ms',
} as const;

/** Starts the validator with its chain. */
export async function startValidator(
  options: Pick<TestNodeOptions, 'entry' | 'env' | 'params'> = {},
): Promise<NetworkNode> {
  const env = { LOG_LEVEL: 'info', ...options.env };
  const node = await startTestNode({ ...options, ledger: false, env });
  await node.restart({ ...NETWORK, NODE_URL: node.url });
  const { validators } = await getJson<{ validators: { consensus_key: string }[] }>(
    `${node.url}/rpc/validators`,
  );
  return { node, key: validators[0]?.consensus_key ?? '' };
}

/** Starts a node that can follow the validator's chain; `follow` creates it there. */
export async function startFollower(
  env: Readonly<Record<string, string>> = {},
  options: Pick<TestNodeOptions, 'entry' | 'chainId'> = {},
): Promise<NetworkNode & { restart(more?: Readonly<Record<string, string>>): Promise<void> }> {
  const keys = newKey();
  const node = await startTestNode({ ...options, ledger: false, create: false, env: { LOG_LEVEL: 'info' } });
  const own = { NODE_URL: node.url, VALIDATOR_KEY: '', NODE_KEY: keys.privateKey };
  const restart = (more: Readonly<Record<string, string>> = {}) =>
    node.restart({ ...NETWORK, ...own, ...env, ...more });
  await restart();
  return { node, key: consensusKeyFromBytes(keys.signer.publicKey), restart };
}

/** Creates a node's chain on another node. */
export async function follow(follower: TestNode, { genesis }: Pick<TestNode, 'genesis'>): Promise<void> {
  const { url, adminToken } = follower;
  await createChain({ url, adminToken, genesis });
}

/** Tells a node to join the network through another one. */
export async function joinThrough(node: TestNode, other: Pick<TestNode, 'url'>): Promise<void> {
  const headers = { authorization: `Bearer ${node.adminToken}` };
  const response = await post(`${node.url}/admin/network/join`, { url: other.url }, headers);
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
}

/** Makes so many blocks of one transfer each. */
export async function makeBlocks(validator: TestNode, count: number, fromNonce = 0): Promise<void> {
  const [from, to] = validator.accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
  if (from === undefined || to === undefined) throw new Error('the chain has accounts');
  for (let nonce = fromNonce; nonce < fromNonce + count; nonce++) {
    const { body } = signedTransfer(validator.genesisHash, from, to.address, 1n, { nonce });
    const response = await post(`${validator.url}/rpc/send_tx?wait=final`, body);
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${await response.text()}`);
  }
}

export async function headOf(node: TestNode): Promise<number> {
  return (await getJson<{ height: number }>(`${node.url}/rpc/get_head`)).height;
}

export function syncStatus(node: TestNode): Promise<SyncStatusWire> {
  return getJson<SyncStatusWire>(`${node.url}/sync_status`);
}

/** The peers of a node by name. */
export async function peersOf(node: TestNode): Promise<ReadonlyMap<string, PeerWire>> {
  const { peers } = await getJson<{ peers: PeerWire[] }>(`${node.url}/api/v1/peers`);
  return new Map(peers.map((peer) => [peer.name, peer]));
}

/** Hashes of the blocks of a node, by its own word. */
export async function hashesOf(node: Pick<TestNode, 'url'>, to: number): Promise<string[]> {
  const hashes: string[] = [];
  while (hashes.length < to) {
    const start = hashes.length + 1;
    const range = `start=${start}&end=${to}&include_tx=false`;
    const { blocks } = await getJson<{ blocks: { hash: string }[] }>(`${node.url}/rpc/blocks-range?${range}`);
    hashes.push(...blocks.map(({ hash }) => hash));
    if (blocks.length === 0) break;
  }
  return hashes;
}

/** The chain of a node, for those who ask it as a node. */
export function sourceOf({ node, key }: NetworkNode): BlockSource {
  const { url, chainId, genesisHash } = node;
  return { url, key, chainId, genesisHash };
}

/** Every block of a node. */
export async function truthOf(of: NetworkNode) {
  return await fetchBlocks(sourceOf(of), await headOf(of.node));
}
