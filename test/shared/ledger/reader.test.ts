import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sqld } from '../../../cli/devnet/sqld.ts';
import { BREAKER_FAILURES, BREAKER_OPEN_MS } from '../../../shared/ledger/breaker.ts';
import { type LedgerClient, REPLICA_TIMEOUT_MS } from '../../../shared/ledger/client-web.ts';
import { ledgerTargets, openLedgerReader } from '../../../shared/ledger/endpoints.ts';
import { migrateLedger } from '../../../shared/ledger/migrate.ts';
import { readBlock } from '../../../shared/ledger/read-blocks.ts';
import { readTransactions } from '../../../shared/ledger/read-transactions.ts';
import {
  HEIGHT_MEMORY_MS,
  LedgerReader,
  MIN_HEIGHT_PAUSE_MS,
  MIN_HEIGHT_WAIT_MAX_MS,
} from '../../../shared/ledger/reader.ts';
import { writeBlocks } from '../../../shared/ledger/write-blocks.ts';
import { addressOf } from '../../../shared/protocol/crypto/keys.ts';
import { aSigner, aTransfer, InMemoryChain } from '../../support/in-memory-chain.ts';
import { ledgerBlocks, SqldCluster } from '../../support/sqld.ts';

const REGION = { region: 'here' };
const chain = new InMemoryChain();
for (let i = 0; i < 12; i++) {
  chain.produce([
    aTransfer(chain, aSigner('account 0'), addressOf(aSigner('account 1').publicKey), 1n, { fee: 9_000n }),
  ]);
}
const blocks = ledgerBlocks(chain);
const write = (client: LedgerClient, from: number, to: number) =>
  writeBlocks(client, blocks.slice(from - 1, to), { genesisHash: chain.context.genesisHash });

/** A clock that only moves when someone sleeps or says so. */
class ManualClock {
  nowMs = 1_000;
  readonly slept: number[] = [];
  onSleep: (() => Promise<void>) | undefined;
  readonly now = () => this.nowMs;
  readonly sleep = async (ms: number) => {
    this.slept.push(ms);
    this.nowMs += ms;
    await this.onSleep?.();
  };
}

let cluster: SqldCluster;
let replica: Sqld;
let client: LedgerClient;
let clock: ManualClock;

beforeAll(async () => {
  cluster = await SqldCluster.start();
  replica = await cluster.replica();
});
afterAll(() => cluster.stop());

/** A database with 5 blocks that the replica has, and a reader beside that replica. */
async function aReader(name: string, genesisHash: string = chain.context.genesisHash): Promise<LedgerReader> {
  client = await cluster.database(name);
  await migrateLedger(client);
  await write(client, 1, 5);
  await cluster.untilHas(replica, name, 5);
  clock = new ManualClock();
  return readerBeside(replica, name, genesisHash);
}

const configOf = (near: Sqld) => ({
  url: cluster.primary.url,
  namespaced: true,
  replicas: { here: near.url },
  readToken: undefined,
});

/** Patient with its clients, for machines under load: what is tested here is the choice, not the speed. */
function readerBeside(
  near: Sqld,
  name: string,
  genesisHash: string = chain.context.genesisHash,
): LedgerReader {
  return new LedgerReader({
    targets: ledgerTargets(configOf(near), name),
    clientFor: (target) => cluster.client(target, name),
    now: clock.now,
    sleep: clock.sleep,
    genesisHash,
  });
}

const latest = readBlock('latest');

describe('LedgerReader', () => {
  it('reads from the replica of its place, and from the primary elsewhere', async () => {
    const reader = await aReader('places');
    const near = await reader.read(latest, { place: REGION });
    expect(near).toMatchObject({ height: 5, servedBy: { kind: 'replica', region: 'here' }, lag: 0 });
    expect(near.value?.hash).toBe(blocks[4]?.hash);
    expect(await reader.read(latest)).toMatchObject({ height: 5, servedBy: { kind: 'primary' } });
  });

  it('asks the primary for a height that the replica lacks, and tells how far behind that is', async () => {
    await aReader('lag');
    const stale = await cluster.stranger();
    const copy = cluster.client(stale, 'lag');
    await migrateLedger(copy);
    await write(copy, 1, 5);
    await write(client, 6, 12);
    const reader = readerBeside(stale, 'lag');
    expect(await reader.read(latest, { place: REGION })).toMatchObject({
      height: 5,
      servedBy: { kind: 'replica' },
    });
    const fresh = await reader.read(latest, { place: REGION, minHeight: 12 });
    expect(fresh).toMatchObject({ height: 12, servedBy: { kind: 'primary' }, value: { height: 12 } });
    clock.nowMs += HEIGHT_MEMORY_MS + 1;
    expect(await reader.read(latest, { place: REGION })).toMatchObject({ height: 5, lag: 7 });
  });

  it('never answers below a height that was written a moment ago, whoever answers', async () => {
    const reader = await aReader('fresh');
    for (let height = 6; height <= 12; height++) {
      await write(client, height, height);
      const read = await reader.read(latest, { place: REGION, minHeight: height });
      expect(read.value?.height).toBe(height);
      clock.nowMs += HEIGHT_MEMORY_MS + 1;
    }
    await cluster.untilHas(replica, 'fresh', 12);
    const { servedBy } = await reader.read(latest, { place: REGION, minHeight: 12 });
    expect(servedBy.kind).toBe('replica');
  });

  it('LEDGER_MIN_HEIGHT: refuses rather than answering with less', async () => {
    const reader = await aReader('too-high');
    const read = reader.read(latest, { place: REGION, minHeight: 6 });
    await expect(read).rejects.toMatchObject({
      code: 'LEDGER_MIN_HEIGHT',
      details: { min_height: 6, height: 5 },
    });
    expect(clock.slept).toEqual([]);
  });

  it('waits at the primary for the height, for as long as asked and not longer', async () => {
    const reader = await aReader('wait');
    const read = reader.read(latest, { place: REGION, minHeight: 6, waitMs: 100 });
    await expect(read).rejects.toMatchObject({ code: 'LEDGER_MIN_HEIGHT' });
    expect(clock.slept).toEqual([MIN_HEIGHT_PAUSE_MS, 20, 40, 30]);
    clock.onSleep = async () => {
      if (clock.slept.length === 6) await write(client, 6, 6);
    };
    expect(await reader.read(latest, { place: REGION, minHeight: 6, waitMs: 100 })).toMatchObject({
      height: 6,
      value: { height: 6 },
    });
    expect(clock.slept).toHaveLength(6);
  });

  it('waits no longer than its own limit, whatever the caller asks', async () => {
    const reader = await aReader('patience');
    for (const waitMs of [MIN_HEIGHT_WAIT_MAX_MS, MIN_HEIGHT_WAIT_MAX_MS + 1]) {
      clock.slept.length = 0;
      await expect(reader.read(latest, { minHeight: 6, waitMs })).rejects.toMatchObject({
        code: 'LEDGER_MIN_HEIGHT',
      });
      expect(clock.slept.reduce((sum, ms) => sum + ms)).toBe(MIN_HEIGHT_WAIT_MAX_MS);
    }
  });

  it('asks for the height of the first page when it reads the second', async () => {
    const reader = await aReader('pages');
    await write(client, 6, 12);
    const first = await reader.read(readTransactions({ limit: 5 }), { minHeight: 12 });
    const second = await reader.read(readTransactions({ limit: 5, cursor: first.value.nextCursor }), {
      place: REGION,
    });
    expect(second.height).toBe(12);
    expect(second.value.transactions.map(({ height }) => height)).toEqual([7, 6, 5, 4, 3]);
  });

  it('LEDGER_WRONG_CHAIN: refuses the ledger of another chain', async () => {
    const reader = await aReader('wrong', `0x${'11'.repeat(32)}`);
    await expect(reader.read(latest, { place: REGION })).rejects.toMatchObject({
      code: 'LEDGER_WRONG_CHAIN',
    });
  });

  it('LEDGER_MIGRATING: says so when no copy has the schema yet', async () => {
    await cluster.database('no-schema');
    clock = new ManualClock();
    const reader = readerBeside(replica, 'no-schema');
    await expect(reader.read(latest, { place: REGION })).rejects.toMatchObject({ code: 'LEDGER_MIGRATING' });
  });

  it('serves from the replica while the primary is stopped, and the other way round', async () => {
    const reader = await aReader('failover');
    const other = await cluster.replica();
    await cluster.primary.stop();
    for (let i = 0; i < BREAKER_FAILURES + 1; i++) {
      expect(await reader.read(latest)).toMatchObject({ height: 5, servedBy: { kind: 'replica' } });
    }
    await expect(reader.read(latest, { minHeight: 6 })).rejects.toMatchObject({ code: 'LEDGER_UNREACHABLE' });
    await cluster.restartPrimary();
    expect((await reader.read(latest)).servedBy.kind).toBe('replica');
    clock.nowMs += BREAKER_OPEN_MS;
    expect((await reader.read(latest)).servedBy.kind).toBe('primary');
    await other.stop();
    await replica.stop();
    const started = performance.now();
    for (let i = 0; i < BREAKER_FAILURES; i++) {
      expect((await reader.read(latest, { place: REGION })).servedBy.kind).toBe('primary');
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('LedgerReader over a replica that hangs', () => {
  it('gives up on it in time, and after a few times does not ask it', async () => {
    replica = await cluster.replica();
    await aReader('hangs');
    const reader = openLedgerReader(configOf(replica), 'hangs', { now: clock.now, sleep: clock.sleep });
    process.kill(replica.pid, 'SIGSTOP');
    try {
      for (let i = 0; i < BREAKER_FAILURES; i++) {
        expect((await reader.read(latest, { place: REGION })).servedBy.kind).toBe('primary');
      }
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        const started = performance.now();
        expect((await reader.read(latest, { place: REGION })).servedBy.kind).toBe('primary');
        times.push(performance.now() - started);
      }
      // Had the replica been asked, they would have taken the time that it is given. Two may have met a busy machine.
      expect(times.toSorted((left, right) => left - right)[2]).toBeLessThan(REPLICA_TIMEOUT_MS);
    } finally {
      process.kill(replica.pid, 'SIGCONT');
    }
    await expect
      .poll(async () => {
        clock.nowMs += BREAKER_OPEN_MS;
        return (await reader.read(latest, { place: REGION })).servedBy.kind;
      })
      .toBe('replica');
  });
});
