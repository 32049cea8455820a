/** @module One seeded run of kills: transfers flow, processes die by kill -9, and the outside checker has the last word. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeadNode } from './dead-node.ts';
import { until } from './devnet.ts';
import { NodeLog } from './node-log.ts';
import { type CheckReport, checkFromOutside } from './outside-checker.ts';
import { type Seeded, seeded } from './seeded.ts';
import { walletOf } from './stranger.ts';
import { type SupervisedDevnet, superviseDevnet, type Victim } from './supervisor.ts';
import { startLoad } from './transfer-load.ts';

/** Size of a run. */
export interface KillRunOptions {
  readonly seed: string;
  readonly kills: number;
  readonly transfers: number;
}

/** One kill, as it was and what it hit. */
export interface Kill {
  readonly victim: Victim;
  /** Milliseconds since the transfers began. */
  readonly atMs: number;
  /** Transfers acknowledged when it came. */
  readonly acknowledged: number;
  /** Transfers sent and not acknowledged when it came. */
  readonly underWay: number;
  /** It waited for a line `blocks committed` in the node's log and came right then. */
  readonly aimed: boolean;
  /** What was cut short, and how that is known; empty when it was nothing of both. */
  hit: string;
}

/** What came of a run. */
export interface KillReport extends CheckReport {
  readonly seed: string;
  readonly kills: readonly Kill[];
  readonly lives: number;
  readonly retries: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** One kill in so many is of the primary, one of the replica; all others are of the node. */
const OTHERS_EVERY = 5;
/** Most kills come soon; one in three leaves the drain time to be in the middle of its rows. */
const DELAYS_MS_MAX = [100, 100, 800] as const;
/** The client may run ahead of a kill by this part of a kill's share of the transfers, so that each hits a busy node. */
const AHEAD = 0.9;
const AIM_MS_MAX = 3_000;
/** How long the drain may take to notice that its server is gone. */
const NOTICE_MS = 1_500;
/** Begins what is said of a kill that came after a block's commit and before it was on disk. */
const NOT_DURABLE = 'commit that was not durable yet';

/** Runs it, prints the seed first and a table at the end. Nothing is left behind. */
export async function runKills(options: KillRunOptions): Promise<KillReport> {
  const random = seeded(options.seed);
  console.log(`kills: seed ${random.seed}, ${options.kills} kills in ${options.transfers} transfers`);
  const directory = await mkdtemp(join(tmpdir(), 'atoll-kills-'));
  const stateDir = join(directory, 'state');
  const acknowledgedFile = join(directory, 'acknowledged');
  const started = performance.now();
  let last: Kill | undefined;
  const log = new NodeLog(join(stateDir, 'node1/node.log'));
  const supervised = await superviseDevnet({
    stateDir,
    logLevel: 'debug',
    onDead: async () => {
      if (last !== undefined) last.hit = await whatWasCut(stateDir, log);
    },
  });
  try {
    const { genesis_hash: genesisHash, accounts } = supervised.devnet.ready;
    const kills: Kill[] = [];
    const plan = planKills(options, random);
    const load = startLoad({
      url: supervised.url,
      genesisHash,
      wallets: accounts.map(walletOf),
      transfers: options.transfers,
      random: seeded(`${random.seed}/load`),
      acknowledgedFile,
    });
    let ended = false;
    const done = load.done.finally(() => (ended = true));
    done.catch(() => undefined); // awaited below
    const loadStarted = performance.now();
    for (const { victim, after, delayMs, aimed } of plan) {
      load.allow(after);
      await until(`transfer ${after}`, () => ended || load.acknowledged >= after, 120_000);
      await supervised.untilUp();
      const committed = log.next('blocks committed', AIM_MS_MAX);
      // Only now, or a fast node has nothing left to do when the kill comes.
      load.allow(Math.floor(after + (AHEAD * options.transfers) / options.kills));
      if (!aimed) await new Promise((resolve) => setTimeout(resolve, delayMs));
      else if (!(await committed)) throw new Error('no block was logged while transfers were under way');
      const kill: Kill = {
        victim,
        atMs: Math.round(performance.now() - loadStarted),
        acknowledged: load.acknowledged,
        underWay: load.underWay,
        aimed,
        hit: '',
      };
      last = kill;
      kills.push(kill);
      await strike(supervised, kill, log);
    }
    load.allow(options.transfers);
    await done;
    await supervised.untilUp();
    const { ledger } = supervised.devnet.ready;
    const report = await checkFromOutside({
      url: supervised.url,
      primary: ledger.primary,
      replicas: Object.values(ledger.replicas),
      genesisHash,
      accounts,
      acknowledgedFile,
      transfers: options.transfers,
    });
    const seconds = Math.round((performance.now() - started) / 1_000);
    const whole = {
      ...report,
      seed: random.seed,
      kills,
      lives: supervised.lives,
      retries: load.retries,
      seconds,
    };
    print(whole);
    return whole;
  } finally {
    await supervised.stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Victims in seeded order, at seeded moments that lie in the middle of the transfers. */
function planKills({ kills, transfers }: KillRunOptions, random: Seeded) {
  const others = Math.max(1, Math.floor(kills / OTHERS_EVERY));
  const victims = Array.from({ length: kills }, (_, index): Victim => {
    if (index < others) return 'primary';
    return index < 2 * others ? 'replica' : 'node';
  });
  return victims
    .map((victim) => ({ victim, order: random.unit() }))
    .sort((a, b) => a.order - b.order)
    .map(({ victim }, index) => ({
      victim,
      after: Math.floor(((index + 0.2 + 0.6 * random.unit()) / kills) * transfers * 0.95),
      delayMs: random.integer(0, random.pick(DELAYS_MS_MAX)),
      aimed: random.integer(0, 1) === 1,
    }));
}

async function strike(supervised: SupervisedDevnet, kill: Kill, log: NodeLog): Promise<void> {
  const { victim } = kill;
  const from = log.size();
  await until(`a process of the ${victim}`, () => supervised.kill(victim));
  if (victim === 'node') return await supervised.untilUp();
  if (victim === 'replica') return;
  // The log tells when the drain has lost its server.
  await until('a failed drain', async () => (await failedDrains(log, from)) > 0, NOTICE_MS).then(
    () => (kill.hit = 'drain (the log: a delivery to the ledger failed)'),
    () => undefined,
  );
}

async function failedDrains(log: NodeLog, from: number): Promise<number> {
  const lines = await log.linesFrom(from);
  return lines.filter((line) => line.includes('a delivery failed') && line.includes('"target":"ledger"'))
    .length;
}

/**
 * What the death cut short, by the node's own log and the file of the chain's object: a block that was logged and is not on
 * disk died between its commit and its durability; blocks above the ledger's cursor were inside the drain.
 */
async function whatWasCut(stateDir: string, log: NodeLog): Promise<string> {
  const logged = await lastCommit(log);
  const dead = await readDeadNode(join(stateDir, 'node1'));
  if (dead === null) return '';
  const { height, drained } = dead;
  return [
    ...(logged > height ? [`${NOT_DURABLE} (logged ${logged}, on disk ${height})`] : []),
    ...(drained < height ? [`drain (head ${height}, ledger cursor ${drained})`] : []),
  ].join(', ');
}

/** Height of the last block that the node logged. */
async function lastCommit(log: NodeLog): Promise<number> {
  const lines = (await log.linesFrom(0)).filter((line) => line.includes('"blocks committed"'));
  return Number(/"height":(\d+)/.exec(lines.at(-1) ?? '')?.[1] ?? 0);
}

/** Kills that cut a commit or a drain short. */
export function hits(kills: readonly Kill[]): number {
  return kills.filter(({ hit }) => hit !== '').length;
}

function print(report: KillReport): void {
  console.table(
    report.kills.map(({ atMs, acknowledged, underWay, victim, aimed, hit }) => ({
      atMs,
      acknowledged,
      underWay,
      victim,
      aimed,
      hit,
    })),
  );
  console.log(
    `kills: seed ${report.seed}: ${report.kills.length} kills, ${hits(report.kills)} inside a commit or drain ` +
      `(${report.kills.filter(({ hit }) => hit.startsWith(NOT_DURABLE)).length} between commit and durability), ` +
      `${report.acknowledged} acknowledged, ${report.transactions} final in ${report.blocks} blocks, ` +
      `${report.lives} lives, retries ${JSON.stringify(report.retries)}, ${report.seconds} s, ` +
      `${report.faults.length} faults`,
  );
}
