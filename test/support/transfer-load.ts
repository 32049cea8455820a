/**
 * @module A client that sends transfers through whatever happens to the node: each again, byte for byte, until it is
 * acknowledged. It writes down the hash of every acknowledged one in a file of its own.
 */
import { appendFileSync } from 'node:fs';
import type { Seeded } from './seeded.ts';
import { post, type SignedBody, signedTransfer, type Wallet } from './stranger.ts';

/** Transactions of one send_txs. */
export const BATCH = 100;
/** One work item in so many is sent as single requests. */
const SINGLES_EVERY = 8;
const SINGLES = 10;
const PAUSE_MS = 50;
const GATE_MS = 5;
const GIVE_UP_MS = 120_000;
const TRANSFER_UNITS_MAX = 50;

/** What is to be sent, and where hashes go. */
export interface LoadOptions {
  readonly url: string;
  readonly genesisHash: string;
  readonly wallets: readonly Wallet[];
  readonly transfers: number;
  readonly random: Seeded;
  /** File that gets a line per acknowledged hash. */
  readonly acknowledgedFile: string;
}

/** How far the client is. */
export interface Load {
  /** Hashes acknowledged so far. */
  readonly acknowledged: number;
  /** Requests that got no answer, or one that was no outcome. */
  readonly retries: Readonly<Record<string, number>>;
  /** Transfers sent at least once and not acknowledged. */
  readonly underWay: number;
  /** Lets the client start so many transfers in all; it begins with none. */
  allow(transfers: number): void;
  /** Rejects when a transfer cannot be brought in. */
  readonly done: Promise<void>;
}

type Result = { tx_hash?: string; status?: string; error?: { code: string } };

/** Starts sending: every account sends its own nonces in order, all accounts at once. */
export function startLoad(options: LoadOptions): Load {
  const load = { acknowledged: 0, started: 0, allowed: 0, retries: {} as Record<string, number> };
  const retry = (why: string): void => {
    load.retries[why] = (load.retries[why] ?? 0) + 1;
  };
  const acknowledge = (hashes: readonly string[]): void => {
    if (hashes.length === 0) return;
    appendFileSync(options.acknowledgedFile, `${hashes.join('\n')}\n`);
    load.acknowledged += hashes.length;
  };
  const take = async (wanted: number): Promise<number> => {
    while (load.started >= load.allowed) await new Promise((resolve) => setTimeout(resolve, GATE_MS));
    const taken = Math.min(wanted, load.allowed - load.started);
    load.started += taken;
    return taken;
  };
  const share = Math.floor(options.transfers / options.wallets.length);
  const done = Promise.all(
    options.wallets.map((wallet, index) =>
      sendShare({ ...options, wallet, index, count: share, take, retry, acknowledge }),
    ),
  );
  return {
    get acknowledged() {
      return load.acknowledged;
    },
    retries: load.retries,
    get underWay() {
      return load.started - load.acknowledged;
    },
    allow: (transfers) => {
      load.allowed = transfers;
    },
    done: done.then(() => undefined),
  };
}

interface Share extends LoadOptions {
  readonly wallet: Wallet;
  readonly index: number;
  readonly count: number;
  /** Waits until some may be started; answers how many, at most as many as wanted. */
  readonly take: (wanted: number) => Promise<number>;
  readonly retry: (why: string) => void;
  readonly acknowledge: (hashes: readonly string[]) => void;
}

async function sendShare(share: Share): Promise<void> {
  for (let nonce = 0; nonce < share.count; ) {
    const singles = share.random.integer(1, SINGLES_EVERY) === 1;
    const size = await share.take(Math.min(share.count - nonce, singles ? SINGLES : BATCH));
    const transfers = Array.from({ length: size }, (_, offset) => transferOf(share, nonce + offset));
    if (singles) for (const transfer of transfers) await bringIn(share, [transfer], sendOne);
    else await bringIn(share, transfers, sendMany);
    nonce += size;
  }
}

function transferOf({ genesisHash, wallet, wallets, index, random }: Share, nonce: number): SignedBody {
  const to = wallets[(index + random.integer(1, wallets.length - 1)) % wallets.length] ?? wallet;
  const amount = BigInt(random.integer(1, TRANSFER_UNITS_MAX));
  return signedTransfer(genesisHash, wallet, to.address, amount, { nonce });
}

/** Sends what is not acknowledged yet until nothing is left. */
async function bringIn(
  share: Share,
  transfers: readonly SignedBody[],
  send: (url: string, transfers: readonly SignedBody[]) => Promise<Result[]>,
): Promise<void> {
  const deadline = Date.now() + GIVE_UP_MS;
  for (let left = transfers; left.length > 0; ) {
    const results = await send(share.url, left).catch((error: Error) => [
      { error: { code: error.cause instanceof Error ? 'NO_ANSWER' : error.message } },
    ]);
    const accepted = left.filter(({ hash }, index) => (results as Result[])[index]?.tx_hash === hash);
    share.acknowledge(accepted.map(({ hash }) => hash));
    left = left.filter((transfer) => !accepted.includes(transfer));
    if (left.length === 0) return;
    const why = (results as Result[]).find(({ error }) => error !== undefined)?.error?.code ?? 'OTHER_HASH';
    share.retry(why);
    if (Date.now() > deadline) throw new Error(`${left.length} transfers were not acknowledged: ${why}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function sendMany(url: string, transfers: readonly SignedBody[]): Promise<Result[]> {
  const response = await post(`${url}/rpc/send_txs`, { transactions: transfers.map(({ body }) => body) });
  const answer = (await response.json()) as { results?: Result[]; code?: string };
  return answer.results ?? [{ error: { code: answer.code ?? `HTTP_${response.status}` } }];
}

async function sendOne(url: string, [transfer]: readonly SignedBody[]): Promise<Result[]> {
  const response = await post(`${url}/rpc/send_tx`, transfer?.body);
  const answer = (await response.json()) as Result & { code?: string };
  return [response.ok ? answer : { error: { code: answer.code ?? `HTTP_${response.status}` } }];
}
