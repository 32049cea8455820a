/** @module Calls to objects and what an isolate remembers, without a platform. */
import { describe, expect, test } from 'vitest';
import { ApiError } from '../../shared/api/problems.ts';
import { chosenName, DEFAULT_CHAIN } from '../../workers/rpc/chain-choice.ts';
import { ExpiringMap } from '../../workers/rpc/lru.ts';
import { callObject, unwrap } from '../../workers/rpc/objects.ts';
import {
  countRequest,
  FLUSH_INTERVAL_MS,
  isFlushDue,
  takeDeltas,
} from '../../workers/rpc/request-metrics.ts';

describe('a call to an object', () => {
  const failing = (times: number, marks: { overloaded?: boolean; retryable?: boolean }) => {
    const calls = { count: 0 };
    const call = async () => {
      calls.count += 1;
      if (calls.count <= times) throw Object.assign(new Error('from the platform'), marks);
      return 'answer';
    };
    return { calls, call };
  };

  test('is made again, once, when the platform says that it may be', async () => {
    const once = failing(1, { retryable: true });
    expect(await callObject(once.call)).toBe('answer');
    const twice = failing(2, { retryable: true });
    await expect(callObject(twice.call)).rejects.toMatchObject({ code: 'CHAIN_OVERLOADED' });
    expect(twice.calls.count).toBe(2);
  });

  test('is never made again at an overloaded object', async () => {
    const busy = failing(1, { overloaded: true, retryable: true });
    const failure = await callObject(busy.call).catch((error: unknown) => error as ApiError);
    expect(failure).toMatchObject({ code: 'CHAIN_OVERLOADED', headers: { 'retry-after': '1' } });
    expect(busy.calls.count).toBe(1);
  });

  test('lets a bug through as it is', async () => {
    const bug = failing(1, {});
    await expect(callObject(bug.call)).rejects.toThrow('from the platform');
    expect(bug.calls.count).toBe(1);
  });

  test('turns an expected failure into its problem', () => {
    const result = {
      ok: false,
      problem: { code: 'MEMPOOL_FULL', detail: 'full', extra: { size: 3 } },
    } as const;
    expect(() => unwrap(result)).toThrow(ApiError);
  });
});

describe('the chain that a request names', () => {
  const none = { path: undefined, header: undefined, query: undefined };
  test('is the default where it names none, and one name where it repeats it', () => {
    expect(chosenName(none)).toBe(DEFAULT_CHAIN);
    expect(chosenName({ ...none, header: '' })).toBe(DEFAULT_CHAIN);
    expect(chosenName({ path: 'a', header: 'a', query: 'a' })).toBe('a');
  });
  test('may not be two', () => {
    expect(() => chosenName({ ...none, path: 'a', query: 'b' })).toThrow(/CHAIN_CONFLICT/);
  });
});

describe('a map that forgets', () => {
  test('keeps the most recently used entries, up to its limit', () => {
    const map = new ExpiringMap<number>(2, 1_000);
    map.set('a', 1, 0);
    map.set('b', 2, 0);
    expect(map.get('a', 0)).toBe(1);
    map.set('c', 3, 0);
    expect([map.get('a', 0), map.get('b', 0), map.get('c', 0), map.size]).toEqual([1, undefined, 3, 2]);
  });
  test('keeps an entry up to its time and not beyond', () => {
    const map = new ExpiringMap<number>(2, 1_000);
    map.set('a', 1, 0);
    expect(map.get('a', 999)).toBe(1);
    expect(map.get('a', 1_000)).toBeUndefined();
  });
});

describe('request metrics', () => {
  test('are handed over once, and at most once per interval', () => {
    takeDeltas();
    expect(isFlushDue(Number.MAX_SAFE_INTEGER)).toBe(false);
    countRequest('get_head', 'GET', 200, 0.002);
    countRequest('get_head', 'GET', 204, 40);
    const start = 1_000_000;
    expect(isFlushDue(start)).toBe(true);
    expect(isFlushDue(start + FLUSH_INTERVAL_MS - 1)).toBe(false);
    expect(isFlushDue(start + FLUSH_INTERVAL_MS)).toBe(true);
    const deltas = takeDeltas();
    expect(deltas?.counters).toEqual([
      {
        name: 'blockchain_rpc_requests_total',
        labels: 'method="GET",route="get_head",status_class="2xx"',
        value: 2,
      },
    ]);
    const [histogram] = deltas?.histograms ?? [];
    expect(histogram?.value).toMatchObject({ count: 2, sum: 40.002 });
    expect(histogram?.value.counts.at(-1)).toBe(1);
    expect(takeDeltas()).toBeNull();
  });
});
