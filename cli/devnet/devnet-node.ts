/** @module One node of a devnet through its lives: started, frozen, stopped or dead, and started again as the same node. */
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { createChain } from '../admin.ts';
import { CliError } from '../errors.ts';
import { type Host, spawnHost } from './host.ts';
import type { HostConfig, HostReady } from './node-host.ts';
import { untilLive } from './until-live.ts';

/** What a node does now. */
export type NodeStatus = 'starting' | 'running' | 'paused' | 'stopped';

/** What a node of a devnet is made of; its RPC port is chosen. */
export interface DevnetNodeOptions {
  readonly config: HostConfig;
  /** Null for a node that follows the chain. */
  readonly consensusKey: ConsensusKey | null;
  readonly genesis: Genesis;
  readonly adminToken: string;
  /** The process ended and nobody had asked for it. */
  readonly onDied: (node: DevnetNode, pid: number, how: string) => void;
}

export class DevnetNode {
  readonly name: string;
  readonly url: string;
  readonly consensusKey: ConsensusKey | null;
  readonly #options: DevnetNodeOptions;
  #host: Host | null = null;
  #status: NodeStatus = 'stopped';
  #ready: HostReady | null = null;
  #startHeight = 0;
  /** Orders of one node are carried out one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: DevnetNodeOptions) {
    this.#options = options;
    this.name = options.config.name;
    this.url = `http://127.0.0.1:${options.config.port}`;
    this.consensusKey = options.consensusKey;
  }

  /** What the node does on its chain when it is started. */
  get role(): 'validator' | 'follower' {
    return this.consensusKey === null ? 'follower' : 'validator';
  }

  get status(): NodeStatus {
    return this.#status;
  }

  /** The process that workerd and sqld die with; null while there is none. */
  get pid(): number | null {
    return this.#host?.pid ?? null;
  }

  /** Height of the chain when the node was last started. */
  get startHeight(): number {
    return this.#startHeight;
  }

  /** Where the node's ledger listens: the same in all its lives. */
  get ledger(): HostReady['ledger'] {
    if (this.#ready === null) throw new Error(`${this.name} has not been started`);
    return this.#ready.ledger;
  }

  /** Starts the node and its chain; resolves once it answers. @throws CliError when it cannot. */
  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#status === 'paused') {
        throw new CliError('conflict', `${this.name} is paused`, {
          hint: `atoll devnet resume ${this.name}`,
        });
      }
      if (this.#status === 'stopped') await this.#start();
    });
  }

  /** Stops the node in order, also a frozen one. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** Freezes all processes of the node. @throws CliError conflict when there are none. */
  pause(): Promise<void> {
    return this.#inTurn(async () => {
      const host = this.#alive();
      host.freeze();
      this.#status = 'paused';
    });
  }

  /** Lets a frozen node go on. @throws CliError conflict when the node does not run. */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      const host = this.#alive();
      host.thaw();
      this.#status = 'running';
    });
  }

  /** Stops the node for good, whatever else is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined); // the caller has the error; the next order starts anew
    return turn;
  }

  #alive(): Host {
    if (this.#host !== null) return this.#host;
    throw new CliError('conflict', `${this.name} is stopped`, {
      hint: `atoll devnet start-node ${this.name}`,
    });
  }

  async #start(): Promise<void> {
    const { config, genesis, adminToken } = this.#options;
    this.#status = 'starting';
    try {
      const ledgerPorts = this.#ready?.ledgerPorts;
      const host = await spawnHost({ ...config, ...(ledgerPorts === undefined ? {} : { ledgerPorts }) });
      this.#host = host;
      void host.exited.then((how) => this.#ended(host, how));
      if (this.#closed) throw new CliError('interrupted', 'the devnet stops');
      this.#ready = await host.ready;
      await untilLive(this.url, host);
      // Also for a node that has the chain: the request wakes it, so that it joins the others again.
      ({ height: this.#startHeight } = await createChain({ url: this.url, adminToken, genesis }));
      this.#status = 'running';
    } catch (error) {
      await this.#stop();
      this.#status = 'stopped';
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const host = this.#host;
    if (host === null) return;
    this.#host = null;
    await host.stop();
    this.#status = 'stopped';
  }

  #ended(host: Host, how: string): void {
    if (this.#host !== host) return;
    this.#host = null;
    const wasUp = this.#status !== 'starting'; // else the start fails and says why
    this.#status = 'stopped';
    if (wasUp) this.#options.onDied(this, host.pid, how);
  }
}
