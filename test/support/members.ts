/** @module Nodes of a network without chains: real workerd with the real bundle, each with a key and an address of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBundle } from '../../cli/devnet/bundle.ts';
import { type LocalNode, startNode } from '../../cli/devnet/node.ts';
import { freePorts } from '../../cli/devnet/ports.ts';
import { untilLive } from '../../cli/devnet/until-live.ts';
import { newKey } from '../../cli/keys.ts';
import { nodeIdOf } from '../../shared/api/p2p/peer-record.ts';
import type { NodeStatusWire, PeerListWire, PeerWire } from '../../shared/api/schemas/network.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';
import { until } from './devnet.ts';
import { getJson } from './stranger.ts';

/** Of every member. */
export const ADMIN_TOKEN = 'a-token-of-a-test-network';
/** Rounds of membership in tests. */
const INTERVAL = '500ms';

/** One node. */
export class Member {
  readonly name: string;
  readonly url: string;
  readonly key = newKey();
  readonly nodeId: string;
  readonly nodeKey: string;
  readonly logs: string[] = [];
  readonly #port: number;
  readonly #directory: string;
  readonly #env: Readonly<Record<string, string>>;
  #node: LocalNode | null = null;

  constructor(name: string, port: number, directory: string, env: Readonly<Record<string, string>>) {
    this.name = name;
    this.#port = port;
    this.#directory = directory;
    this.url = `http://127.0.0.1:${port}`;
    const key = consensusKeyFromBytes(this.key.signer.publicKey);
    this.nodeKey = key;
    this.nodeId = nodeIdOf(key);
    this.#env = env;
  }

  /** Starts it, with what it has stored; `entry` is another Worker than the real one, relative to the root. */
  async start(more: Readonly<Record<string, string>> = {}, entry?: string): Promise<void> {
    this.#node = await startNode({
      bundle: await loadBundle(entry),
      port: this.#port,
      persistDir: join(this.#directory, this.name),
      env: {
        NODE_NAME: this.name,
        NODE_KEY: this.key.privateKey,
        NODE_URL: this.url,
        ADMIN_TOKEN,
        ENVIRONMENT: 'development',
        ALLOW_PRIVATE_PEERS: 'true',
        NETWORK_SYNC_INTERVAL: INTERVAL,
        NETWORK_SYNC_JITTER: '100ms',
        ...this.#env,
        ...more,
      },
      onLog: (line) => this.logs.push(line),
    });
    await untilLive(this.url, { exited: new Promise<string>(() => undefined) });
    await this.status(); // the first request after a deployment wakes the node
  }

  async stop(): Promise<void> {
    await this.#node?.stop();
    this.#node = null;
  }

  /** Stops it and takes away what it has stored. */
  async wipe(): Promise<void> {
    await this.stop();
    await rm(join(this.#directory, this.name), { recursive: true, force: true, maxRetries: 3 });
  }

  status(): Promise<NodeStatusWire> {
    return getJson<NodeStatusWire>(`${this.url}/api/v1/status`);
  }

  peers(): Promise<PeerListWire> {
    return getJson<PeerListWire>(`${this.url}/api/v1/peers`);
  }

  async peer(nodeId: string): Promise<PeerWire | undefined> {
    return (await this.peers()).peers.find((peer) => peer.node_id === nodeId);
  }

  /** Names of the peers in a state, in order. */
  async names(state: PeerWire['state'] = 'active'): Promise<string[]> {
    const { peers } = await this.peers();
    return peers
      .filter((peer) => peer.state === state)
      .map(({ name }) => name)
      .sort();
  }

  async admin<T>(path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const response = await fetch(this.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Sum of the series of a metric whose labels contain `labels`. */
  async metric(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => /^[a-z_]+(?=[{ ])/.exec(line)?.[0] === name && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}

/** A network. Its first node is the boot node of the others. */
export class Members {
  readonly all: readonly Member[];
  readonly #directory: string;

  private constructor(all: readonly Member[], directory: string) {
    this.all = all;
    this.#directory = directory;
  }

  /** Makes nodes and starts none. */
  static async make(count: number, env: Readonly<Record<string, string>> = {}): Promise<Members> {
    const directory = await mkdtemp(join(tmpdir(), 'atoll-members-'));
    const ports = await freePorts(count);
    const [first] = ports;
    const all = ports.map((port, index) => {
      const boot: Record<string, string> = index === 0 ? {} : { BOOT_NODE: `http://127.0.0.1:${first}` };
      return new Member(`member${index + 1}`, port, directory, { ...boot, ...env });
    });
    return new Members(all, directory);
  }

  /** Makes nodes and starts all. */
  static async start(count: number, env: Readonly<Record<string, string>> = {}): Promise<Members> {
    const members = await Members.make(count, env);
    try {
      await Promise.all(members.all.map((member) => member.start()));
    } catch (error) {
      await members.stop();
      throw error;
    }
    return members;
  }

  at(index: number): Member {
    const member = this.all[index];
    if (member === undefined) throw new Error(`the network has no member ${index}`);
    return member;
  }

  /** Waits until each of these has all others of these as active peers. */
  async untilMet(members: readonly Member[] = this.all, ms = 20_000): Promise<void> {
    for (const member of members) {
      const others = members.filter((other) => other !== member).map(({ name }) => name);
      let known: string[] = [];
      await until(
        `${member.name} knows ${others.join(', ')}`,
        async () => {
          known = await member.names();
          return others.every((name) => known.includes(name));
        },
        ms,
      ).catch((error: Error) => {
        throw new Error(
          `${error.message}; it knows ${known.join(', ')}\n${member.logs.slice(-10).join('\n')}`,
        );
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((member) => member.stop()));
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
