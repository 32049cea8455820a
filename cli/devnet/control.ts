/** @module What a running devnet can be told about its nodes. */
import { CliError } from '../errors.ts';
import { socketUrl } from './banner.ts';
import type { DevnetNode, NodeStatus } from './devnet-node.ts';
import type { Wires } from './wire.ts';

/** Orders, in the words of the command line. */
export const NODE_ACTIONS = ['stop-node', 'start-node', 'pause', 'resume', 'cut', 'heal'] as const;
/** One of them. */
export type NodeAction = (typeof NODE_ACTIONS)[number];

/** A node as `atoll devnet status --json` shows it. */
export interface NodeState {
  readonly name: string;
  readonly status: NodeStatus;
  /** True: nothing passes between this node and the others. */
  readonly cut: boolean;
  readonly pid: number | null;
  readonly rpc_url: string;
  readonly ws_url: string;
  readonly role: 'validator' | 'follower';
  /** Null for a follower. */
  readonly consensus_key: string | null;
  /** Of its head; null when it does not answer. */
  readonly height: number | null;
}

/** A devnet as `atoll devnet status --json` shows it. */
export interface DevnetState {
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly state_dir: string;
  /** Of the devnet itself. */
  readonly pid: number;
  readonly nodes: readonly NodeState[];
}

const HEAD_TIMEOUT_MS = 1_000;

export class DevnetControl {
  readonly #about: Pick<DevnetState, 'chain_id' | 'genesis_hash' | 'state_dir'>;
  readonly #nodes: readonly DevnetNode[];
  readonly #wires: Wires;

  constructor(
    about: Pick<DevnetState, 'chain_id' | 'genesis_hash' | 'state_dir'>,
    nodes: readonly DevnetNode[],
    wires: Wires,
  ) {
    this.#about = about;
    this.#nodes = nodes;
    this.#wires = wires;
  }

  async status(): Promise<DevnetState> {
    const nodes = await Promise.all(this.#nodes.map((node) => this.#stateOf(node)));
    return { ...this.#about, pid: process.pid, nodes };
  }

  /** Carries out an order; what is so already is no error. @throws CliError for an unknown node or an impossible order. */
  async act(name: string, action: NodeAction): Promise<NodeState> {
    const node = this.#nodes.find((candidate) => candidate.name === name);
    if (node === undefined) {
      throw new CliError('not_found', `the devnet has no node ${JSON.stringify(name)}`, {
        hint: `its nodes are ${this.#nodes.map((known) => known.name).join(', ')}`,
      });
    }
    switch (action) {
      case 'stop-node':
        await node.stop();
        break;
      case 'start-node':
        await node.start();
        break;
      case 'pause':
        await node.pause();
        break;
      case 'resume':
        await node.resume();
        break;
      case 'cut':
        this.#wires.cut(name);
        break;
      case 'heal':
        this.#wires.heal(name);
        break;
    }
    return await this.#stateOf(node);
  }

  async #stateOf(node: DevnetNode): Promise<NodeState> {
    const { name, status, pid, url, role, consensusKey } = node;
    return {
      name,
      status,
      cut: this.#wires.isCut(name),
      pid,
      rpc_url: url,
      ws_url: socketUrl(url),
      role,
      consensus_key: consensusKey,
      height: status === 'running' ? await headHeight(url) : null,
    };
  }
}

/** Height of the node's head; null when it does not answer, which is what the caller wants to know. */
async function headHeight(url: string): Promise<number | null> {
  try {
    const response = await fetch(`${url}/rpc/get_head`, { signal: AbortSignal.timeout(HEAD_TIMEOUT_MS) });
    const { height } = (await response.json()) as { height?: number };
    return height ?? null;
  } catch {
    return null;
  }
}
