/** @module A devnet: the folder, the chain's identity, its nodes and the wires between them, and an ear for orders. */
import { randomBytes } from 'node:crypto';
import { genesisFromJson, genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { EmptyBlocks } from '../../shared/protocol/primitives/chain-params.ts';
import { CliError } from '../errors.ts';
import { makeGenesis } from '../genesis.ts';
import { type KeyPair, newKey } from '../keys.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from './accounts.ts';
import { loadBundle } from './bundle.ts';
import { Cleanups } from './cleanups.ts';
import { DevnetControl } from './control.ts';
import { publishControl } from './control-file.ts';
import { listenForControl } from './control-server.ts';
import { DevnetNode } from './devnet-node.ts';
import { DEVNET_CHAIN_ID, nodeSettings } from './node-settings.ts';
import { freePorts, isFree } from './ports.ts';
import { type DevnetIdentity, nodeNames, openState, type StateDirectory } from './state.ts';
import { untilSigning } from './until-signing.ts';
import { Wires } from './wire.ts';

/** Nodes of a new devnet. */
export const NODES_DEFAULT = 4;

/** What `atoll devnet` may be told. */
export interface DevnetOptions {
  /** Nodes of a new chain; one that is kept has those that it started with. Undefined: the default, or those. */
  readonly nodes?: number;
  /** Nodes that follow the chain beside its validators. Undefined: those of the last start. */
  readonly followers?: number;
  /** RPC port of node 1, the others follow; 0 chooses free ones. */
  readonly port: number;
  /** Folder to keep the chain in; undefined = a temporary one, removed at the end. */
  readonly stateDir?: string;
  readonly reset: boolean;
  readonly blockTimeMs: number;
  readonly emptyBlocks: EmptyBlocks;
  /** Blocks from one snapshot of the state to the next; undefined = what a node does untold. */
  readonly snapshotInterval?: number;
  readonly logLevel: string;
  /** Another Worker than the one that is deployed, relative to the root: tests give one that has doors of its own. */
  readonly entry?: string;
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
  /** At least one. */
  readonly nodes: readonly DevnetNode[];
  /** That of node 1. */
  readonly ledger: { readonly primary: string; readonly replicas: Readonly<Record<string, string>> };
  readonly accounts: readonly KeyPair[];
  readonly adminToken: string;
  readonly stateDir: string;
  readonly temporary: boolean;
  /**
   * Resolves, with what happened, when the process of the only node ended without being asked to. A devnet of several
   * nodes goes on without one, or without all of them: any can be started again.
   */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts everything and resolves when the chain answers on every node.
 * @throws CliError when a port is taken, the folder is in use, or a process does not start; nothing is left running then.
 */
export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const cleanups = new Cleanups();
  try {
    const state = await openState(options.stateDir, options.reset);
    await cleanups.add(() => state.close());
    const known = state.identity ?? newIdentity(options);
    checkNodes(options, known, state);
    const identity = withFollowers(known, options.followers);
    if (identity !== state.identity) await state.save(identity);
    return await abortable(assemble(options, state, identity, cleanups), options.signal);
  } catch (error) {
    await cleanups.run();
    throw error;
  }
}

function newIdentity(options: DevnetOptions): DevnetIdentity {
  const validators = nodeNames(options.nodes ?? NODES_DEFAULT).map((validatorName, index) => ({
    key: newKey(),
    validatorName,
    operator: devnetAccount(index, 'operator').address,
  }));
  const [first, ...others] = validators.map(({ key, ...rest }) => ({ ...rest, validator: key.signer }));
  assert(first !== undefined, 'a devnet has a node');
  const funded = [
    ...devnetAccounts().map(({ address }) => address),
    ...validators.map(({ operator }) => operator),
  ];
  const genesis = makeGenesis({
    chainId: DEVNET_CHAIN_ID,
    ...first,
    others,
    allocations: [...funded, devnetAccount(0, 'demo').address].map((address) => ({
      address,
      amount: DEVNET_BALANCE,
    })),
    params: { blockTimeMs: options.blockTimeMs, emptyBlocks: options.emptyBlocks },
    timeMs: Date.now(),
    salt: new Uint8Array(randomBytes(16)),
  });
  return {
    genesis: genesisToJson(genesis),
    validatorKeys: validators.map(({ key }) => key.privateKey),
    followerKeys: [],
    adminToken: toHex(new Uint8Array(randomBytes(24))).slice(2),
  };
}

/** Followers are no part of the chain: each start may have another number of them. */
function withFollowers(identity: DevnetIdentity, count: number | undefined): DevnetIdentity {
  const { followerKeys } = identity;
  if (count === undefined || count === followerKeys.length) return identity;
  const more = Array.from({ length: Math.max(0, count - followerKeys.length) }, () => newKey().privateKey);
  return { ...identity, followerKeys: [...followerKeys.slice(0, count), ...more] };
}

function checkNodes(
  { nodes }: DevnetOptions,
  { validatorKeys }: DevnetIdentity,
  { path }: StateDirectory,
): void {
  if (nodes === undefined || nodes === validatorKeys.length) return;
  throw new CliError(
    'conflict',
    `the chain in ${path} is one of ${validatorKeys.length} nodes, not of ${nodes}`,
    {
      hint: 'leave --nodes out, or give --reset to start a new chain',
    },
  );
}

async function assemble(
  options: DevnetOptions,
  state: StateDirectory,
  identity: DevnetIdentity,
  cleanups: Cleanups,
): Promise<Devnet> {
  const genesis = genesisFromJson(identity.genesis);
  const names = nodeNames(identity.validatorKeys.length + identity.followerKeys.length);
  const ports = await choosePorts(options.port, names);
  const wires = new Wires(ports);
  await cleanups.add(() => wires.close());
  await wires.listen();
  const death = Promise.withResolvers<string>();
  const onDied = (node: DevnetNode, pid: number, how: string): void => {
    const what = `${node.name} (process ${pid}) ended: ${how}`;
    if (names.length === 1) death.resolve(what);
    else options.note(`${what}; bring it back with: atoll devnet start-node ${node.name}`);
  };
  options.note(
    `starting ${names.length === 1 ? 'one node' : `${names.length} nodes`} with sqld (the first start builds the Worker)`,
  );
  const { id: bundleId } = await loadBundle(options.entry);
  const nodes = names.map((_, index) => {
    const config = nodeSettings({ options, state, identity, genesis, wires, ports, bundleId }, index);
    const consensusKey = genesis.authorities[index]?.consensusKey ?? null;
    return new DevnetNode({ config, consensusKey, genesis, adminToken: identity.adminToken, onDied });
  });
  await cleanups.add(() => Promise.all(nodes.map((node) => node.close())));
  await Promise.all(nodes.map((node) => node.start()));
  await untilSigning(nodes.map(({ url }) => url));
  const [first] = nodes;
  assert(first !== undefined, 'a devnet has a node');
  const genesisHash = hashGenesis(genesis);
  await listen(
    new DevnetControl(
      { chain_id: genesis.chainId, genesis_hash: genesisHash, state_dir: state.path },
      nodes,
      wires,
    ),
    state,
    cleanups,
  );
  return {
    chainId: genesis.chainId,
    genesis,
    genesisHash,
    startHeight: first.startHeight,
    nodes,
    ledger: first.ledger,
    accounts: devnetAccounts(),
    adminToken: identity.adminToken,
    stateDir: state.path,
    temporary: state.temporary,
    ended: death.promise,
    stop: () => cleanups.run(),
  };
}

async function listen(control: DevnetControl, state: StateDirectory, cleanups: Cleanups): Promise<void> {
  const server = await listenForControl(control);
  await cleanups.add(() => server.close());
  await cleanups.add(await publishControl(state.path, server.address));
}

/** RPC ports by node: chosen before any node starts, since each is told where the others are. */
async function choosePorts(first: number, names: readonly string[]): Promise<Map<string, number>> {
  const ports = first === 0 ? await freePorts(names.length) : names.map((_, index) => first + index);
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw new CliError('conflict', `port ${port} of 127.0.0.1 is taken`, {
      hint: 'stop what listens there, or pass --port 0 for free ones',
    });
  }
  return new Map(names.map((name, index) => [name, ports[index] ?? 0]));
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
