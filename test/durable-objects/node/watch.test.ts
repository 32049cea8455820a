/** @module The node's eye on itself: comparison with peers, alerts, and the operator who hears of them. */
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AlertTable,
  CREATE_ALERT_TABLES,
  DELIVERIES_MAX,
} from '../../../durable-objects/node/watch/alert-table.ts';
import {
  alertsOf,
  LEDGER_FAILED_AFTER_MS,
  lagsOf,
  type Situation,
  STALLED_AFTER_MS,
} from '../../../durable-objects/node/watch/alerts.ts';
import {
  CheckpointTable,
  CREATE_CHECKPOINT_TABLE,
  keptHeights,
} from '../../../durable-objects/node/watch/checkpoints.ts';
import {
  CREATE_RECONCILIATION_TABLE,
  compareClaims,
  ReconciliationTable,
} from '../../../durable-objects/node/watch/reconciliation.ts';
import { Watch } from '../../../durable-objects/node/watch/watch.ts';
import { deliver, signWebhook, WEBHOOK_WAITS_MS } from '../../../durable-objects/node/watch/webhook.ts';
import { isCheckpoint } from '../../../shared/api/checkpoint-heights.ts';
import type { ChainClaim, Checkpoint } from '../../../shared/api/network-views.ts';
import type { ChainPeer, ChainSnapshot } from '../../../shared/api/objects.ts';
import { CHECKPOINTS_MAX } from '../../../shared/api/schemas/network.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';

const hash = (fill: number): string => `0x${fill.toString(16).padStart(64, '0')}`;
const GENESIS = hash(1);
/** A block of the one true chain, or of a fork. */
const block = (height: number, fork = 0): Checkpoint => ({
  height,
  hash: hash(1_000 + height * 10 + fork),
  state_root: hash(900_000 + height * 10 + fork),
});
function claim(
  height: number,
  checkpoints: readonly number[],
  forkFrom = Number.POSITIVE_INFINITY,
): ChainClaim {
  const at = (where: number) => block(where, where >= forkFrom ? 1 : 0);
  const head = at(height);
  return {
    chain_id: 'main',
    genesis_hash: GENESIS,
    height,
    head_hash: head.hash,
    state_root: head.state_root,
    checkpoints: checkpoints.map(at),
  };
}

describe('two claims of a chain', () => {
  it.each([
    ['the same head', claim(7, []), claim(7, []), { result: 'match', height: 7 }],
    ['a checkpoint in common', claim(40, [16, 32]), claim(55, [16, 32, 48]), { result: 'match', height: 32 }],
    [
      'a head that is a checkpoint there',
      claim(32, [16]),
      claim(55, [32, 48]),
      { result: 'match', height: 32 },
    ],
    [
      'another block since 30',
      claim(40, [16, 32]),
      claim(55, [16, 32, 48], 30),
      { result: 'state', height: 32 },
    ],
    ['nothing in common', claim(40, [32]), claim(500, [480, 496]), null],
    ['nothing but the genesis', claim(0, []), claim(0, []), null],
    [
      'another genesis',
      claim(7, []),
      { ...claim(7, []), genesis_hash: hash(2) },
      { result: 'genesis', height: 0 },
    ],
    [
      'another block with the same state',
      claim(7, []),
      { ...claim(7, []), head_hash: hash(5) },
      { result: 'block', height: 7 },
    ],
    [
      'another state under the same block',
      claim(7, []),
      { ...claim(7, []), state_root: hash(5) },
      { result: 'state', height: 7 },
    ],
  ])('with %s', (_, own, theirs, found) => {
    expect(compareClaims(own, theirs)).toEqual(found);
    expect(compareClaims(theirs, own)).toEqual(found);
  });

  it('tell of the lowest height that differs', () => {
    expect(compareClaims(claim(64, [16, 32, 48]), claim(64, [16, 32, 48], 20))).toEqual({
      result: 'state',
      height: 32,
    });
  });
});

describe('checkpoints', () => {
  it('are those that any two nodes at similar heights have in common', () => {
    for (const [a, b] of [
      [1_000_000, 1_000_100],
      [1_000_000, 1_001_500],
      [1_000_000, 1_030_000],
      [1_000_000, 1_400_000],
    ] as const) {
      const heightsOf = (top: number) =>
        keptHeights(Array.from({ length: Math.floor(top / 16) }, (_, index) => (index + 1) * 16));
      const [own, theirs] = [heightsOf(a), heightsOf(b)];
      expect(own.length).toBeLessThanOrEqual(CHECKPOINTS_MAX);
      expect(own.filter((height) => theirs.includes(height)).length, `${a} and ${b}`).toBeGreaterThan(0);
    }
  });

  it('are kept as blocks come, in whatever portions, and not for other heights', () => {
    const sql = new MemorySql();
    sql.exec(CREATE_CHECKPOINT_TABLE);
    const table = new CheckpointTable(sql.asStorage);
    for (let height = 1; height <= 3_000; height += 50) {
      table.add(
        'main',
        Array.from({ length: 50 }, (_, index) => block(height + index)),
      );
    }
    const kept = table.of('main');
    expect(kept.every(({ height }) => isCheckpoint(height))).toBe(true);
    expect(kept.map(({ height }) => height)).toEqual(
      keptHeights(Array.from({ length: 187 }, (_, index) => (index + 1) * 16)),
    );
    expect(kept.at(-1)).toEqual(block(2_992));
    table.add('main', [block(16, 1)]);
    expect(table.of('main')).toEqual(kept);
    expect(table.of('side')).toEqual([]);
  });
});

const chain = (height: number, change: Partial<ChainSnapshot> = {}): ChainSnapshot =>
  ({
    chain_id: 'main',
    genesis_hash: GENESIS,
    status: 'RUNNING',
    head: { height },
    ledger: { status: 'ok', height },
    ...change,
  }) as ChainSnapshot;
const peerAt = (height: number) => [{ height } as ChainPeer];
const calm: Situation = {
  chains: [chain(5)],
  reconciled: [],
  lags: [],
  activePeers: 2,
  lostPeers: 0,
  nowMs: 10_000_000,
};
const kindsOf = (situation: Partial<Situation>) =>
  alertsOf({ ...calm, ...situation }).map(({ kind }) => kind);

describe('an alert', () => {
  it('is none while all is well', () => {
    expect(kindsOf({})).toEqual([]);
    expect(
      kindsOf({ reconciled: [{ chain_id: 'main', node_id: 'a', result: 'match', height: 5, since_ms: 0 }] }),
    ).toEqual([]);
  });

  it('says that peers have another chain, once for all of them', () => {
    const row = { chain_id: 'main', height: 32, since_ms: 0 } as const;
    const reconciled = [
      { ...row, node_id: 'a', result: 'state' as const },
      { ...row, node_id: 'b', result: 'state' as const },
      { ...row, node_id: 'c', result: 'match' as const },
    ];
    expect(alertsOf({ ...calm, reconciled })).toEqual([
      { kind: 'state_divergence', chainId: 'main', detail: '2 of 3 peers have another state at height 32' },
    ]);
    const [first] = reconciled;
    if (first === undefined) throw new Error('a row');
    expect(alertsOf({ ...calm, reconciled: [{ ...first, result: 'genesis' }] })[0]?.detail).toContain(
      'another genesis',
    );
  });

  it('says that synchronisation has met another chain, once beside what comparison has found', () => {
    const divergence = {
      kind: 'fork',
      height: 7,
      own_hash: hash(1),
      certified_hash: hash(2),
      since_ms: 1,
    } as const;
    const sync = { state: 'diverged', divergence: { ...divergence, detail: 'two blocks at height 7' } };
    const diverged = chain(5, { sync: sync as NonNullable<ChainSnapshot['sync']> });
    expect(alertsOf({ ...calm, chains: [diverged] })).toEqual([
      { kind: 'state_divergence', chainId: 'main', detail: 'two blocks at height 7' },
    ]);
    const row = { chain_id: 'main', node_id: 'a', result: 'state', height: 7, since_ms: 0 } as const;
    expect(kindsOf({ chains: [diverged], reconciled: [row] })).toEqual(['state_divergence']);
  });

  it('says that the node does not come nearer to its peers, after a time', () => {
    const { nowMs } = calm;
    const first = lagsOf([], [chain(5)], () => peerAt(100), nowMs - STALLED_AFTER_MS);
    expect(first).toEqual([{ chain_id: 'main', height: 5, best: 100, since_ms: nowMs - STALLED_AFTER_MS }]);
    const standing = lagsOf(first, [chain(5)], () => peerAt(120), nowMs);
    expect(kindsOf({ lags: standing })).toEqual(['sync_stalled']);
    expect(kindsOf({ lags: standing, nowMs: nowMs - 1 })).toEqual([]);
    const moving = lagsOf(first, [chain(6)], () => peerAt(120), nowMs);
    expect(kindsOf({ lags: moving })).toEqual([]);
    expect(lagsOf(standing, [chain(120)], () => peerAt(120), nowMs)).toEqual([]);
  });

  it('says that nobody answers, that a chain failed, that the ledger cannot be written', () => {
    expect(kindsOf({ activePeers: 0, lostPeers: 3 })).toEqual(['isolated']);
    expect(kindsOf({ activePeers: 0, lostPeers: 0 })).toEqual([]);
    expect(kindsOf({ activePeers: 1, lostPeers: 3 })).toEqual([]);
    expect(kindsOf({ chains: [chain(5, { status: 'ERROR' })] })).toEqual(['chain_failed']);
    const failing = (sinceMs: number) =>
      chain(5, { ledger: { status: 'behind', height: 1, error: 'no answer', since_ms: sinceMs } });
    expect(kindsOf({ chains: [failing(calm.nowMs - LEDGER_FAILED_AFTER_MS)] })).toEqual(['ledger_failed']);
    expect(kindsOf({ chains: [failing(calm.nowMs - LEDGER_FAILED_AFTER_MS + 1)] })).toEqual([]);
  });

  it('is told when it begins and when it ends, also to a node that was restarted between', () => {
    const sql = new MemorySql();
    sql.exec(CREATE_ALERT_TABLES);
    const alert = { kind: 'isolated', chainId: '', detail: 'nobody' } as const;
    const table = () => new AlertTable(sql.asStorage);
    expect(table().replace([alert], 5)).toMatchObject([
      { change: 'raised', alert: { alert: 'isolated', since_ms: 5 } },
    ]);
    expect(table().replace([{ ...alert, detail: 'still nobody' }], 6)).toEqual([]);
    expect(table().active()).toMatchObject([{ alert: 'isolated', since_ms: 5 }]);
    expect(table().replace([], 7)).toMatchObject([{ change: 'resolved', alert: { alert: 'isolated' } }]);
    expect(table().active()).toEqual([]);
  });
});

describe('a comparison', () => {
  it('is kept for peers only, with the time since which it holds', () => {
    const sql = new MemorySql();
    sql.exec(CREATE_RECONCILIATION_TABLE);
    const table = new ReconciliationTable(sql.asStorage);
    expect(table.put('main', 'a', { result: 'match', height: 16 }, 1)).toBeNull();
    expect(table.put('main', 'a', { result: 'match', height: 32 }, 2)).toMatchObject({ height: 16 });
    table.put('main', 'b', { result: 'state', height: 32 }, 3);
    table.put('main', 'b', { result: 'state', height: 48 }, 4);
    expect(table.all()).toEqual([
      { chain_id: 'main', node_id: 'a', result: 'match', height: 32, since_ms: 1 },
      { chain_id: 'main', node_id: 'b', result: 'state', height: 48, since_ms: 3 },
    ]);
    table.keepOnly(new Set(['b']));
    expect(table.all().map(({ node_id }) => node_id)).toEqual(['b']);
  });
});

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
const SECRET = 'a-secret-of-the-operator';

describe('the webhook', () => {
  let server: Server;
  let url: string;
  let received: Received[];
  let statuses: number[];
  beforeEach(async () => {
    received = [];
    statuses = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(statuses.shift() ?? 200, { location: '/elsewhere' }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const watch = (sql: MemorySql, secret = SECRET) => {
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warning: () => undefined,
      error: () => undefined,
    };
    const sender = { nodeId: hash(7), name: 'reef-1' };
    return new Watch({ sql: sql.asStorage, webhook: { url, secret }, sender, count: () => undefined, log });
  };
  const surroundings = (nowMs: number, lostPeers: number) => ({
    chains: [],
    peersOf: () => [],
    activePeers: 0,
    lostPeers,
    nodeIds: new Set<string>(),
    nowMs,
  });
  const storage = () => {
    const sql = new MemorySql();
    sql.exec(CREATE_ALERT_TABLES);
    sql.exec(CREATE_RECONCILIATION_TABLE);
    return sql;
  };

  it('gets an alert when it begins and when it ends, signed over id, time and body', async () => {
    const sql = storage();
    const first = watch(sql);
    first.evaluate(surroundings(1_795_233_600_000, 2));
    expect(first.nextDueMs()).toBe(1_795_233_600_000);
    await watch(sql).deliverDue(1_795_233_600_500);
    const later = watch(sql);
    later.evaluate(surroundings(1_795_233_660_000, 0));
    await later.deliverDue(1_795_233_660_000);
    expect(later.nextDueMs()).toBeNull();
    expect(received.map(({ body }) => JSON.parse(body))).toEqual([
      {
        type: 'alert.raised',
        timestamp: '2026-11-21T04:00:00.000Z',
        data: {
          alert: 'isolated',
          chain_id: '',
          detail: 'none of 2 peers answers',
          since: '2026-11-21T04:00:00.000Z',
          since_ms: 1_795_233_600_000,
          node: 'reef-1',
          node_id: hash(7),
        },
      },
      expect.objectContaining({ type: 'alert.resolved' }),
    ]);
    const ids = new Set<string>();
    for (const { headers, body } of received) {
      const [id, timestamp] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])];
      ids.add(id);
      const mac = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${mac}`);
    }
    expect(ids.size).toBe(2);
    expect(received[0]?.headers['webhook-timestamp']).toBe('1795233600');
  });

  it('is tried again with the same id, later and later, and given up after the last time', async () => {
    const sql = storage();
    let nowMs = 1_000_000;
    watch(sql).evaluate(surroundings(nowMs, 1));
    for (const waitMs of WEBHOOK_WAITS_MS) {
      statuses = [503];
      await watch(sql).deliverDue(nowMs);
      expect(watch(sql).nextDueMs()).toBe(nowMs + waitMs);
      await watch(sql).deliverDue(nowMs + waitMs - 1);
      nowMs += waitMs;
    }
    statuses = [503];
    await watch(sql).deliverDue(nowMs);
    expect(watch(sql).nextDueMs()).toBeNull();
    expect(received).toHaveLength(WEBHOOK_WAITS_MS.length + 1);
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it.each([
    ['a redirect, which is not followed', 302, 'failed'],
    ['an error', 500, 'failed'],
    ['410, after which it is not tried again', 410, 'given_up'],
    ['204', 204, 'delivered'],
  ])('may answer %s', async (_, status, kind) => {
    statuses = [status];
    const delivery = { id: 1, body: '{}', attempts: 0, next_ms: 0 };
    expect(await deliver({ url, secret: SECRET }, delivery, 'sender', 0)).toMatchObject({ kind });
    expect(received).toHaveLength(1);
  });

  it('that does not answer is a failure with a reason', async () => {
    const delivery = { id: 1, body: '{}', attempts: 0, next_ms: 0 };
    const attempt = await deliver({ url: 'http://127.0.0.1:9', secret: SECRET }, delivery, 'sender', 0);
    expect(attempt).toMatchObject({ kind: 'failed', waitMs: WEBHOOK_WAITS_MS[0] });
  });

  it('takes secrets in the form of the specification', async () => {
    // The example of Standard Webhooks.
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const signature = await signWebhook(
      secret,
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      '1614265330',
      '{"test": 2432232314}',
    );
    expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('keeps a bounded number of messages', () => {
    const sql = storage();
    const table = new AlertTable(sql.asStorage);
    const dropped = Array.from({ length: DELIVERIES_MAX + 2 }, (_, index) => table.enqueue(`${index}`, 0));
    expect(dropped.filter(Boolean)).toHaveLength(2);
    expect(table.due(0, 1)).toMatchObject([{ body: '2' }]);
  });
});
