import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../../shared/protocol/codec/codec.ts';
import { addressFromBytes } from '../../../../shared/protocol/primitives/address.ts';
import { AMOUNT_MAX } from '../../../../shared/protocol/primitives/amount.ts';
import { accountCodec, encodeAccount, readAccount } from '../../../../shared/protocol/state/account.ts';

const address = addressFromBytes(new Uint8Array(20));
const read = (bytes: Uint8Array) => readAccount({ get: () => bytes }, address);

/** Values on both sides of every width of a CBOR integer. */
const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
const nonce = fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat());
const balance = fc.oneof(fc.constantFrom(...edges.map(BigInt), AMOUNT_MAX), fc.bigInt(0n, AMOUNT_MAX));

describe('account records', () => {
  it('have the bytes of the general codec and come back', () => {
    fc.assert(
      fc.property(fc.record({ nonce, balance }), (account) => {
        const bytes = encodeAccount(account);
        if (bytes === null) {
          expect(account).toEqual({ nonce: 0, balance: 0n });
          return;
        }
        expect(bytes).toEqual(encode(accountCodec, account));
        expect(read(bytes)).toEqual({ ...account, exists: true });
      }),
      { numRuns: 500 },
    );
  });

  it('are refused exactly where the general codec refuses them', () => {
    const byte = fc.oneof(fc.constantFrom(0x82, 0, 23, 24, 25, 26, 27, 28, 255), fc.nat(255));
    const bytes = fc.array(byte, { maxLength: 20 }).map((list) => Uint8Array.from([0x82, ...list]));
    const verdict = (action: () => unknown): unknown => {
      try {
        return action();
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(bytes, (input) => {
        const general = verdict(() => ({ ...decode(accountCodec, input, 19), exists: true }));
        expect(verdict(() => read(input))).toEqual(general);
      }),
      { numRuns: 2_000 },
    );
  });
});
