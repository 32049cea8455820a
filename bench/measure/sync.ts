/**
 * @module Catching up: a node that has nothing but the genesis takes a chain of four validators from another node on the
 * same machine, each a workerd of its own. Timed from the creation of the chain to the last block.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChain } from '../../cli/admin.ts';
import { loadBundle } from '../../cli/devnet/bundle.ts';
import { type LocalNode, startNode } from '../../cli/devnet/node.ts';
import { untilLive } from '../../cli/devnet/until-live.ts';
import { newKey } from '../../cli/keys.ts';
import type { ChainPeer, ChainRpc } from '../../shared/api/objects.ts';
import type { SyncStatusWire } from '../../shared/api/schemas/sync.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { aGenesis, aSigner, aTransfer, InMemoryChain } from '../../test/support/in-memory-chain.ts';
import { serveBlocks } from './block-server.ts';
import { processorSeconds, workerdProcesses } from './process-time.ts';

const VALIDATORS = 4;
/** Far below a hundredth of what is timed, and no load on the node. */
const POLL_MS = 50;
/** A node that stops half-way must not stop the bench with it. */
const CATCH_UP_MS_MAX = 600_000;
/** Workerd is a child of this process: it has no host that could end. */
const NEVER_EXITED = { exited: new Promise<string>(() => undefined) };

/** A chain ready to be taken. */
export interface SignedChain {
  readonly genesis: Genesis;
  readonly blocks: readonly CertifiedBytes[];
  readonly transactions: number;
}

/** How fast it was taken. */
export interface CatchUp {
  readonly blocksPerSecond: number;
  readonly transactionsPerSecond: number;
  /** Processor time of the node that caught up; null where the system does not say. */
  readonly processorSeconds: number | null;
}

/** Builds and certifies a chain of so many blocks with so many transfers each, from each of the accounts in turn. */
export function signedChain(count: number, perBlock: number, accounts: number): SignedChain {
  const chain = new InMemoryChain(aGenesis({ validators: VALIDATORS, accounts }));
  const signers = Array.from({ length: accounts }, (_, index) => aSigner(`account ${index}`));
  const addresses = signers.map(({ publicKey }) => addressOf(publicKey));
  const nonces = signers.map(() => 0);
  let sent = 0;
  const transfer = (): SignedTransaction => {
    const from = sent % accounts;
    const signer = signers[from];
    const to = addresses[(from + 1) % accounts];
    const nonce = nonces[from];
    if (signer === undefined || to === undefined || nonce === undefined)
      throw new Error('accounts are numbered');
    nonces[from] = nonce + 1;
    sent += 1;
    return aTransfer(chain, signer, to, 1n, { nonce });
  };
  const blocks = Array.from({ length: count }, (): CertifiedBytes => {
    const { executed, certificate } = chain.produce(Array.from({ length: perBlock }, transfer));
    chain.blocks.length = 0;
    return { body: executed.body, certificate: encodeCertificate(certificate) };
  });
  return { genesis: chain.genesis, blocks, transactions: sent };
}

/** Has a node take the chain from another one. `env` is for the one that is timed. */
export async function catchUp(
  chain: SignedChain,
  env: Readonly<Record<string, string>> = {},
): Promise<CatchUp> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-bench-sync-'));
  const nodes: LocalNode[] = [];
  const server = await serveBlocks(chain.blocks);
  try {
    const feeder = newPeer(server.url, chain.blocks.length);
    const source = await startFollower(join(directory, 'source'), [feeder], {}, nodes);
    await source.follow(chain.genesis);
    const namespace = await source.node.mf.getDurableObjectNamespace('CHAIN');
    const stub = namespace.get(namespace.idFromName(chain.genesis.chainId)) as unknown as ChainRpc;
    await stub.peersAhead({ peers: [feeder] });
    await untilHeight(source.node, chain.blocks.length);

    const holder = { ...newPeer(source.node.url, 0), node_key: source.key };
    const follower = await startFollower(join(directory, 'follower'), [holder], env, nodes);
    const usedBefore = await follower.used();
    const started = performance.now();
    await follower.follow(chain.genesis);
    await untilHeight(follower.node, chain.blocks.length);
    const seconds = (performance.now() - started) / 1_000;
    const used = await follower.used();
    return {
      blocksPerSecond: chain.blocks.length / seconds,
      transactionsPerSecond: chain.transactions / seconds,
      processorSeconds: used === null || usedBefore === null ? null : used - usedBefore,
    };
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await server.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function newPeer(url: string, height: number): ChainPeer {
  const key = consensusKeyFromBytes(newKey().signer.publicKey);
  return { node_id: key, node_key: key, consensus_key: null, url, name: '', height, score: 0 };
}

/** A node without a validator key, which knows these peers. */
async function startFollower(
  persistDir: string,
  peers: readonly ChainPeer[],
  env: Readonly<Record<string, string>>,
  nodes: LocalNode[],
) {
  const keys = newKey();
  const adminToken = randomBytes(24).toString('hex');
  const others = await workerdProcesses();
  const node = await startNode({
    bundle: await loadBundle(),
    port: 0,
    persistDir,
    env: {
      LOG_LEVEL: 'warning',
      NODE_KEY: keys.privateKey,
      ADMIN_TOKEN: adminToken,
      ENVIRONMENT: 'development',
      ALLOW_PRIVATE_PEERS: 'true',
      PEERS: JSON.stringify(Object.fromEntries(peers.map(({ node_key, url }) => [node_key, url]))),
      ...env,
    },
    onLog: console.error,
  });
  nodes.push(node);
  await untilLive(node.url, NEVER_EXITED);
  const process = (await workerdProcesses()).find((id) => !others.includes(id));
  return {
    node,
    used: async () => (process === undefined ? null : await processorSeconds(process)),
    key: consensusKeyFromBytes(keys.signer.publicKey),
    follow: (genesis: Genesis) => createChain({ url: node.url, adminToken, genesis }),
  };
}

async function untilHeight({ url }: LocalNode, height: number): Promise<void> {
  const deadline = performance.now() + CATCH_UP_MS_MAX;
  for (;;) {
    const status = (await (await fetch(`${url}/sync_status`)).json()) as SyncStatusWire;
    if (status.head_height >= height) return;
    if (performance.now() > deadline) throw new Error(`a node stands at ${status.head_height} of ${height}`);
    await sleep(POLL_MS);
  }
}
