/**
 * @module Kill -9 at every arrow in the life of a transaction. A node of a devnet runs with doors at which its workerd
 * stands still; once the log says where, the node's host is killed, and the node is started again on what it left behind.
 * What came of it is read by plain HTTP and SQL.
 */
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@libsql/client';
import { DEVNET_BALANCE } from '../../cli/devnet/accounts.ts';
import { type Devnet, startDevnet } from '../../cli/devnet/devnet.ts';
import type { DevnetNode } from '../../cli/devnet/devnet-node.ts';
import { DEATH_NOTE } from './crash-doors.ts';
import type { CrashPoint } from './crash-points.ts';
import { readDeadNode } from './dead-node.ts';
import { descendants, isAlive, until } from './devnet.ts';
import { NodeLog } from './node-log.ts';
import { checkFromOutside, untilDrained } from './outside-checker.ts';
import { ReturningSubscriber } from './returning-subscriber.ts';
import { post, type SignedBody, signedTransfer, type Wallet, walletOf } from './stranger.ts';

/** A transaction that follows a block waits so long for the next: time to cut its admission apart from its block. */
const BLOCK_TIME_MS = 1_500;
const STILL_MS_MAX = 15_000;
const GONE_MS_MAX = 5_000;
const ACKNOWLEDGED_MS_MAX = 20_000;
/** What the client was told when the connection broke. */
const NO_ANSWER = 'no answer';

/** One kill and what it left. */
export interface ArrowKill {
  readonly arrow: string;
  readonly point: string;
  /** What the client was told of the transaction that was cut. */
  readonly answer: string;
  /** What of the transaction that was cut was on disk. */
  readonly left: CrashPoint['left'];
  /** Height of the last block on disk, and of the last one that the object knew to be in the ledger. */
  readonly height: number;
  readonly drained: number;
  readonly ms: number;
}

/** What came of a run; `faults` is empty when all is right. */
export interface ArrowKillReport {
  readonly kills: readonly ArrowKill[];
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** Runs these cases one after the other on one node. Nothing is left behind. */
export async function runArrowKills(cases: readonly CrashPoint[]): Promise<ArrowKillReport> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-arrows-'));
  const started = performance.now();
  let devnet: Devnet | undefined;
  let run: ArrowRun | undefined;
  try {
    devnet = await startDevnet({
      nodes: 1,
      port: 0,
      stateDir: join(directory, 'state'),
      reset: false,
      blockTimeMs: BLOCK_TIME_MS,
      emptyBlocks: 'never',
      logLevel: 'info',
      entry: 'test/support/halting-entry.ts',
      note: () => undefined,
      signal: new AbortController().signal,
    });
    run = new ArrowRun(devnet, join(directory, 'acknowledged'));
    for (const point of cases) await run.cut(point);
    await run.checkSubscriber();
    return {
      kills: run.kills,
      faults: run.faults,
      seconds: Math.round((performance.now() - started) / 1_000),
    };
  } finally {
    run?.stop();
    await devnet?.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

class ArrowRun {
  readonly kills: ArrowKill[] = [];
  readonly faults: string[] = [];
  readonly #devnet: Devnet;
  readonly #node: DevnetNode;
  readonly #directory: string;
  readonly #log: NodeLog;
  readonly #acknowledgedFile: string;
  readonly #wallets: readonly Wallet[];
  readonly #nonces = new Map<Wallet, number>();
  readonly #subscriber: ReturningSubscriber;
  #acknowledged = 0;

  constructor(devnet: Devnet, acknowledgedFile: string) {
    const [node] = devnet.nodes;
    if (node === undefined) throw new Error('a devnet has a node');
    this.#devnet = devnet;
    this.#node = node;
    this.#directory = join(devnet.stateDir, node.name);
    this.#log = new NodeLog(join(this.#directory, 'node.log'));
    this.#acknowledgedFile = acknowledgedFile;
    this.#wallets = printed(devnet).map(walletOf);
    this.#subscriber = new ReturningSubscriber(`${node.url.replace('http', 'ws')}/ws`);
  }

  stop(): void {
    this.#subscriber.stop();
  }

  /** One transaction is acknowledged and pending, the next is cut at the point; both are looked for afterwards. */
  async cut(point: CrashPoint): Promise<void> {
    const started = performance.now();
    const fault = (what: string) => this.faults.push(`${point.name}: ${what}`);
    const [first, pending, cut] = [this.#transfer(0), this.#transfer(1), this.#transfer(2)];
    await until('the subscription', () => this.#subscriber.isSubscribed);
    await this.#bringIn(first, 'final');
    await until('a block that everyone was told of', () => this.#isTold());
    await this.#bringIn(pending, 'none');
    const from = this.#log.size();
    await this.#arm(point);
    const call = this.#send(cut, 'final').catch(() => NO_ANSWER);
    const stands = async () => (await this.#log.count(`${DEATH_NOTE} ${point.name}`, from)) > 0;
    await until(`standing still at ${point.name}`, stands, STILL_MS_MAX);
    await this.#kill();
    const answer = await call;
    if (answer !== NO_ANSWER) this.#note(cut);
    const dead = await readDeadNode(this.#directory);
    if (dead === null) throw new Error('the chain is gone');
    await this.#node.start();

    const rows = await this.#rowsAtRest([pending, cut]);
    const left = dead.pending.includes(cut.hash)
      ? 'mempool row'
      : rows.get(cut.hash) === 0
        ? 'nothing'
        : 'block';
    if (left !== point.left) fault(`the cut left a ${left}`);
    const isKept = left !== 'nothing' || answer !== NO_ANSWER;
    for (const [hash, wanted] of [
      [pending.hash, 1],
      [cut.hash, isKept ? 1 : 0],
    ] as const)
      if (rows.get(hash) !== wanted) fault(`${hash} is in the ledger ${rows.get(hash)} times, not ${wanted}`);
    const status = await this.#status(cut);
    if (status !== (isKept ? 'final' : 'TX_UNKNOWN')) fault(`the transaction that was cut is ${status}`);
    if (answer === NO_ANSWER) await this.#bringIn(cut, 'final');
    for (const what of await this.#checkAll()) fault(what);
    const { height, drained } = dead;
    const ms = Math.round(performance.now() - started);
    this.kills.push({ arrow: point.arrow, point: point.name, answer, left, height, drained, ms });
  }

  /** Every block once, in order, over all lives of the node. */
  async checkSubscriber(): Promise<void> {
    const primary = createClient({ url: this.#devnet.ledger.primary });
    const { rows } = await primary.execute('select height, hash from blocks order by height');
    primary.close();
    const { events } = this.#subscriber;
    await until('the last event', () => (events.at(-1)?.height ?? 0) >= rows.length);
    const told = events.map(({ height, hash }) => `${height} ${hash}`);
    const written = rows.map(({ height, hash }) => `${String(height)} ${String(hash)}`);
    if (told.join() !== written.join())
      this.faults.push(`the subscriber was told ${told.length} events of ${written.length} blocks`);
    if (this.#subscriber.connections <= this.kills.length)
      this.faults.push(`${this.#subscriber.connections} subscriptions over ${this.kills.length} kills`);
  }

  /** Registry, ledger and subscriber have the head: what leaves the chain's object next is about the next block. */
  async #isTold(): Promise<boolean> {
    const response = await fetch(`${this.#node.url}/sync_status`);
    const { head_height, ledger_height } = (await response.json()) as Record<string, number>;
    return head_height === ledger_height && this.#subscriber.events.at(-1)?.height === head_height;
  }

  #transfer(sender: number): SignedBody {
    const [from, to] = [this.#wallets[sender], this.#wallets[sender + 1]];
    if (from === undefined || to === undefined) throw new Error('a devnet has ten accounts');
    const nonce = this.#nonces.get(from) ?? 0;
    this.#nonces.set(from, nonce + 1);
    return signedTransfer(this.#devnet.genesisHash, from, to.address, 3n, { nonce });
  }

  /** The status that the node gives the transaction, or the code of its refusal. @throws Error without an answer. */
  async #send({ hash, body }: SignedBody, wait: 'none' | 'final'): Promise<string> {
    const response = await post(`${this.#node.url}/rpc/send_tx?wait=${wait}`, body);
    const answer = (await response.json()) as { tx_hash?: string; status?: string; code?: string };
    return answer.tx_hash === hash ? String(answer.status) : String(answer.code);
  }

  /** Sends it, byte for byte the same, until it is acknowledged. */
  async #bringIn(transfer: SignedBody, wait: 'none' | 'final'): Promise<void> {
    let last = '';
    await until(
      'an acknowledgement',
      async () => {
        last = await this.#send(transfer, wait).catch((error: Error) => error.message);
        return last === 'final' || (last === 'pending' && wait === 'none');
      },
      ACKNOWLEDGED_MS_MAX,
    );
    this.#note(transfer);
  }

  #note({ hash }: SignedBody): void {
    appendFileSync(this.#acknowledgedFile, `${hash}\n`);
    this.#acknowledged += 1;
  }

  async #arm({ name }: CrashPoint): Promise<void> {
    const response = await fetch(`${this.#node.url}/crash-point/${name}`, { method: 'POST' });
    if (response.status !== 204) throw new Error(`${name} cannot be armed: HTTP ${response.status}`);
  }

  /** Kill -9 of the host; resolves once it, its workerd and its sqld are gone. */
  async #kill(): Promise<void> {
    const { pid } = this.#node;
    if (pid === null) throw new Error('the node has ended before it was killed');
    const processes = [pid, ...(await descendants(pid))];
    process.kill(pid, 'SIGKILL');
    const isGone = async () => !(await Promise.all(processes.map(isAlive))).includes(true);
    await until(
      'the end of the node',
      async () => this.#node.status === 'stopped' && (await isGone()),
      GONE_MS_MAX,
    );
  }

  /** How often each is in the ledger once nothing is pending and everything is drained. Nothing was sent again. */
  async #rowsAtRest(transfers: readonly SignedBody[]): Promise<Map<string, number>> {
    const primary = createClient({ url: this.#devnet.ledger.primary });
    try {
      await untilDrained(this.#node.url, primary);
      const counts = new Map<string, number>();
      for (const { hash } of transfers) {
        const { rows } = await primary.execute({
          sql: 'select count(*) as n from transactions where hash = ?',
          args: [hash],
        });
        counts.set(hash, Number(rows[0]?.n));
      }
      return counts;
    } finally {
      primary.close();
    }
  }

  async #status({ hash }: SignedBody): Promise<string> {
    const response = await fetch(`${this.#node.url}/rpc/transaction/${hash}`);
    const { status, code } = (await response.json()) as { status: string; code?: string };
    return code ?? status;
  }

  async #checkAll(): Promise<readonly string[]> {
    const { ledger, genesisHash } = this.#devnet;
    const { faults } = await checkFromOutside({
      url: this.#node.url,
      primary: ledger.primary,
      replicas: Object.values(ledger.replicas),
      genesisHash,
      accounts: printed(this.#devnet),
      acknowledgedFile: this.#acknowledgedFile,
      transfers: this.#acknowledged,
    });
    return faults;
  }
}

/** The accounts as a devnet prints them. */
function printed({ accounts }: Devnet) {
  return accounts.map(({ address, publicKey, privateKey }) => ({
    address,
    public_key: publicKey,
    private_key: privateKey,
    balance: DEVNET_BALANCE.toString(),
  }));
}
