/**
 * @module A whole node inside the test's process: real sqld, real workerd with the real bundle, one chain with funded
 * accounts. Everything listens on ports of its own and dies with the test.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Miniflare } from 'miniflare';
import { createChain } from '../../cli/admin.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from '../../cli/devnet/accounts.ts';
import { loadBundle } from '../../cli/devnet/bundle.ts';
import { type LocalLedger, startLedger } from '../../cli/devnet/ledger.ts';
import { type LocalNode, startNode } from '../../cli/devnet/node.ts';
import { untilLive } from '../../cli/devnet/until-live.ts';
import { makeGenesis, type NewAuthority } from '../../cli/genesis.ts';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';

/** What a test may choose. */
export interface TestNodeOptions {
  /** Default `test`. Also the node's default chain. */
  readonly chainId?: string;
  /** Over the defaults of a genesis; block time is 1 ms here so that tests need not wait. */
  readonly params?: Partial<ChainParams>;
  /** Funded accounts, default 10. */
  readonly accounts?: number;
  /** Authorities beside the node's own; nobody runs them unless the test does. Default none. */
  readonly others?: readonly NewAuthority[];
  /** The node's validator key; a new one unless given. */
  readonly validator?: KeyPair;
  /** Port of the node, default a free one. */
  readonly port?: number;
  /** A genesis with that key in it, for a node of a chain that runs elsewhere, too. */
  readonly genesis?: Genesis;
  /** Regions with a ledger replica, default none. */
  readonly regions?: readonly string[];
  /** False: no libSQL at all, and no DATABASE_ settings. */
  readonly ledger?: boolean;
  /** False: the chain is not created; `genesis` can be posted by the test. */
  readonly create?: boolean;
  /** More vars and secrets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Another Worker entry, relative to the root, for tests that need doors which the real one has not. */
  readonly entry?: string;
  /** True: workerd listens for an inspector; `mf.getInspectorURL()` says where. */
  readonly inspector?: boolean;
}

/** A running node. */
export interface TestNode {
  readonly url: string;
  readonly wsUrl: string;
  readonly chainId: string;
  readonly genesis: Genesis;
  readonly genesisHash: string;
  readonly accounts: readonly KeyPair[];
  readonly operator: KeyPair;
  readonly validator: KeyPair;
  readonly adminToken: string;
  /** Undefined with `ledger: false`. */
  readonly ledger: LocalLedger | undefined;
  /** The current Miniflare, for calls to objects; another one after `restart`. */
  readonly mf: Miniflare;
  /** Lines that the Worker logged, oldest first. */
  readonly logs: readonly string[];
  /** Folder of the objects' databases. */
  readonly persistDir: string;
  /** Stops workerd and starts it on the same port and storage: every object loses its memory. */
  restart(env?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops workerd until `restart`. */
  halt(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a node. Stop it in `afterAll`, or use `await using`-like care: sqld and workerd are real processes. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-test-'));
  const identity = newIdentity(options);
  const logs: string[] = [];
  const persistDir = join(directory, 'objects');
  const [bundle, ledger] = await Promise.all([
    loadBundle(options.entry),
    options.ledger === false
      ? undefined
      : startLedger({ directory: join(directory, 'ledger'), regions: options.regions ?? [] }),
  ]);
  const start = (port: number, env: Readonly<Record<string, string>>): Promise<LocalNode> =>
    startNode({
      bundle,
      port,
      persistDir,
      env: { ...identity.env, ...ledger?.env, ...env },
      onLog: (line) => logs.push(line),
      ...(options.inspector === true ? { inspectorPort: 0 } : {}),
    });
  const env = { ...options.env };
  let node = await start(options.port ?? 0, env);
  let isHalted = false;
  const stop = async (): Promise<void> => {
    if (!isHalted) await node.stop();
    await ledger?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  const { url, port } = node;
  try {
    await untilLive(url, NEVER_EXITED);
    if (options.create !== false)
      await createChain({ url, adminToken: identity.adminToken, genesis: identity.genesis });
  } catch (error) {
    await stop();
    throw new Error(
      `the test node does not start: ${(error as Error).message}\n${logs.slice(-20).join('\n')}`,
      { cause: error },
    );
  }
  return {
    ...identity,
    url,
    wsUrl: `${url.replace(/^http/, 'ws')}/ws`,
    ledger,
    logs,
    persistDir,
    get mf() {
      return node.mf;
    },
    async halt() {
      await node.stop();
      isHalted = true;
    },
    async restart(more = {}) {
      if (!isHalted) await node.stop();
      isHalted = false;
      node = await start(port, { ...env, ...more });
      await untilLive(url, NEVER_EXITED);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** workerd is a child of this process: it has no host that could end. */
const NEVER_EXITED = { exited: new Promise<string>(() => undefined) };

function newIdentity(options: TestNodeOptions) {
  const chainId = options.chainId ?? 'test';
  const validator = options.validator ?? newKey();
  const operator = devnetAccount(0, 'operator');
  const accounts = devnetAccounts(options.accounts);
  const made = makeGenesis({
    chainId,
    validator: validator.signer,
    validatorName: 'test',
    operator: operator.address,
    others: options.others ?? [],
    allocations: [...accounts, operator].map(({ address }) => ({ address, amount: DEVNET_BALANCE })),
    params: { blockTimeMs: 1, ...options.params },
    timeMs: Date.now() - 1_000,
    salt: new Uint8Array(randomBytes(16)),
  });
  const genesis = options.genesis ?? made;
  const adminToken = randomBytes(24).toString('base64url');
  const env = {
    SUPPORTED_CHAINS: chainId,
    LOG_LEVEL: 'info',
    NODE_NAME: 'test',
    ENVIRONMENT: 'development',
    ALLOW_PRIVATE_PEERS: 'true',
    VALIDATOR_KEY: validator.privateKey,
    ADMIN_TOKEN: adminToken,
  };
  const genesisHash = hashGenesis(genesis);
  return { chainId, genesis, genesisHash, accounts, operator, validator, adminToken, env };
}
