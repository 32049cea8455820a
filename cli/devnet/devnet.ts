/** @module A devnet: the folder, the chain's identity, the node process, and one chain created through its admin API. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { genesisFromJson, genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { EmptyBlocks } from '../../shared/protocol/primitives/chain-params.ts';
import { createChain } from '../admin.ts';
import { CliError } from '../errors.ts';
import { makeGenesis } from '../genesis.ts';
import { type KeyPair, newKey } from '../keys.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from './accounts.ts';
import { type Host, spawnHost } from './host.ts';
import type { HostConfig } from './node-host.ts';
import { isFree } from './ports.ts';
import { type DevnetIdentity, openState, type StateDirectory } from './state.ts';

/** The chain of every devnet, and the node's default chain. */
export const DEVNET_CHAIN_ID = 'devnet';
/** Regions with a ledger replica of node 1. */
export const DEVNET_REGIONS = ['eu'] as const;
const LIVE_TIMEOUT_MS = 30_000;
const LIVE_RETRY_MS = 25;

/** What `atoll devnet` may be told. */
export interface DevnetOptions {
  /** RPC port; 0 chooses a free one. */
  readonly port: number;
  /** Folder to keep the chain in; undefined = a temporary one, removed at the end. */
  readonly stateDir?: string;
  readonly reset: boolean;
  readonly blockTimeMs: number;
  readonly emptyBlocks: EmptyBlocks;
  readonly logLevel: string;
  /** Progress in words. */
  readonly note: (line: string) => void;
  /** Gives the start up. A devnet that runs is stopped by its owner. */
  readonly signal: AbortSignal;
}

/** A running devnet. */
export interface Devnet {
  readonly chainId: string;
  readonly genesis: Genesis;
  readonly genesisHash: string;
  /** Height of the chain when the devnet became ready. */
  readonly startHeight: number;
  readonly node: { readonly name: string; readonly url: string; readonly pid: number };
  readonly ledger: { readonly primary: string; readonly replicas: Readonly<Record<string, string>> };
  readonly accounts: readonly KeyPair[];
  /** Account of the validator's operator, which also pays for the demo's transfers. */
  readonly operator: KeyPair;
  readonly adminToken: string;
  readonly stateDir: string;
  readonly temporary: boolean;
  /** Resolves when the node's process has ended, asked or not, with how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything and resolves when the chain answers.
 * @throws CliError when the port is taken, the folder is in use, or a process does not start; nothing is left running then.
 */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  if (options.port !== 0 && !(await isFree(options.port))) {
    throw new CliError('conflict', `port ${options.port} of 127.0.0.1 is taken`, {
      hint: 'stop what listens there, or pass --port 0 for a free one',
    });
  }
  const state = await openState(options.stateDir, options.reset);
  let host: Host | undefined;
  try {
    const identity = state.identity ?? (await newIdentity(options, state));
    host = await spawnHost(hostConfig(options, state, identity));
    options.note('starting sqld, one replica and one node (the first start builds the Worker)');
    return await abortable(connect(host, identity, state), options.signal);
  } catch (error) {
    await host?.stop();
    await state.close();
    throw error;
  }
}

async function newIdentity(options: DevnetOptions, state: StateDirectory): Promise<DevnetIdentity> {
  const validator = newKey();
  const operator = devnetAccount(0, 'operator');
  const genesis = makeGenesis({
    chainId: DEVNET_CHAIN_ID,
    validator: validator.signer,
    validatorName: 'node1',
    operator: operator.address,
    allocations: [...devnetAccounts(), operator, devnetAccount(0, 'demo')].map(({ address }) => ({
      address,
      amount: DEVNET_BALANCE,
    })),
    params: { blockTimeMs: options.blockTimeMs, emptyBlocks: options.emptyBlocks },
    timeMs: Date.now(),
    salt: new Uint8Array(randomBytes(16)),
  });
  const identity = {
    genesis: genesisToJson(genesis),
    validatorKey: validator.privateKey,
    adminToken: toHex(new Uint8Array(randomBytes(24))).slice(2),
  };
  await state.save(identity);
  return identity;
}

function hostConfig(options: DevnetOptions, state: StateDirectory, identity: DevnetIdentity): HostConfig {
  return {
    name: 'node1',
    directory: join(state.path, 'node1'),
    port: options.port,
    regions: DEVNET_REGIONS,
    env: {
      SUPPORTED_CHAINS: DEVNET_CHAIN_ID,
      LOG_LEVEL: options.logLevel,
      NODE_NAME: 'node1',
      NODE_REGION: DEVNET_REGIONS[0],
      VALIDATOR_KEY: identity.validatorKey,
      ADMIN_TOKEN: identity.adminToken,
    },
    removeWhenOrphaned: state.temporary ? state.path : null,
  };
}

async function connect(host: Host, identity: DevnetIdentity, state: StateDirectory): Promise<Devnet> {
  const ready = await host.ready;
  const genesis = genesisFromJson(identity.genesis);
  await untilLive(ready.url, host);
  const { height } = await createChain({ url: ready.url, adminToken: identity.adminToken, genesis });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await host.stop();
    await state.close();
  };
  return {
    chainId: genesis.chainId,
    genesis,
    genesisHash: hashGenesis(genesis),
    startHeight: height,
    node: { name: host.name, url: ready.url, pid: host.pid },
    ledger: ready.ledger,
    accounts: devnetAccounts(),
    operator: devnetAccount(0, 'operator'),
    adminToken: identity.adminToken,
    stateDir: state.path,
    temporary: state.temporary,
    ended: host.exited,
    stop: () => (stopped ??= stop()),
  };
}

/** The socket opens before the Worker's modules have loaded; /livez answers once they have. */
export async function untilLive(url: string, host: Pick<Host, 'exited'>): Promise<void> {
  let ended: string | undefined;
  void host.exited.then((how) => (ended = how));
  const deadline = Date.now() + LIVE_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline && ended === undefined) {
    try {
      const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) });
      const text = await response.text();
      if (response.ok) return;
      last = `HTTP ${response.status} ${text.slice(0, 300)}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, LIVE_RETRY_MS));
  }
  throw new CliError('runtime', `the node does not answer at ${url}/livez: ${ended ?? last}`);
}

/** Rejects as soon as the signal aborts; the work is left to the cleanup of the caller. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const interrupted = () => new CliError('interrupted', 'interrupted while the devnet was starting');
  if (signal.aborted) throw interrupted();
  return await new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(interrupted()), { once: true });
    work.then(resolve, reject);
  });
}
