/** @module A devnet of several validators as a test drives it: transfers through any node, faults by `atoll devnet` orders. */
import { expect } from 'vitest';
import type { NodeAction, NodeState } from '../../cli/devnet/control.ts';
import { devnetStatus, orderNode } from '../../cli/devnet/control-client.ts';
import { startTestDevnet, type TestDevnet, until } from './devnet.ts';
import { getJson, post, type SignedBody, signedTransfer, type Wallet, walletOf } from './stranger.ts';

/** A transaction is sent again until a node has taken it. */
const SEND_MS_MAX = 20_000;
const SEND_PAUSE_MS = 50;
/** Rounds that begin with a missing proposer take a few seconds; a busy machine takes longer. */
const FINAL_MS_MAX = 30_000;

/** More transfers than a test sends from one account. */
const BEACON_NONCES_AHEAD = 40;

interface Placed {
  readonly status: string;
  readonly height?: number;
}

/** A running devnet with accounts that know their next nonce. */
export class Cluster {
  readonly devnet: TestDevnet;
  readonly #stateDir: string;
  readonly #wallets: readonly Wallet[];
  readonly #nonces = new Map<Wallet, number>();
  #sent = 0;
  #beacons = 0;

  private constructor(devnet: TestDevnet, stateDir: string) {
    this.devnet = devnet;
    this.#stateDir = stateDir;
    this.#wallets = devnet.ready.accounts.map(walletOf);
  }

  static async start(stateDir: string, nodes: number, more: readonly string[] = []): Promise<Cluster> {
    const args = ['--nodes', String(nodes), '--state', stateDir, '--log-level', 'info', ...more];
    return new Cluster(await startTestDevnet(args), stateDir);
  }

  get names(): string[] {
    return this.devnet.ready.nodes.map(({ name }) => name);
  }

  url(name: string): string {
    const node = this.devnet.ready.nodes.find((candidate) => candidate.name === name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node.rpc_url;
  }

  order(name: string, action: NodeAction): Promise<NodeState> {
    return orderNode(this.#stateDir, name, action);
  }

  async states(): Promise<readonly NodeState[]> {
    return (await devnetStatus(this.#stateDir)).nodes;
  }

  /** Kill -9 of the process that the node's `pid` names. Resolves once the devnet has noticed. */
  async kill(name: string): Promise<void> {
    const state = (await this.states()).find((candidate) => candidate.name === name);
    if (state === undefined || state.pid === null) throw new Error(`${name} does not run`);
    process.kill(state.pid, 'SIGKILL');
    await until(`the end of ${name}`, async () =>
      (await this.states()).some((other) => other.name === name && other.status === 'stopped'),
    );
  }

  /** Sends a transfer of the next account to a node, again byte for byte until the node has it. Answers with its hash. */
  async send(name: string): Promise<string> {
    const transfer = this.#transfer();
    await this.#bringIn(name, transfer);
    return transfer.hash;
  }

  /** Milliseconds from sending a transfer to the answer that it is final. */
  async timeToFinal(name: string): Promise<{ hash: string; ms: number }> {
    const { hash, body } = this.#transfer();
    const started = performance.now();
    const response = await post(`${this.url(name)}/rpc/send_tx?wait=final`, body);
    const answer = (await response.json()) as Placed;
    expect(answer, JSON.stringify(answer)).toMatchObject({ status: 'final' });
    return { hash, ms: performance.now() - started };
  }

  /** Waits until every named node shows every transaction as final, each at one height. */
  async untilFinal(hashes: readonly string[], names: readonly string[] = this.names): Promise<void> {
    for (const hash of hashes) {
      const heights = await Promise.all(names.map((name) => this.#finalHeight(name, hash)));
      expect(new Set(heights).size, `heights of ${hash}: ${heights.join(', ')}`).toBe(1);
    }
  }

  async status(name: string, hash: string): Promise<string> {
    return (await getJson<Placed>(`${this.url(name)}/rpc/transaction/${hash}`)).status;
  }

  async height(name: string): Promise<number> {
    return (await getJson<{ height: number }>(`${this.url(name)}/rpc/get_head`)).height;
  }

  /** Waits until all nodes have the head of the highest, and compares the hashes of every height. Answers with the height. */
  async expectSameChain(): Promise<number> {
    const heads = async () => await Promise.all(this.names.map((name) => this.height(name)));
    await until('the same head everywhere', async () => new Set(await heads()).size === 1, FINAL_MS_MAX);
    const [height = 0] = await heads();
    for (let at = 1; at <= height; at += 1) {
      const hashes = await Promise.all(
        this.names.map(
          async (name) => (await getJson<{ hash: string }>(`${this.url(name)}/rpc/get_block/${at}`)).hash,
        ),
      );
      expect(new Set(hashes).size, `hashes at height ${at}: ${hashes.join(', ')}`).toBe(1);
    }
    return height;
  }

  /** Sends a transfer that waits for one before it, so that no block takes it. Answers with its hash. */
  async beacon(name: string): Promise<string> {
    const from = this.#wallets[this.#sent % this.#wallets.length];
    if (from === undefined) throw new Error('the devnet prints accounts');
    this.#sent += 1;
    this.#beacons += 1;
    const nonce = (this.#nonces.get(from) ?? 0) + BEACON_NONCES_AHEAD;
    const beacon = signedTransfer(this.devnet.ready.genesis_hash, from, from.address, BigInt(this.#beacons), {
      nonce,
    });
    await this.#bringIn(name, beacon);
    return beacon.hash;
  }

  #transfer(): SignedBody {
    const from = this.#wallets[this.#sent % this.#wallets.length];
    const to = this.#wallets[(this.#sent + 1) % this.#wallets.length];
    if (from === undefined || to === undefined) throw new Error('the devnet prints accounts');
    this.#sent += 1;
    const nonce = this.#nonces.get(from) ?? 0;
    this.#nonces.set(from, nonce + 1);
    return signedTransfer(this.devnet.ready.genesis_hash, from, to.address, 3n, { nonce });
  }

  async #bringIn(name: string, { hash, body }: SignedBody): Promise<void> {
    const deadline = Date.now() + SEND_MS_MAX;
    for (;;) {
      const response = await post(`${this.url(name)}/rpc/send_tx`, body).catch((error: Error) => error);
      const text = response instanceof Error ? response.message : await response.text();
      if (!(response instanceof Error) && response.ok) {
        expect(JSON.parse(text)).toMatchObject({ tx_hash: hash });
        return;
      }
      if (Date.now() > deadline) throw new Error(`${name} does not take a transfer: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, SEND_PAUSE_MS));
    }
  }

  async #finalHeight(name: string, hash: string): Promise<number | undefined> {
    let placed: Placed = { status: 'not asked' };
    const isFinal = async () => {
      placed = await getJson<Placed>(`${this.url(name)}/rpc/transaction/${hash}`).catch((error: Error) => ({
        status: error.message,
      }));
      return placed.status === 'final';
    };
    await until(`${hash} final on ${name}`, isFinal, FINAL_MS_MAX).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${placed.status}`);
    });
    return placed.height;
  }
}
