import { encode as cborEncode } from 'cbor2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError, decode, encode } from '../../../../shared/protocol/codec/codec.ts';
import { addressToBytes } from '../../../../shared/protocol/primitives/address.ts';
import { AMOUNT_MAX } from '../../../../shared/protocol/primitives/amount.ts';
import {
  accountCodec,
  encodeAccount,
  readAccount,
  writeAccount,
} from '../../../../shared/protocol/state/account.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { anAddress } from '../../../support/transactions.ts';

const address = anAddress(1);
const empty = () => new Overlay({ get: () => null });

describe('account records', () => {
  it('are CBOR([nonce, balance]) under the address bytes, also at the largest values', () => {
    for (const account of [
      { nonce: 3, balance: 5n },
      { nonce: Number.MAX_SAFE_INTEGER, balance: AMOUNT_MAX },
    ]) {
      const overlay = empty();
      writeAccount(overlay, address, account);
      expect(readAccount(overlay, address)).toEqual({ ...account, exists: true });
      expect(overlay.get('account', addressToBytes(address))).toEqual(
        cborEncode([account.nonce, account.balance]),
      );
    }
  });

  it('do not exist for an address that owns nothing and never sent', () => {
    const overlay = empty();
    expect(readAccount(overlay, address)).toEqual({ nonce: 0, balance: 0n, exists: false });
    writeAccount(overlay, address, { nonce: 0, balance: 1n });
    writeAccount(overlay, address, { nonce: 0, balance: 0n });
    expect(overlay.writes()).toEqual([]);
  });

  it('stay for ever once a nonce was used: nothing can be replayed into an emptied account', () => {
    const overlay = empty();
    writeAccount(overlay, address, { nonce: 1, balance: 0n });
    expect(readAccount(overlay, address)).toEqual({ nonce: 1, balance: 0n, exists: true });
    expect(overlay.writes()).toHaveLength(1);
  });
});

describe('the hand-written form of account records', () => {
  const nonce = fc.oneof(
    fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
    fc.maxSafeNat(),
  );
  const balance = fc.oneof(
    fc.bigInt(0n, 300n),
    fc.bigInt(2n ** 32n - 2n, 2n ** 32n + 2n),
    fc.bigInt(0n, AMOUNT_MAX),
  );

  it('writes and reads what the general codec does', () => {
    fc.assert(
      fc.property(fc.record({ nonce, balance }), (account) => {
        const general = encode(accountCodec, account);
        const record = encodeAccount(account);
        expect(record ?? encode(accountCodec, { nonce: 0, balance: 0n })).toEqual(general);
        expect(readAccount({ get: () => general }, address)).toEqual({ ...account, exists: true });
      }),
      { numRuns: 2_000, seed: 3 },
    );
  });

  it('refuses exactly the bytes that the general codec refuses', () => {
    const head = fc.constantFrom(0, 1, 23, 24, 25, 26, 27, 28, 0x20, 0x40, 0xf6, 0xfb);
    const item = fc.tuple(head, fc.uint8Array({ maxLength: 9 })).map(([first, rest]) => [first, ...rest]);
    const bytes = fc.tuple(fc.constantFrom(0x82, 0x82, 0x82, 0x81, 0x98), item, item).map(([first, a, b]) => {
      return new Uint8Array([first, ...a, ...b]);
    });
    fc.assert(
      fc.property(bytes, (record) => {
        const read = () => readAccount({ get: () => record }, address);
        let general: { nonce: number; balance: bigint } | undefined;
        try {
          general = decode(accountCodec, record, 19);
        } catch {
          expect(read).toThrow(CodecError);
        }
        if (general !== undefined) expect(read()).toEqual({ ...general, exists: true });
      }),
      { numRuns: 3_000, seed: 4 },
    );
  });
});
