/**
 * @module The node that the fuzzer meets: one chain with history and a pending transaction, and one whose next block is an
 * hour away and whose mempool is full to the byte.
 */
import { randomBytes } from 'node:crypto';
import { createChain } from '../../cli/admin.ts';
import { DEVNET_BALANCE, devnetAccount, devnetAccounts } from '../../cli/devnet/accounts.ts';
import { makeGenesis } from '../../cli/genesis.ts';
import { newKey } from '../../cli/keys.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { bilateralGenesis } from '../support/bilateral.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import {
  getJson,
  post,
  type SignedBody,
  signedMessage,
  signedTransfer,
  type Wallet,
  walletOf,
} from '../support/stranger.ts';

export const MIN_FEE = 10n;
export const BLOCKS = 6;
export const PENDING_NONCE = 3;
export const PENDING_FEE = 1_000n;
/** Limits of the mempool that the full chain is filled to. */
export const SENDER_TRANSACTIONS = 2_000;
const HOUR_MS = 3_600_000;
const FILLER_BYTES = 32_000;
const FILLERS = 478;
const RICH_FEE = 1_000_000n;
const BATCH_FILLERS = 50;
const BATCH_SMALL = 500;
/** Small batches of one sender, within its limit. */
const SMALL_BATCHES = 3;

/** What requests are made from. */
export interface FuzzNode {
  readonly node: TestNode;
  readonly url: string;
  readonly wallets: readonly Wallet[];
  /** Genesis hashes by chain id. */
  readonly genesisHash: { readonly fuzz: string; readonly full: string };
  /** Of the chain `fuzz`. */
  readonly height: number;
  readonly blockHashes: readonly string[];
  readonly txHashes: readonly string[];
  readonly pending: SignedBody;
  /** Genesis documents: of this node's chain, and of one that only another node can run. */
  readonly genesis: { readonly own: unknown; readonly foreign: unknown };
  /** First free nonces of all accounts on `full`. */
  readonly fullNonces: readonly number[];
}

/** Starts and fills it. */
export async function startFuzzNode(): Promise<FuzzNode> {
  const validator = newKey();
  const node = await startTestNode({
    chainId: 'fuzz',
    create: false,
    env: {
      VALIDATOR_KEY: validator.privateKey,
      SUPPORTED_CHAINS: 'fuzz,full',
      NODE_URL: 'https://fuzz.example.com',
    },
  });
  const accounts = devnetAccounts();
  const operator = devnetAccount(0, 'operator');
  const genesisOf = (chainId: string, signer: typeof validator, params: Partial<ChainParams>) =>
    makeGenesis({
      chainId,
      validator: signer.signer,
      validatorName: 'fuzz',
      operator: operator.address,
      allocations: [...accounts, operator].map(({ address }) => ({ address, amount: DEVNET_BALANCE })),
      params: { minFee: MIN_FEE, ...params },
      timeMs: Date.now(),
      salt: new Uint8Array(randomBytes(16)),
    });
  const fuzz = genesisOf('fuzz', validator, { blockTimeMs: 1 });
  const full = genesisOf('full', validator, { blockTimeMs: HOUR_MS });
  const { url, adminToken } = node;
  for (const genesis of [fuzz, full]) await createChain({ url, adminToken, genesis });
  await getJson(`${url}/api/v1/status`); // makes the node's own record
  const wallets = accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
  const genesisHash = { fuzz: hashGenesis(fuzz), full: hashGenesis(full) };
  const history = await makeHistory(url, genesisHash.fuzz, wallets);
  await fillPool(url, genesisHash.full, wallets);
  const fullNonces = await Promise.all(
    wallets.map(async ({ address }) => {
      const account = `${url}/chains/full/rpc/accounts/${address}`;
      return (await getJson<{ pending_nonce: number }>(account)).pending_nonce;
    }),
  );
  const foreign = genesisToJson(bilateralGenesis('foreign'));
  return {
    node,
    url,
    wallets,
    genesisHash,
    height: BLOCKS,
    ...history,
    genesis: { own: genesisToJson(fuzz), foreign },
    fullNonces,
  };
}

async function submit(url: string, body: unknown, statuses: readonly number[]): Promise<Response> {
  const response = await post(url, body);
  if (!statuses.includes(response.status))
    throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return response;
}

async function makeHistory(url: string, genesisHash: string, [first, second]: readonly Wallet[]) {
  if (first === undefined || second === undefined) throw new Error('two accounts are needed');
  const txHashes: string[] = [];
  for (let nonce = 0; nonce < BLOCKS; nonce += 1) {
    const text = new TextEncoder().encode(`message ${nonce}`);
    const signed =
      nonce % 2 === 0
        ? signedTransfer(genesisHash, first, second.address, 5n, { nonce })
        : signedMessage(genesisHash, first, second.address, text, { nonce });
    await submit(`${url}/rpc/send_tx?wait=final`, signed.body, [200]);
    txHashes.push(signed.hash);
  }
  // Nonces before it are missing: it stays where it is.
  const terms = { nonce: PENDING_NONCE, fee: PENDING_FEE };
  const pending = signedTransfer(genesisHash, second, first.address, 1n, terms);
  await submit(`${url}/rpc/send_tx`, pending.body, [202]);
  const { blocks } = await getJson<{ blocks: { hash: string }[] }>(`${url}/rpc/blocks-range?start=1`);
  return { txHashes, pending, blockHashes: blocks.map(({ hash }) => hash) };
}

/** Account 0 has as many pending as one may have; the others' messages take the bytes; small transfers take what is left. */
async function fillPool(url: string, genesisHash: string, wallets: readonly Wallet[]): Promise<void> {
  const [first, ...others] = wallets;
  if (first === undefined) throw new Error('accounts are needed');
  const target = `${url}/chains/full/rpc/send_txs`;
  const send = async (batch: readonly SignedBody[]) => {
    const response = await submit(target, { transactions: batch.map(({ body }) => body) }, [200]);
    return ((await response.json()) as { results: { error?: { code: string } }[] }).results;
  };
  const transfer = (from: Wallet, nonce: number) =>
    signedTransfer(genesisHash, from, first.address, 1n, { nonce, fee: RICH_FEE });
  for (let nonce = 0; nonce < SENDER_TRANSACTIONS; nonce += BATCH_SMALL)
    await send(Array.from({ length: BATCH_SMALL }, (_, offset) => transfer(first, nonce + offset)));
  const nonces = others.map(() => 0);
  const filler = new Uint8Array(FILLER_BYTES);
  // Per byte they pay as much as the transfers do, so that a small poor transfer is worth less than any of them.
  const fee = RICH_FEE * 400n;
  for (let made = 0; made < FILLERS; made += BATCH_FILLERS) {
    const batch: SignedBody[] = [];
    for (let index = made; index < Math.min(FILLERS, made + BATCH_FILLERS); index += 1) {
      const place = index % others.length;
      const nonce = nonces[place] ?? 0;
      batch.push(signedMessage(genesisHash, others[place] as Wallet, first.address, filler, { nonce, fee }));
      nonces[place] = nonce + 1;
    }
    const refused = (await send(batch)).filter(({ error }) => error !== undefined);
    if (refused.length > 0) throw new Error(`a filler was refused: ${JSON.stringify(refused[0])}`);
  }
  for (const [place, from] of others.entries()) {
    for (let batches = 0; batches < SMALL_BATCHES; batches += 1) {
      const start = nonces[place] ?? 0;
      const batch = Array.from({ length: BATCH_SMALL }, (_, offset) => transfer(from, start + offset));
      const results = await send(batch);
      const refused = results.findIndex(({ error }) => error !== undefined);
      nonces[place] = start + (refused < 0 ? BATCH_SMALL : refused);
      if (refused >= 0 && results[refused]?.error?.code === 'MEMPOOL_FULL') return;
      if (refused >= 0) throw new Error(`a filler was refused: ${JSON.stringify(results[refused])}`);
    }
  }
  throw new Error('the mempool does not fill up');
}
