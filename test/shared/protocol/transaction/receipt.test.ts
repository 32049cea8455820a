import { decode as cborDecode } from 'cbor2';
import { describe, expect, it } from 'vitest';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import { RECEIPT_EVENTS_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { EVENT_VALUE_BYTES_MAX, EVENT_VALUES_MAX } from '../../../../shared/protocol/transaction/limits.ts';
import type { Receipt } from '../../../../shared/protocol/transaction/receipt.ts';
import {
  decodeReceipts,
  encodeReceipt,
  encodeReceipts,
} from '../../../../shared/protocol/transaction/receipt-codec.ts';
import {
  RECEIPT_STATUS,
  receiptStatusName,
  TransactionFailure,
} from '../../../../shared/protocol/transaction/receipt-status.ts';

const values = [new Uint8Array([1, 2]), 'text', 0n, 2n ** 63n - 1n];
const receipt: Receipt = { txHash: ZERO_HASH, status: 0, fee: 7n, events: [{ name: 'transfer', values }] };
const withEvents = (count: number): Receipt => ({
  ...receipt,
  events: Array.from({ length: count }, () => ({ name: 'e', values: [] })),
});
const withValue = (...of: Receipt['events'][number]['values']): Receipt => ({
  ...receipt,
  events: [{ name: 'e', values: of }],
});

describe('receipts', () => {
  it('come back from their bytes as they went', () => {
    const receipts = [receipt, { ...receipt, status: 65_535, events: [] }];
    expect(decodeReceipts(encodeReceipts(receipts))).toEqual(receipts);
  });

  it('are CBOR([tx_hash, status, fee, [[name, [value, ...]], ...]]) for a second implementation', () => {
    expect(cborDecode(encodeReceipt(receipt))).toEqual([
      new Uint8Array(32),
      0,
      7,
      [['transfer', [new Uint8Array([1, 2]), 'text', 0, 2n ** 63n - 1n]]],
    ]);
  });

  it('hold as many events and values as documented, and not one more', () => {
    const accepted = [
      withEvents(RECEIPT_EVENTS_MAX),
      withValue(...new Array(EVENT_VALUES_MAX).fill(1n)),
      withValue(new Uint8Array(EVENT_VALUE_BYTES_MAX)),
      withValue('a'.repeat(EVENT_VALUE_BYTES_MAX)),
    ];
    for (const one of accepted) expect(decodeReceipts(encodeReceipts([one]))).toEqual([one]);
    const refused = [
      withEvents(RECEIPT_EVENTS_MAX + 1),
      withValue(...new Array(EVENT_VALUES_MAX + 1).fill(1n)),
      withValue(new Uint8Array(EVENT_VALUE_BYTES_MAX + 1)),
      withValue('a'.repeat(EVENT_VALUE_BYTES_MAX + 1)),
      withValue(2n ** 63n),
      withValue(-1n),
    ];
    for (const one of refused)
      expect(() => encodeReceipt(one)).toThrow(expect.objectContaining({ code: 'CBOR_SCHEMA' }));
  });

  it('have stable status codes', () => {
    expect(RECEIPT_STATUS).toEqual({
      OK: 0,
      INSUFFICIENT_BALANCE: 1,
      ASSET_UNKNOWN: 2,
      NEW_ACCOUNT_FEE: 3,
      BALANCE_OVERFLOW: 4,
      EVENT_LIMIT: 5,
      STATE_LIMIT: 6,
      VALIDATOR_UNKNOWN: 7,
      VALIDATOR_EXISTS: 8,
      POSSESSION_NOT_PROVED: 9,
      NOT_THE_OPERATOR: 10,
      VALIDATOR_TOMBSTONED: 11,
      VALIDATOR_NOT_JAILED: 12,
      VALIDATOR_STILL_JAILED: 13,
      INSUFFICIENT_STAKE: 14,
      STAKE_WORTHLESS: 15,
      LIMIT_REACHED: 16,
      NOTHING_TO_WITHDRAW: 17,
      NO_POWER_LEFT: 18,
      VALIDATORS_FIXED: 19,
      NOT_AN_AUTHORITY: 20,
      VOTE_INVALID: 21,
      VOTE_OPEN: 22,
      VOTE_UNKNOWN: 23,
      INACTIVE: 24,
    });
    expect([receiptStatusName(3), receiptStatusName(1000)]).toEqual(['NEW_ACCOUNT_FEE', 'STATUS_1000']);
  });

  it('never fail with success', () => {
    expect(() => new TransactionFailure(0)).toThrow(/status from 1/);
    expect(() => new TransactionFailure(65_536)).toThrow(/status from 1/);
    expect(new TransactionFailure('ASSET_UNKNOWN').status).toBe(2);
  });
});
