/** @module Each case of the rule by which a key signs or is held back. */
import { describe, expect, it } from 'vitest';
import {
  judge,
  QUIET_HEIGHTS,
  type Situation,
} from '../../../durable-objects/chain/signing/guard-verdict.ts';

const MARK = { height: 7, round: 0, step: 'precommit' } as const;
const QUARTER = { own: 250, total: 1_000 };
const KNOWN = { mark: MARK, enteredHeight: 0, guard: null, obeyedMs: 0 };
const NEW = { ...KNOWN, mark: null };
const GUARD = { reason: 'new_key', recordHeight: 20, quietFrom: 20 } as const;
const GUARDED = { ...KNOWN, guard: GUARD };

/** Everyone has answered and knows of nothing. */
const NOTHING = {
  node: { height: 0, orderMs: 0 },
  ledger: 0,
  peers: { areHeard: true, height: 0 },
} as const;

function verdict(
  memory: Situation['memory'],
  headHeight: number,
  records: Partial<Situation['records']> = {},
  power = QUARTER,
) {
  return judge({ memory, headHeight, records: { ...NOTHING, ...records }, power });
}

const guard = (reason: string, source: string, recordHeight: number) => ({
  kind: 'guard',
  reason,
  source,
  recordHeight,
});
const waits = (source: string) => ({ kind: 'wait', for: source });

describe('a key that is new to the storage', () => {
  it('signs where nobody has seen a block of the chain', () => {
    expect(verdict(NEW, 0)).toEqual({ kind: 'sign' });
    expect(verdict(NEW, 0, {}, { own: 1_000, total: 1_000 })).toEqual({ kind: 'sign' });
  });

  it.each([
    ['node', { node: null }],
    ['ledger', { ledger: null }],
    ['ledger', { ledger: 'away' }],
    ['peers', { peers: { areHeard: false, height: 0 } }],
  ] as const)('waits for the record of the %s', (source, records) => {
    expect(verdict(NEW, 0, records)).toEqual(waits(source));
  });

  it.each([
    ['node', { node: { height: 3, orderMs: 0 } }],
    ['ledger', { ledger: 3 }],
    ['peers', { peers: { areHeard: true, height: 3 } }],
  ] as const)('is guarded by a record of the %s, and the node can be away', (source, records) => {
    expect(verdict(NEW, 0, records)).toEqual(guard('new_key', source, 3));
    if (source !== 'node')
      expect(verdict(NEW, 0, { ...records, node: null })).toEqual(guard('new_key', source, 3));
  });

  it('is guarded where the chain has blocks, or an order was given', () => {
    expect(verdict(NEW, 1)).toEqual(guard('new_key', 'storage', 1));
    expect(verdict(NEW, 0, { node: { height: 0, orderMs: 5 } })).toEqual(guard('new_key', 'node', 0));
  });
});

describe('a key that comes into the set while this storage follows the chain', () => {
  const entered = { ...NEW, enteredHeight: 5 };

  it('signs: it was no validator before, and nobody knows of a block that is not here', () => {
    expect(verdict(entered, 6)).toEqual({ kind: 'sign' });
    expect(verdict(entered, 6, {}, { own: 500, total: 1_000 })).toEqual({ kind: 'sign' });
  });

  it('is held where others know of higher blocks, and waits for every record', () => {
    expect(verdict(entered, 6, { node: { height: 7, orderMs: 0 } })).toEqual(guard('behind', 'node', 7));
    expect(verdict(entered, 6, { ledger: 7 })).toEqual(guard('behind', 'ledger', 7));
    expect(verdict(entered, 6, { peers: { areHeard: true, height: 7 } })).toEqual(waits('peers'));
    expect(verdict(entered, 6, { ledger: 'away' })).toEqual(waits('ledger'));
  });
});

describe('a key that this storage knows', () => {
  it('signs where no record is above the head', () => {
    const records = { node: { height: 7, orderMs: 0 }, ledger: 7, peers: { areHeard: true, height: 7 } };
    expect(verdict(KNOWN, 7, records)).toEqual({ kind: 'sign' });
  });

  it('waits for the node and its peers, for a ledger that is away it does not', () => {
    expect(verdict(KNOWN, 7, { node: null })).toEqual(waits('node'));
    expect(verdict(KNOWN, 7, { ledger: null })).toEqual(waits('ledger'));
    expect(verdict(KNOWN, 7, { peers: { areHeard: false, height: 0 } })).toEqual(waits('peers'));
    expect(verdict(KNOWN, 7, { ledger: 'away' })).toEqual({ kind: 'sign' });
  });

  it('is guarded where node or ledger have seen more than this storage: it is an older copy', () => {
    expect(verdict(KNOWN, 7, { node: { height: 8, orderMs: 0 } })).toEqual(guard('behind', 'node', 8));
    expect(verdict(KNOWN, 7, { ledger: 8 })).toEqual(guard('behind', 'ledger', 8));
  });

  it('only catches up where peers are ahead, as after any absence', () => {
    expect(verdict(KNOWN, 7, { peers: { areHeard: true, height: 9 } })).toEqual(waits('peers'));
    expect(verdict(KNOWN, 9, { peers: { areHeard: true, height: 9 } })).toEqual({ kind: 'sign' });
  });

  it('obeys an order once', () => {
    const node = { height: 7, orderMs: 5 };
    expect(verdict(KNOWN, 7, { node })).toEqual(guard('order', 'node', 7));
    expect(verdict({ ...KNOWN, obeyedMs: 5 }, 7, { node })).toEqual({ kind: 'sign' });
  });
});

describe('a guard', () => {
  const quiet = GUARD.quietFrom + QUIET_HEIGHTS;

  it(`ends after ${QUIET_HEIGHTS} heights without the key's signature, not one earlier`, () => {
    expect(verdict(GUARDED, quiet - 1)).toMatchObject({ kind: 'guard', reason: 'new_key' });
    expect(verdict(GUARDED, quiet)).toEqual({ kind: 'sign' });
  });

  it('never ends by itself with a third of the power: without the key there are no such heights', () => {
    expect(verdict(GUARDED, quiet, {}, { own: 334, total: 1_000 })).toMatchObject({ kind: 'guard' });
    expect(verdict(GUARDED, quiet, {}, { own: 1, total: 3 })).toMatchObject({ kind: 'guard' });
    expect(verdict(GUARDED, quiet, {}, { own: 333, total: 1_000 })).toEqual({ kind: 'sign' });
  });

  it('stays while the head is below what any record shows: quiet heights of long ago say nothing', () => {
    const above = quiet + 50;
    expect(verdict({ ...GUARDED, guard: { ...GUARD, recordHeight: above } }, quiet)).toMatchObject({
      kind: 'guard',
    });
    expect(verdict(GUARDED, quiet, { node: { height: above, orderMs: 0 } })).toMatchObject({ kind: 'guard' });
    expect(verdict(GUARDED, quiet, { ledger: above })).toMatchObject({ kind: 'guard' });
    expect(verdict(GUARDED, quiet, { peers: { areHeard: true, height: above } })).toMatchObject({
      kind: 'guard',
    });
  });

  it('stays until all records have answered', () => {
    expect(verdict(GUARDED, quiet, { node: null })).toEqual(waits('node'));
    expect(verdict(GUARDED, quiet, { ledger: 'away' })).toEqual(waits('ledger'));
    expect(verdict(GUARDED, quiet, { peers: { areHeard: false, height: 0 } })).toEqual(waits('peers'));
  });
});
