/** @module `atoll sync`: what it shows of a node that is behind, level, or on another chain. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncLine } from '../../cli/commands/sync.ts';
import { duration, progressBar } from '../../cli/progress-bar.ts';
import type { SyncStatusWire } from '../../shared/api/schemas/sync.ts';
import { runCli } from '../support/cli.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

const HASH = `0x${'ab'.repeat(32)}`;
const STATUS: SyncStatusWire = {
  chain_id: 'test',
  genesis_hash: HASH,
  state: 'syncing',
  catching_up: true,
  head_height: 5_000,
  head_hash: HASH,
  head_proposer: HASH,
  head_timestamp: '2026-11-21T04:00:00.000Z',
  target_height: 10_000,
  claimed_height: 10_000,
  blocks_behind: 5_000,
  blocks_per_second: 1_250,
  eta_seconds: 4,
  peers: 3,
  imported_total: 5_000,
  failures_total: 0,
  divergence: null,
  ledger_height: 4_800,
  lag_blocks: 200,
  total_blocks: 5_000,
  total_transactions: 5_000,
  syncing: true,
  status: 'RUNNING',
};

describe('the line of progress', () => {
  it('counts from where the node was first seen', () => {
    expect(progressBar(0, 0, 10)).toBe(`[${'-'.repeat(30)}]   0.0 %`);
    expect(progressBar(100, 150, 200)).toBe(`[${'#'.repeat(15)}${'-'.repeat(15)}]  50.0 %`);
    expect(progressBar(100, 199, 200)).toContain(' 99.0 %');
    expect(progressBar(7, 7, 7)).toContain('100.0 %');
    expect(progressBar(7, 9, 8)).toContain('100.0 %');
  });

  it('shows rate and time left while there is something to wait for', () => {
    expect(syncLine(STATUS, 4_000)).toBe(
      `[${'#'.repeat(5)}${'-'.repeat(25)}]  16.6 %  5000 of 10000  syncing  1250 blocks/s  4 s left`,
    );
    const level = {
      ...STATUS,
      state: 'synced' as const,
      target_height: 5_000,
      blocks_per_second: 0,
      eta_seconds: null,
    };
    expect(syncLine(level, 5_000)).toBe(`[${'#'.repeat(30)}] 100.0 %  5000 of 5000  synced`);
  });

  it('says a time in its two largest units', () => {
    expect([0, 3.2, 59, 60, 3_599, 3_600, 90_061].map(duration)).toEqual([
      '0 s',
      '4 s',
      '59 s',
      '1 min 0 s',
      '59 min 59 s',
      '1 h 0 min',
      '25 h 1 min',
    ]);
  });
});

/** Answers /sync_status with one status after the other, the last one for ever. */
async function standIn(statuses: readonly SyncStatusWire[]): Promise<{ server: Server; url: string }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)];
    asked += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(status));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('atoll sync', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({ ledger: false });
  });
  afterAll(() => node?.stop());

  it('shows how a real node stands', async () => {
    const shown = await runCli(['sync', 'status', '--rpc-url', node.url]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/state +synced/);
    const { stdout } = await runCli(['sync', 'status', '--json', '--rpc-url', node.url]);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'synced', blocks_behind: 0, eta_seconds: null });
  });

  it('watches until the node is synced, a line for each change', async () => {
    const { server, url } = await standIn([
      STATUS,
      {
        ...STATUS,
        head_height: 10_000,
        state: 'synced',
        catching_up: false,
        eta_seconds: null,
        blocks_per_second: 0,
      },
    ]);
    const shown = await runCli(['sync', 'watch', '--rpc-url', url]);
    server.close();
    expect(shown.code).toBe(0);
    expect(shown.stdout.trim().split('\n')).toHaveLength(2);
    expect(shown.stdout).toContain('100.0 %  10000 of 10000  synced');
    const ended = await runCli(['sync', 'watch', '--json', '--rpc-url', node.url]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ state: 'synced' });
  });

  it('ends with a conflict where the node is on another chain', async () => {
    const divergence = {
      kind: 'fork' as const,
      height: 7,
      own_hash: HASH,
      certified_hash: HASH,
      detail: 'height 7 is certified with another block',
      since: '2026-11-21T04:00:00.000Z',
    };
    const { server, url } = await standIn([{ ...STATUS, state: 'diverged', divergence }]);
    const shown = await runCli(['sync', 'watch', '--rpc-url', url]);
    server.close();
    expect(shown.code).toBe(5);
    expect(shown.stderr).toContain('height 7 is certified with another block');
  });
});
