/**
 * @module Checks a chain from outside, by plain HTTP and SQL and the file of a client. It uses nothing of the node's own
 * code: what it finds right is right for anyone.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Client, createClient, type Row } from '@libsql/client';
import type { PrintedAccount } from './stranger.ts';

const DRAINED_MS_MAX = 60_000;
const RANGE = 100;
const HEADER_DOMAIN = Buffer.from('atoll/header/v1\0');

/** Where to look. */
export interface CheckOptions {
  readonly url: string;
  readonly primary: string;
  readonly replicas: readonly string[];
  readonly genesisHash: string;
  readonly accounts: readonly (PrintedAccount & { readonly balance: string })[];
  readonly acknowledgedFile: string;
  /** Transfers that the client brought in. */
  readonly transfers: number;
}

/** What was counted; `faults` is empty when all is right. */
export interface CheckReport {
  readonly faults: readonly string[];
  readonly acknowledged: number;
  readonly transactions: number;
  readonly blocks: number;
}

interface Block {
  readonly height: number;
  readonly hash: string;
  readonly parent_hash: string;
  readonly tx_count: number;
  readonly transactions: readonly { tx_hash: string }[];
}

/** Waits until nothing is pending, then checks everything. */
export async function checkFromOutside(options: CheckOptions): Promise<CheckReport> {
  const primary = createClient({ url: options.primary });
  try {
    const height = await untilDrained(options.url, primary);
    const blocks = (await primary.execute('select * from blocks order by height')).rows;
    const transactions = (await primary.execute('select * from transactions order by height, tx_index')).rows;
    const receipts = (await primary.execute('select * from receipts order by height, tx_index')).rows;
    const { rows: validators } = await primary.execute('select distinct operator from validators');
    const acknowledged = readFileSync(options.acknowledgedFile, 'utf8').trim().split('\n');
    const faults = [
      ...acknowledgedFaults(acknowledged, transactions, options.transfers),
      ...chainFaults(blocks, transactions, height, options.genesisHash),
      ...receiptFaults(transactions, receipts),
      ...(await balanceFaults(options, transactions, String(validators[0]?.operator))),
      ...(await httpFaults(options.url, blocks, transactions)),
      ...(await replicaFaults(options.replicas, transactions)),
    ];
    return {
      faults,
      acknowledged: acknowledged.length,
      transactions: transactions.length,
      blocks: blocks.length,
    };
  } finally {
    primary.close();
  }
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`GET ${url}: HTTP ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Waits until nothing is pending and the ledger has every block; answers with the height. @throws Error after a minute. */
export async function untilDrained(url: string, primary: Client): Promise<number> {
  const deadline = Date.now() + DRAINED_MS_MAX;
  for (let last = ''; ; ) {
    try {
      const { count } = await get<{ count: number }>(`${url}/rpc/mempool?limit=1`);
      const { height } = await get<{ height: number }>(`${url}/rpc/get_head`);
      const { rows } = await primary.execute('select max(height) as top from blocks');
      if (count === 0 && Number(rows[0]?.top) === height) return height;
      last = `${count} pending, head ${height}, ledger ${String(rows[0]?.top)}`;
    } catch (error) {
      last = String(error);
    }
    if (Date.now() > deadline) throw new Error(`the chain does not come to rest: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function acknowledgedFaults(
  acknowledged: readonly string[],
  transactions: readonly Row[],
  wanted: number,
): string[] {
  const times = new Map<string, number>();
  for (const { hash } of transactions) times.set(String(hash), (times.get(String(hash)) ?? 0) + 1);
  const lost = acknowledged.filter((hash) => !times.has(hash));
  const repeated = [...times].filter(([, count]) => count > 1).map(([hash]) => hash);
  const nonces = new Set(transactions.map(({ sender, nonce }) => `${String(sender)} ${String(nonce)}`));
  return [
    ...lost.map((hash) => `acknowledged and lost: ${hash}`),
    ...repeated.map((hash) => `repeated: ${hash}`),
    ...(nonces.size === transactions.length ? [] : ['a nonce was used twice']),
    ...(new Set(acknowledged).size === wanted
      ? []
      : [`${new Set(acknowledged).size} of ${wanted} acknowledged`]),
    ...(transactions.length === wanted ? [] : [`${transactions.length} transactions, ${wanted} were sent`]),
  ];
}

const sha256 = (...parts: Uint8Array[]) =>
  `0x${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`;
const bytesOf = (value: unknown) => new Uint8Array(value as ArrayBuffer);

function chainFaults(
  blocks: readonly Row[],
  transactions: readonly Row[],
  head: number,
  genesisHash: string,
): string[] {
  const faults: string[] = [];
  if (blocks.length !== head) faults.push(`${blocks.length} blocks, head ${head}`);
  let parent = genesisHash;
  for (const [index, block] of blocks.entries()) {
    if (Number(block.height) !== index + 1)
      faults.push(`height ${String(block.height)} at place ${index + 1}`);
    if (block.parent_hash !== parent) faults.push(`parent_hash of ${String(block.height)} is wrong`);
    if (sha256(HEADER_DOMAIN, bytesOf(block.header)) !== block.hash)
      faults.push(`hash of ${String(block.height)} is not that of its header`);
    const inside = transactions.filter(({ height }) => height === block.height);
    if (inside.some(({ tx_index }, place) => Number(tx_index) !== place))
      faults.push(`a place in ${String(block.height)} is missing or used twice`);
    if (inside.length !== Number(block.tx_count)) faults.push(`tx_count of ${String(block.height)} is wrong`);
    parent = String(block.hash);
  }
  for (const { hash, bytes } of transactions)
    if (sha256(bytesOf(bytes)) !== hash) faults.push(`bytes of ${String(hash)} are not its own`);
  return faults;
}

function receiptFaults(transactions: readonly Row[], receipts: readonly Row[]): string[] {
  const failed = receipts.filter(({ status }) => Number(status) !== 0).length;
  return [
    ...(failed === 0 ? [] : [`${failed} transfers were not applied`]),
    ...(receipts.length === transactions.length ? [] : [`${receipts.length} receipts`]),
  ];
}

/** Balances by HTTP against genesis and all rows; fees go to the validator's operator. */
async function balanceFaults(
  { url, accounts }: CheckOptions,
  transactions: readonly Row[],
  operator: string,
): Promise<string[]> {
  const expected = new Map(accounts.map(({ address, balance }) => [address, BigInt(balance)]));
  const nonces = new Map<string, number>();
  const move = (address: string, units: bigint) =>
    expected.set(address, (expected.get(address) ?? BigInt(accounts[0]?.balance ?? 0)) + units);
  for (const { sender, recipient, amount, fee } of transactions) {
    move(String(sender), -BigInt(Number(amount)) - BigInt(Number(fee)));
    move(String(recipient), BigInt(Number(amount)));
    move(operator, BigInt(Number(fee)));
    nonces.set(String(sender), (nonces.get(String(sender)) ?? 0) + 1);
  }
  const faults: string[] = [];
  for (const [address, units] of expected) {
    const { balance, nonce } = await get<{ balance: string; nonce: number }>(
      `${url}/rpc/get_balance/${address}`,
    );
    if (BigInt(balance) !== units) faults.push(`balance of ${address}: ${balance}, rows give ${units}`);
    if (nonce !== (nonces.get(address) ?? 0)) faults.push(`nonce of ${address}: ${nonce}`);
  }
  return faults;
}

async function httpFaults(
  url: string,
  blocks: readonly Row[],
  transactions: readonly Row[],
): Promise<string[]> {
  const seen: Block[] = [];
  for (let next: number | null = 1; next !== null && next <= blocks.length; ) {
    const end = Math.min(next + RANGE - 1, blocks.length);
    const page: { blocks: Block[]; next_start: number | null } = await get(
      `${url}/rpc/blocks-range?start=${next}&end=${end}`,
    );
    seen.push(...page.blocks);
    next = page.next_start ?? end + 1;
  }
  const rows = blocks.map(
    ({ height, hash, parent_hash }) => `${String(height)} ${String(hash)} ${String(parent_hash)}`,
  );
  const answers = seen.map(({ height, hash, parent_hash }) => `${height} ${hash} ${parent_hash}`);
  const hashes = seen.flatMap((block) => block.transactions.map(({ tx_hash }) => tx_hash));
  return [
    ...(answers.join('\n') === rows.join('\n') ? [] : ['blocks by HTTP differ from the rows']),
    ...(hashes.join() === transactions.map(({ hash }) => String(hash)).join()
      ? []
      : ['transactions by HTTP differ from the rows']),
  ];
}

async function replicaFaults(replicas: readonly string[], transactions: readonly Row[]): Promise<string[]> {
  const faults: string[] = [];
  for (const url of replicas) {
    const deadline = Date.now() + DRAINED_MS_MAX;
    const client = createClient({ url });
    let hashes: string[] = [];
    while (hashes.length < transactions.length && Date.now() < deadline) {
      hashes = await client
        .execute('select hash from transactions order by height, tx_index')
        .then(({ rows }) => rows.map(({ hash }) => String(hash)))
        .catch(() => []);
      if (hashes.length < transactions.length) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    client.close();
    if (hashes.join() !== transactions.map(({ hash }) => String(hash)).join())
      faults.push(`the replica ${url} has ${hashes.length} transactions`);
  }
  return faults;
}
