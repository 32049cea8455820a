import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURSOR_CHARS_MAX, decodeCursor, encodeCursor } from '../../../shared/ledger/cursor.ts';

const height = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const list = ['transactions', 'desc', null, 1];

describe('cursors', () => {
  it('come back as they were, within the length that is looked at', () => {
    fc.assert(
      fc.property(height, fc.array(height, { minLength: 1, maxLength: 2 }), (pin, position) => {
        const text = encodeCursor(list, { pin, position });
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(text.length).toBeLessThanOrEqual(CURSOR_CHARS_MAX);
        expect(decodeCursor(list, position.length, text)).toEqual({ pin, position });
      }),
      { numRuns: 500 },
    );
  });

  it('CURSOR_INVALID: belong to one list', () => {
    const text = encodeCursor(list, { pin: 5, position: [4, 0] });
    for (const other of [
      ['messages', 'desc', null, 1],
      ['transactions', 'asc', null, 1],
      ['transactions', 'desc', '0x', 1],
    ]) {
      expect(() => decodeCursor(other, 2, text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
    }
    expect(() => decodeCursor(list, 1, text)).toThrow(expect.objectContaining({ code: 'CURSOR_INVALID' }));
  });

  it('CURSOR_INVALID: is what any other text gives', () => {
    const good = encodeCursor(list, { pin: 5, position: [4, 0] });
    const texts = [
      '',
      'x',
      '=',
      `${good}=`,
      `${good}A`,
      good.slice(1),
      good.slice(0, -1),
      'A'.repeat(CURSOR_CHARS_MAX + 1),
    ];
    const inner = [
      '1.00',
      '2.0123456789abcdef.1.2.3',
      '1.0123456789abcdef.01.2.3',
      '1.0123456789abcdef.1.2.9007199254740992',
    ];
    for (const text of [...texts, ...inner.map((raw) => btoa(raw).replace(/=+$/, ''))]) {
      expect(() => decodeCursor(list, 2, text), text).toThrow(
        expect.objectContaining({ code: 'CURSOR_INVALID' }),
      );
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 140 }), (text) => {
        expect(() => decodeCursor(list, 2, text)).toThrow(
          expect.objectContaining({ code: 'CURSOR_INVALID' }),
        );
      }),
      { numRuns: 500 },
    );
  });
});
