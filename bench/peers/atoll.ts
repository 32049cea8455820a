/** @module One Atoll node in the form of production, started by the devnet's own code: sqld, a replica, workerd. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createChain } from '../../cli/admin.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from '../../cli/devnet/accounts.ts';
import { spawnHost } from '../../cli/devnet/host.ts';
import { untilLive } from '../../cli/devnet/until-live.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { type KeyPair, newKey } from '../../cli/keys.ts';
import { createLedgerClient, type LedgerClient } from '../../shared/ledger/client-web.ts';
import { LedgerError } from '../../shared/ledger/errors.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';

const POLL_MS = 10;
const MAIN_CHAIN = 'bench';

/** A chain of the node. */
export interface BenchChain {
  readonly id: string;
  readonly genesisHash: HashHex;
}

/** A running node with its main chain, the default one. */
export interface Atoll {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly main: BenchChain;
  readonly accounts: readonly KeyPair[];
  /** Makes one more chain, with the same funded accounts, by POST /chains. */
  addChain(id: string, blockTimeMs: number): Promise<BenchChain>;
  /** Transactions of the main chain that the primary ledger shows. */
  ledgerCount(): Promise<number>;
  /** Resolves once the primary ledger shows this many transactions of the main chain. */
  untilLedger(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the node; `accounts` are funded on each of its chains. */
export async function startAtoll(options: { accounts: number; blockTimeMs: number }): Promise<Atoll> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-bench-node-'));
  const validator = newKey();
  const adminToken = randomBytes(24).toString('hex');
  const accounts = devnetAccounts(options.accounts);
  const host = await spawnHost({
    name: 'node1',
    directory,
    port: 0,
    regions: ['eu'],
    env: {
      LOG_LEVEL: 'warning',
      NODE_NAME: 'node1',
      NODE_REGION: 'eu',
      VALIDATOR_KEY: validator.privateKey,
      ADMIN_TOKEN: adminToken,
    },
    removeWhenOrphaned: directory,
  });
  const stop = async () => {
    await host.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const { url, ledger } = await host.ready;
    const primary = createLedgerClient({ url: ledger.primary });
    const addChain = async (id: string, blockTimeMs: number): Promise<BenchChain> => {
      const genesis = benchGenesis(id, validator, accounts, blockTimeMs);
      await createChain({ url, adminToken, genesis });
      return { id, genesisHash: hashGenesis(genesis) };
    };
    const ledgerCount = () => countTransactions(primary);
    await untilLive(url, host);
    const main = await addChain(MAIN_CHAIN, options.blockTimeMs);
    return {
      url,
      main,
      accounts,
      addChain,
      ledgerCount,
      async untilLedger(count) {
        while ((await ledgerCount()) < count) await sleep(POLL_MS);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Transactions that a ledger shows. */
export async function countTransactions(primary: LedgerClient): Promise<number> {
  try {
    const [[row] = []] = await primary.read([{ sql: 'select sum(tx_count) as count from blocks' }]);
    return Number(row?.count ?? 0);
  } catch (error) {
    // The drain makes the tables with the first block.
    if (error instanceof LedgerError && error.code === 'LEDGER_MIGRATING') return 0;
    throw error;
  }
}

function benchGenesis(id: string, validator: KeyPair, accounts: readonly KeyPair[], blockTimeMs: number) {
  return makeGenesis({
    chainId: id,
    validator: validator.signer,
    validatorName: 'node1',
    operator: devnetAccount(0, 'operator').address,
    allocations: accounts.map(({ address }) => ({ address, amount: DEVNET_BALANCE })),
    params: { blockTimeMs },
    timeMs: Date.now() - blockTimeMs,
    salt: new Uint8Array(randomBytes(16)),
  });
}
