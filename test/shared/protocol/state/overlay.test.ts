import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import type { StateReader, StateWrite } from '../../../../shared/protocol/primitives/state-reader.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';

const idOf = (namespace: string, key: Uint8Array) => `${namespace}/${toHex(key)}`;

/** A state in a map, the plainest thing that a reader can be. */
class MapState implements StateReader {
  readonly leaves = new Map<string, Uint8Array>();
  reads = 0;

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    this.reads += 1;
    return this.leaves.get(idOf(namespace, key)) ?? null;
  }

  write({ namespace, key, value }: StateWrite): void {
    if (value === null) this.leaves.delete(idOf(namespace, key));
    else this.leaves.set(idOf(namespace, key), value);
  }
}

const namespace = fc.constantFrom('account', 'a', 'supply');
const key = fc.uint8Array({ minLength: 0, maxLength: 2 });
const value = fc.option(fc.uint8Array({ maxLength: 2 }), { nil: null });
const write = fc.record({ namespace, key, value });
const command = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), write }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('checkpoint' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rollback' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
);

describe('Overlay', () => {
  it('behaves like a map that is copied at each checkpoint, whatever the order of operations', () => {
    fc.assert(
      fc.property(
        fc.array(write, { maxLength: 10 }),
        fc.array(command, { maxLength: 60 }),
        (initial, commands) => {
          const below = new MapState();
          for (const one of initial) below.write(one);
          const overlay = new Overlay(below);
          let model = new Map(below.leaves);
          let marks: [number, Map<string, Uint8Array>][] = [];
          for (const step of commands) {
            if (step.kind === 'set') {
              const { write: one } = step;
              overlay.set(one.namespace, one.key, one.value);
              if (one.value === null) model.delete(idOf(one.namespace, one.key));
              else model.set(idOf(one.namespace, one.key), one.value);
              expect(overlay.get(one.namespace, one.key)).toEqual(one.value);
            } else if (step.kind === 'checkpoint') marks.push([overlay.checkpoint(), new Map(model)]);
            else if (step.kind === 'commit') {
              overlay.commit();
              marks = [];
            } else {
              const mark = marks.pop();
              if (mark === undefined) continue;
              overlay.rollback(mark[0]);
              model = mark[1];
            }
          }
          const after = new MapState();
          for (const [id, bytes] of below.leaves) after.leaves.set(id, bytes);
          for (const one of overlay.writes()) after.write(one);
          expect(after.leaves).toEqual(model);
        },
      ),
      { numRuns: 300, seed: 42 },
    );
  });

  it('gives net changes only, ascending by namespace and key', () => {
    const below = new MapState();
    below.write({ namespace: 'b', key: new Uint8Array([1]), value: new Uint8Array([1]) });
    const overlay = new Overlay(below);
    overlay.set('b', new Uint8Array([255]), new Uint8Array([2]));
    overlay.set('b', new Uint8Array([128]), new Uint8Array([2]));
    overlay.set('a', new Uint8Array([9]), new Uint8Array([2]));
    overlay.set('b', new Uint8Array([1]), new Uint8Array([7]));
    overlay.set('b', new Uint8Array([1]), new Uint8Array([1]));
    overlay.set('b', new Uint8Array([3]), new Uint8Array([1]));
    overlay.set('b', new Uint8Array([3]), null);
    const writes = overlay.writes();
    expect(writes.map((one) => idOf(one.namespace, one.key))).toEqual(['a/0x09', 'b/0x80', 'b/0xff']);
    expect(compareBytes(new Uint8Array([128]), new Uint8Array([255]))).toBeLessThan(0);
  });

  it('reads a leaf of the state below once', () => {
    const below = new MapState();
    const overlay = new Overlay(below);
    for (let i = 0; i < 3; i++) {
      overlay.get('a', new Uint8Array([1]));
      overlay.set('a', new Uint8Array([1]), new Uint8Array([i]));
    }
    expect(below.reads).toBe(1);
  });

  it('refuses a mark that a rollback or commit has passed', () => {
    const overlay = new Overlay(new MapState());
    overlay.set('a', new Uint8Array(1), new Uint8Array(1));
    const mark = overlay.checkpoint();
    overlay.commit();
    expect(() => overlay.rollback(mark)).toThrow(/at most once/);
  });
});
