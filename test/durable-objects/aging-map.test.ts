/** @module A map that knows its oldest entry, against a plain one that is asked for its first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgingMap } from '../../durable-objects/runtime/aging-map.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key }),
  fc.record({ kind: fc.constant('delete' as const), key }),
  fc.record({ kind: fc.constant('drop_oldest' as const) }),
  fc.record({ kind: fc.constant('look' as const) }),
);

describe('a map that knows its oldest entry', () => {
  it('names the one that a plain map has first, whatever came and went', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const aging = new AgingMap<number>();
        const plain = new Map<string, number>();
        for (const [at, one] of steps.entries()) {
          const [first] = plain;
          if (one.kind === 'add') {
            aging.add(one.key, at);
            plain.delete(one.key);
            plain.set(one.key, at);
          } else if (one.kind === 'delete') {
            aging.delete(one.key);
            plain.delete(one.key);
          } else {
            expect(aging.oldest()).toEqual(first ?? null);
            if (one.kind === 'drop_oldest' && first !== undefined) {
              aging.delete(first[0]);
              plain.delete(first[0]);
            }
          }
          expect(aging.size).toBe(plain.size);
        }
        for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) expect(aging.get(name)).toBe(plain.get(name));
        while (plain.size > 0) {
          const [first] = plain;
          expect(aging.oldest()).toEqual(first);
          aging.delete(first?.[0] ?? '');
          plain.delete(first?.[0] ?? '');
        }
        expect(aging.oldest()).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});
