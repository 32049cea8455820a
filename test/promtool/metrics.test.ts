/** @module The exposition as Prometheus itself reads it, and that each figure moves when what it counts happens. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, createSigner } from '../../sdk/index.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { attempt } from '../support/objects.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node.stop());

const scrape = async (): Promise<string> => (await fetch(`${node.url}/metrics`)).text();

/** Sum of all series of a metric. */
function total(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (lines.length === 0) throw new Error(`${name} is not exposed`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

describe('/metrics', () => {
  it('passes promtool check metrics, before and after a load', async () => {
    const [from, to] = node.accounts;
    const client = createClient({ url: node.url, signer: createSigner(from?.privateKey ?? '') });
    const before = await scrape();
    for (let count = 0; count < 3; count += 1) {
      await (await client.send({ to: to?.address ?? '', amount: 1n })).wait('final');
    }
    // Request counters reach the node at most once in ten seconds.
    await attempt(async () => {
      await fetch(`${node.url}/rpc/head`);
      const text = await scrape();
      if (!text.includes('blockchain_rpc_requests_total{')) throw new Error('no request was counted yet');
      if (total(text, 'blockchain_outbox_lag_blocks') > 0) throw new Error('the ledger is behind');
    }, 150);
    const after = await scrape();
    for (const text of [before, after]) {
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    }
    for (const name of [
      'blockchain_blocks_total',
      'blockchain_transactions_total',
      'blockchain_consensus_rounds_total',
      'blockchain_finality_seconds_count',
    ]) {
      expect(total(after, name) - total(before, name), name).toBe(3);
    }
    expect(total(after, 'blockchain_consensus_rounds')).toBe(1);
    expect(total(after, 'blockchain_head_height')).toBe(3);
    expect(total(after, 'blockchain_network_peers')).toBe(0);
    for (const name of [
      'blockchain_consensus_quorum_delay_seconds_count',
      'blockchain_consensus_round_duration_seconds_count',
    ]) {
      expect(total(after, name) - total(before, name), name).toBe(3);
    }
    for (const name of [
      'blockchain_consensus_round',
      'blockchain_consensus_missing_validators',
      'blockchain_consensus_missed_blocks_total',
      'blockchain_consensus_double_signs_prevented_total',
      'blockchain_consensus_signing_guarded',
    ]) {
      expect(total(after, name), name).toBe(0);
    }
    expect(total(after, 'blockchain_consensus_validators_power')).toBe(1_000_000_000);
    expect(total(after, 'blockchain_rpc_requests_total')).toBeGreaterThan(0);
    expect(total(after, 'blockchain_rpc_request_duration_seconds_count')).toBeGreaterThan(0);
    for (const name of [
      'blockchain_mempool_size_transactions',
      'blockchain_mempool_size_bytes',
      'blockchain_outbox_lag_blocks',
    ]) {
      expect(total(after, name), name).toBe(0);
    }
  });

  it('keeps its counters when every object loses its memory', async () => {
    const before = await scrape();
    await node.restart();
    const after = await scrape();
    for (const name of [
      'blockchain_blocks_total',
      'blockchain_transactions_total',
      'blockchain_finality_seconds_count',
    ]) {
      expect(total(after, name), name).toBe(total(before, name));
    }
    expect(total(after, 'blockchain_rpc_requests_total')).toBeGreaterThanOrEqual(
      total(before, 'blockchain_rpc_requests_total'),
    );
  });
});
