/**
 * @module A chain of one validator with nodes that follow it, each a real workerd without a ledger. Who may call whom is the
 * test's to say; nodes learn of nobody else.
 */
import { createChain } from '../../cli/admin.ts';
import { freePorts } from '../../cli/devnet/ports.ts';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import { until } from './devnet.ts';
import type { Host } from './guest.ts';
import { startTestNode, type TestNode } from './node.ts';
import { getJson, post, type SignedBody, signedTransfer, type Wallet, walletOf } from './stranger.ts';

/** Which key a follower has: one of its own, that of a validator which is in no set yet, or none. */
export type FollowerKey = 'node' | 'validator' | 'none';

export interface FollowerPlan {
  readonly key: FollowerKey;
  /** Numbers of the nodes that it knows: 0 is the validator, 1 the first follower. */
  readonly knows: readonly number[];
}

export interface ChainNode {
  readonly node: TestNode;
  readonly keys: KeyPair | null;
  /** The key by which others know it; empty for a node without one. */
  readonly key: string;
}

interface Placed {
  readonly status: string;
  readonly height?: number;
}

export class FollowedChain {
  readonly nodes: readonly ChainNode[];
  readonly #wallets: readonly Wallet[];
  readonly #nonces = new Map<Wallet, number>();
  #sent = 0;
  #skipped: { readonly from: Wallet; readonly nonce: number } | null = null;

  private constructor(nodes: readonly ChainNode[]) {
    this.nodes = nodes;
    this.#wallets = this.validator.accounts.map(({ address, publicKey, privateKey }) =>
      walletOf({ address, public_key: publicKey, private_key: privateKey }),
    );
  }

  /** Starts the validator and the followers. `validatorKnows` are the numbers of those that it can wake. */
  static async start(
    plans: readonly FollowerPlan[],
    options: { readonly validatorKnows?: readonly number[]; readonly entry?: string } = {},
  ): Promise<FollowedChain> {
    const entry = options.entry === undefined ? {} : { entry: options.entry };
    const validator = newKey();
    const followers = plans.map(({ key }) => (key === 'none' ? null : newKey()));
    const keys = [validator, ...followers];
    const names = keys.map((one) => (one === null ? '' : keyOf(one)));
    const ports = await freePorts(keys.length);
    const peersOf = (knows: readonly number[]) =>
      JSON.stringify(
        Object.fromEntries(knows.map((other) => [names[other], `http://127.0.0.1:${ports[other]}`])),
      );
    const chainNodes = await Promise.all(
      ports.map(async (port, index): Promise<ChainNode> => {
        const plan = plans[index - 1];
        const own = keys[index] ?? null;
        const PEERS = peersOf(plan?.knows ?? options.validatorKnows ?? []);
        const env = { LOG_LEVEL: 'debug', PEERS, ...(plan === undefined ? {} : secretsOf(plan.key, own)) };
        const start = { ...entry, validator, port, ledger: false, create: index === 0, env };
        return { node: await startTestNode(start), keys: own, key: names[index] ?? '' };
      }),
    );
    const chain = new FollowedChain(chainNodes);
    await Promise.all(
      chainNodes
        .slice(1)
        .map(({ node: { url, adminToken } }) =>
          createChain({ url, adminToken, genesis: chain.validator.genesis }),
        ),
    );
    return chain;
  }

  get validator(): TestNode {
    return this.at(0).node;
  }

  at(index: number): ChainNode {
    const found = this.nodes[index];
    if (found === undefined) throw new Error(`no node ${index}`);
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(({ node }) => node.stop()));
  }

  /** A transfer of the next account; `ahead` skips so many nonces. */
  transfer(ahead = 0): SignedBody {
    const from = this.#wallets[this.#sent % this.#wallets.length];
    const to = this.#wallets[(this.#sent + 1) % this.#wallets.length];
    if (from === undefined || to === undefined) throw new Error('the chain has accounts');
    this.#sent += 1;
    const nonce = this.#nonces.get(from) ?? 0;
    if (ahead === 0) this.#nonces.set(from, nonce + 1);
    else this.#skipped = { from, nonce };
    return signedTransfer(this.validator.genesisHash, from, to.address, 3n, { nonce: nonce + ahead });
  }

  /** The transfer before the last one that skipped a nonce: with it both can be final. */
  gap(): SignedBody {
    if (this.#skipped === null) throw new Error('no transfer has skipped a nonce');
    const { from, nonce } = this.#skipped;
    this.#nonces.set(from, nonce + 2);
    return signedTransfer(this.validator.genesisHash, from, from.address, 1n, { nonce });
  }

  /** The bytes of a transfer of an account, as peers pass them on. */
  bytesOf(account: number, nonce: number): { readonly hash: string; readonly bytes: Uint8Array } {
    const { accounts, genesisHash } = this.validator;
    const [from, to] = [accounts[account], accounts[(account + 1) % accounts.length]];
    if (from === undefined || to === undefined) throw new Error('the chain has accounts');
    const payload = { recipient: to.address, asset: '', amount: 3n };
    const unsigned = { type: 0, nonce, fee: 1_000n, validUntil: 50_000, payload };
    return signTransaction(unsigned, parseHash(genesisHash), from.signer, builtInTransactions);
  }

  /** A node as guests mean it. */
  host(index: number): Host {
    const { node, key } = this.at(index);
    return { url: node.url, chainId: this.validator.chainId, genesisHash: this.validator.genesisHash, key };
  }

  /** Sends a transaction to a node; the answer's status member. */
  async send(index: number, { body }: SignedBody, wait = 'none'): Promise<string> {
    const response = await post(`${this.at(index).node.url}/rpc/send_tx?wait=${wait}`, body);
    const answer = (await response.json()) as Placed & { code?: string };
    return answer.code ?? answer.status;
  }

  async status(index: number, hash: string): Promise<string> {
    return (await getJson<Placed>(`${this.at(index).node.url}/rpc/transaction/${hash}`)).status;
  }

  async height(index: number): Promise<number> {
    return (await getJson<{ height: number }>(`${this.at(index).node.url}/rpc/get_head`)).height;
  }

  async hashAt(index: number, height: number): Promise<string> {
    return (await getJson<{ hash: string }>(`${this.at(index).node.url}/rpc/get_block/${height}`)).hash;
  }

  /** Waits until the transaction stands so on the nodes. */
  async until(status: string, hash: string, nodes: readonly number[], ms = 15_000): Promise<void> {
    await Promise.all(
      nodes.map((index) =>
        until(
          `${hash} ${status} on node ${index}`,
          async () => (await this.status(index, hash).catch(() => '')) === status,
          ms,
        ),
      ),
    );
  }

  /** Sum of the samples of a metric of a node whose labels contain `labels`. */
  async metric(index: number, name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.at(index).node.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

/** The consensus key of a pair. */
export function keyOf({ signer }: KeyPair): string {
  return consensusKeyFromBytes(signer.publicKey);
}

/** The settings of a follower's keys: those of a test node are for a validator. */
function secretsOf(kind: FollowerKey, own: KeyPair | null): Record<string, string> {
  const secret = own?.privateKey ?? '';
  return {
    VALIDATOR_KEY: kind === 'validator' ? secret : '',
    NODE_KEY: kind === 'node' ? secret : '',
  };
}
