/** @module The objects of a test node, called directly: no routes between a test and what it asks. */

import { createClient } from '@libsql/client/web';
import type { ChainRpc, ChainSnapshot, NodeRpc, Result, SubmitOutcome } from '../../shared/api/objects.ts';
import { encodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { CrashPointName } from './crash-points.ts';
import { startTestNode, type TestNode, type TestNodeOptions } from './node.ts';

/** The chain object with the doors that `objects-entry.ts` adds. */
export interface TestChain extends ChainRpc {
  arm(point: CrashPointName): Promise<void>;
  inspect(): Promise<{ boot_id: string; alarm_ms: number | null; fired: number; database_bytes: number }>;
  count(table: string): Promise<number>;
}

export interface TestObjects {
  readonly node: TestNode;
  /** A fresh stub at each call: one that saw its object die stays broken. */
  chain(chainId?: string): Promise<TestChain>;
  registry(): Promise<NodeRpc>;
  /** Creates the node's chain. */
  create(): Promise<Result<ChainSnapshot>>;
  /** A signed transfer of 5 units between two of the funded accounts. */
  transfer(
    from: number,
    nonce: number,
    overrides?: { fee?: bigint; amount?: bigint; validUntil?: number },
  ): SignedTransaction;
  /** Submits until the transaction is final, through crashes, as a client would. */
  untilFinal(transaction: SignedTransaction): Promise<SubmitOutcome>;
  /** Waits until the ledger has every block. */
  untilDrained(): Promise<ChainSnapshot>;
  stop(): Promise<void>;
}

/** Ten seconds and more: an object that died over a delivery is woken by its watchdog after five. */
const ATTEMPTS_MAX = 100;

/** Starts a node with the objects only, and its chain. */
export async function startObjects(options: TestNodeOptions = {}): Promise<TestObjects> {
  const node = await startTestNode({ entry: 'test/support/objects-entry.ts', ...options, create: false });
  const chain = async (chainId = node.chainId) => {
    const namespace = await node.mf.getDurableObjectNamespace('CHAIN');
    return namespace.get(namespace.idFromName(chainId)) as unknown as TestChain;
  };
  const registry = async () => {
    const namespace = await node.mf.getDurableObjectNamespace('NODE');
    return namespace.get(namespace.idFromName('node')) as unknown as NodeRpc;
  };
  const account = (index: number) => {
    const found = node.accounts[index];
    if (found === undefined) throw new Error(`the test has no account ${index}`);
    return found;
  };
  return {
    node,
    chain,
    registry,
    create: async () =>
      (await registry()).createChain({ genesis: encodeGenesis(node.genesis), actor: 'test' }),
    transfer: (from, nonce, { fee = 1_000n, amount = 5n, validUntil = 1_000 } = {}) => {
      const payload = { recipient: account((from + 1) % node.accounts.length).address, asset: '', amount };
      const unsigned = { type: 0, nonce, fee, validUntil, payload };
      return signTransaction(
        unsigned,
        parseHash(node.genesisHash),
        account(from).signer,
        builtInTransactions,
      );
    },
    untilFinal: (transaction) =>
      attempt(async () => {
        const answer = await (await chain()).submit([transaction.bytes], { wait: 'final', wait_ms: 5_000 });
        const [outcome] = answer.ok ? answer.value : [];
        if (outcome?.ok === true && outcome.value.status === 'final') return outcome.value;
        const position = await ledgerPosition(node, transaction.hash);
        if (position !== null) return { tx_hash: transaction.hash, status: 'final', height: position };
        throw new Error(`not final: ${JSON.stringify(outcome ?? answer)}`);
      }),
    untilDrained: () =>
      attempt(async () => {
        const snapshot = await (await registry()).chainSnapshot(node.chainId);
        if (snapshot !== null && snapshot.ledger.height === snapshot.head.height) return snapshot;
        throw new Error(`not drained: ${JSON.stringify(snapshot)}`);
      }),
    stop: () => node.stop(),
  };
}

/** Height of a transaction in the primary ledger, as the Worker would look it up for one whose nonce is used. */
async function ledgerPosition(node: TestNode, hash: string): Promise<number | null> {
  const client = createClient({ url: node.ledger?.primary ?? '' });
  const { rows } = await client.execute({
    sql: 'select height from transactions where hash = ?',
    args: [hash],
  });
  client.close();
  return rows[0] === undefined ? null : Number(rows[0].height);
}

/** Tries again while objects restart; the last failure is the one that is told. */
export async function attempt<T>(action: () => Promise<T>, attempts: number = ATTEMPTS_MAX): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await action();
    } catch (error) {
      if (left <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
