/**
 * @module Final transfers per second: from the first byte sent until the last transfer can be read, on Atoll from libSQL,
 * on anvil as a receipt. Both get the same number of presigned transfers, in the same order, over as many connections.
 */
import { batches, transferBody } from '../load/atoll-transfer.ts';
import type { LoadGenerator } from '../load/load.ts';
import type { Anvil } from '../peers/anvil.ts';
import type { Atoll } from '../peers/atoll.ts';
import { type EthereumAccount, signTransfer } from '../peers/ethereum-transfer.ts';

/** One measurement: `lanes` connections, a sender on each, `perLane` transfers of each sender. */
export interface Shape {
  readonly lanes: number;
  readonly perLane: number;
  readonly perRequest: number;
}

/** What one round gave. */
export interface Throughput {
  /** Transfers per second until all are readable. */
  readonly final: number;
  /** Transfers per second until all are answered. */
  readonly answered: number;
}

/** Rounds on Atoll; keeps the nonces between them. */
export class AtollLoad {
  readonly #atoll: Atoll;
  readonly #nonces: number[];

  constructor(atoll: Atoll) {
    this.#atoll = atoll;
    this.#nonces = atoll.accounts.map(() => 0);
  }

  async round(generator: LoadGenerator, shape: Shape): Promise<Throughput> {
    const { url, main } = this.#atoll;
    const lanes = Array.from({ length: shape.lanes }, (_, lane) => this.#sign(lane, shape));
    const before = await this.#atoll.ledgerCount();
    const total = shape.lanes * shape.perLane;
    const path = shape.perRequest === 1 ? '/rpc/send_tx' : '/rpc/send_txs';
    const round = await generator.post(`${url}/chains/${main.id}${path}`, lanes);
    return await timed(total, round.go, () => this.#atoll.untilLedger(before + total));
  }

  #sign(lane: number, { lanes, perLane, perRequest }: Shape): string[] {
    const { accounts, main } = this.#atoll;
    const from = accountAt(accounts, lane);
    const to = accountAt(accounts, (lane + 1) % lanes).address;
    const first = this.#nonces[lane] ?? 0;
    this.#nonces[lane] = first + perLane;
    const bodies = Array.from({ length: perLane }, (_, i) =>
      transferBody(main.genesisHash, from, to, first + i),
    );
    return perRequest === 1 ? bodies : batches(bodies, perRequest);
  }
}

/** Rounds on anvil. */
export class AnvilLoad {
  readonly #anvil: Anvil;
  readonly #accounts: readonly EthereumAccount[];
  readonly #nonces: number[];

  constructor(anvil: Anvil, accounts: readonly EthereumAccount[]) {
    this.#anvil = anvil;
    this.#accounts = accounts;
    this.#nonces = accounts.map(() => 0);
  }

  async round(generator: LoadGenerator, shape: Shape): Promise<Throughput> {
    const last: string[] = [];
    const lanes = Array.from({ length: shape.lanes }, (_, lane) => this.#sign(lane, shape, last));
    const round = await generator.post(this.#anvil.url, lanes);
    // Blocks take the transfers of a sender in order, so the last receipt of each sender stands for all of them.
    return await timed(shape.lanes * shape.perLane, round.go, () => this.#anvil.untilReceipts(last));
  }

  #sign(lane: number, { lanes, perLane, perRequest }: Shape, last: string[]): string[] {
    const from = accountAt(this.#accounts, lane);
    const to = accountAt(this.#accounts, (lane + 1) % lanes).address;
    const first = this.#nonces[lane] ?? 0;
    this.#nonces[lane] = first + perLane;
    const calls = Array.from({ length: perLane }, (_, i) => {
      const { raw, hash } = signTransfer(from, to, first + i, 1n);
      if (i === perLane - 1) last.push(hash);
      return `{"jsonrpc":"2.0","id":${i},"method":"eth_sendRawTransaction","params":["${raw}"]}`;
    });
    if (perRequest === 1) return calls;
    const out: string[] = [];
    for (let i = 0; i < calls.length; i += perRequest)
      out.push(`[${calls.slice(i, i + perRequest).join(',')}]`);
    return out;
  }
}

/** Requests per second of an empty handler: what HTTP alone costs. */
export async function emptyHandler(generator: LoadGenerator, url: string, lanes: number): Promise<number> {
  const round = await generator.get(url, lanes, EMPTY_REQUESTS_PER_LANE);
  const { ms, requests } = await round.go();
  return requests / (ms / 1_000);
}

const EMPTY_REQUESTS_PER_LANE = 500;

async function timed(
  total: number,
  go: () => Promise<{ ms: number }>,
  untilReadable: () => Promise<void>,
): Promise<Throughput> {
  const started = performance.now();
  const { ms } = await go();
  await untilReadable();
  const finalMs = performance.now() - started;
  return { final: total / (finalMs / 1_000), answered: total / (ms / 1_000) };
}

function accountAt<T>(accounts: readonly T[], index: number): T {
  const account = accounts[index];
  if (account === undefined) throw new Error(`the bench has no account ${index}`);
  return account;
}
