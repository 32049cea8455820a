import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import { applyTransaction } from '../../../../shared/protocol/execution/apply-transaction.ts';
import { addressToBytes } from '../../../../shared/protocol/primitives/address.ts';
import { AMOUNT_MAX } from '../../../../shared/protocol/primitives/amount.ts';
import { parseChainId } from '../../../../shared/protocol/primitives/chain-id.ts';
import {
  RECEIPT_EVENTS_MAX,
  STATE_KEY_BYTES_MAX,
  STATE_VALUE_BYTES_MAX,
} from '../../../../shared/protocol/primitives/limits.ts';
import { readAccount, writeAccount } from '../../../../shared/protocol/state/account.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { defineTransaction } from '../../../../shared/protocol/transaction/define-transaction.ts';
import { EVENT_VALUE_BYTES_MAX } from '../../../../shared/protocol/transaction/limits.ts';
import {
  RECEIPT_STATUS,
  type ReceiptStatusName,
} from '../../../../shared/protocol/transaction/receipt-status.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import type { TransactionContext } from '../../../../shared/protocol/transaction/transaction-context.ts';
import { count } from '../../../support/example-counter.ts';
import { anAddress, aTransaction } from '../../../support/transactions.ts';

const [sender, recipient] = [anAddress(1), anAddress(2)];

function chain(balances: Record<string, bigint>, params = DEFAULT_PARAMS) {
  const overlay = new Overlay({ get: () => null });
  for (const [address, balance] of Object.entries(balances)) {
    writeAccount(overlay, address as typeof sender, { nonce: 0, balance });
  }
  const environment = { chainId: parseChainId('testnet'), height: 1, timeMs: 0, params, isSetFixed: false };
  const apply = (signed: SignedTransaction, registry = builtInTransactions) =>
    applyTransaction({ registry, parties: [] }, environment, overlay, signed);
  return { overlay, apply, balance: (of: typeof sender) => readAccount(overlay, of).balance };
}

const transferOf = (amount: bigint, fields: object = {}) =>
  aTransaction({ payload: { recipient, asset: '', amount }, ...fields });

describe('a transfer', () => {
  it('moves units, takes the fee and says so in one event', () => {
    const { apply, balance } = chain({ [sender]: 1_000n });
    const receipt = apply(transferOf(300n));
    expect(receipt).toMatchObject({ status: 0, fee: 100n });
    expect(receipt.events).toEqual([
      { name: 'transfer', values: [addressToBytes(sender), addressToBytes(recipient), '', 300n] },
    ]);
    expect([balance(sender), balance(recipient)]).toEqual([600n, 300n]);
  });

  it('to oneself costs the fee only', () => {
    const { apply, balance } = chain({ [sender]: 1_000n });
    const receipt = apply(aTransaction({ payload: { recipient: sender, asset: '', amount: 900n } }));
    expect([receipt.status, balance(sender)]).toEqual([0, 900n]);
  });

  it('INSUFFICIENT_BALANCE: may take all that the fee leaves and no unit more', () => {
    expect(chain({ [sender]: 1_000n }).apply(transferOf(900n)).status).toBe(0);
    const { apply, balance } = chain({ [sender]: 1_000n });
    const receipt = apply(transferOf(901n));
    expect(receipt).toMatchObject({ status: RECEIPT_STATUS.INSUFFICIENT_BALANCE, fee: 100n, events: [] });
    expect([balance(sender), balance(recipient)]).toEqual([900n, 0n]);
  });

  it('ASSET_UNKNOWN: there is no other asset than the native one', () => {
    const payload = { recipient, asset: 'b2/native', amount: 1n };
    expect(chain({ [sender]: 1_000n }).apply(aTransaction({ payload })).status).toBe(
      RECEIPT_STATUS.ASSET_UNKNOWN,
    );
  });

  it('BALANCE_OVERFLOW: a balance reaches the largest amount and no unit more', () => {
    const full = { [sender]: 1_000n, [recipient]: AMOUNT_MAX - 5n };
    expect(chain(full).apply(transferOf(5n)).status).toBe(0);
    expect(chain(full).apply(transferOf(6n)).status).toBe(RECEIPT_STATUS.BALANCE_OVERFLOW);
  });

  it('NEW_ACCOUNT_FEE: the fee also covers the account that is opened, or nothing moves', () => {
    const params = { ...DEFAULT_PARAMS, minFee: 60n, newAccountFee: 40n };
    expect(chain({ [sender]: 1_000n }, params).apply(transferOf(1n)).status).toBe(0);
    const { apply, balance } = chain({ [sender]: 1_000n }, params);
    const receipt = apply(transferOf(1n, { fee: 99n }));
    expect([receipt.status, receipt.fee]).toEqual([RECEIPT_STATUS.NEW_ACCOUNT_FEE, 99n]);
    expect([balance(sender), balance(recipient)]).toEqual([901n, 0n]);
    const known = chain({ [sender]: 1_000n, [recipient]: 1n }, params);
    expect(known.apply(transferOf(1n, { fee: 60n })).status).toBe(0);
  });
});

describe('a message', () => {
  it('moves nothing, opens no account and says who wrote to whom', () => {
    const { apply, overlay } = chain({ [sender]: 1_000n });
    const payload = { recipient, contentType: 'text/plain', body: new Uint8Array(5) };
    const receipt = apply(aTransaction({ type: 1, payload }));
    expect(receipt.events).toEqual([
      { name: 'message', values: [addressToBytes(sender), addressToBytes(recipient), 'text/plain', 5n] },
    ]);
    expect(readAccount(overlay, sender)).toMatchObject({ nonce: 1, balance: 900n });
    expect(readAccount(overlay, recipient).exists).toBe(false);
  });
});

describe('the context of a type', () => {
  function statusOf(act: (context: TransactionContext) => void): number {
    const type = defineTransaction({ ...count, apply: act });
    const registry = builtInTransactions.extend(type);
    const signed = aTransaction({ type: 1000, payload: { name: 'a', step: 1 }, registry });
    return chain({ [sender]: 1_000n }).apply(signed, registry).status;
  }
  const times = (n: number, act: (context: TransactionContext) => void) => (context: TransactionContext) => {
    for (let i = 0; i < n; i++) act(context);
  };
  const emit = (value: string | Uint8Array | bigint) => (context: TransactionContext) =>
    context.emit('counted', [0, '', value]);

  it.each<[string, ReceiptStatusName, (context: TransactionContext) => void]>([
    ['the last event that fits', 'OK', times(RECEIPT_EVENTS_MAX, emit(0n))],
    ['one event more', 'EVENT_LIMIT', times(RECEIPT_EVENTS_MAX + 1, emit(0n))],
    ['the longest bytes', 'OK', emit(new Uint8Array(EVENT_VALUE_BYTES_MAX))],
    ['one byte more', 'EVENT_LIMIT', emit(new Uint8Array(EVENT_VALUE_BYTES_MAX + 1))],
    ['the longest text', 'OK', emit('ø'.repeat(EVENT_VALUE_BYTES_MAX / 2))],
    ['one character more', 'EVENT_LIMIT', emit('ø'.repeat(EVENT_VALUE_BYTES_MAX / 2 + 1))],
    ['the largest integer', 'OK', emit(AMOUNT_MAX)],
    ['one more', 'EVENT_LIMIT', emit(AMOUNT_MAX + 1n)],
    ['below zero', 'EVENT_LIMIT', emit(-1n)],
    ['the longest key', 'OK', (context) => context.set('own', new Uint8Array(STATE_KEY_BYTES_MAX), null)],
    [
      'a longer key',
      'STATE_LIMIT',
      (context) => context.set('own', new Uint8Array(STATE_KEY_BYTES_MAX + 1), null),
    ],
    [
      'the longest value',
      'OK',
      (context) => context.set('own', new Uint8Array(1), new Uint8Array(STATE_VALUE_BYTES_MAX)),
    ],
    [
      'a longer value',
      'STATE_LIMIT',
      (context) => context.set('own', new Uint8Array(1), new Uint8Array(STATE_VALUE_BYTES_MAX + 1)),
    ],
    ['more than is owned', 'INSUFFICIENT_BALANCE', (context) => context.debit(sender, 901n)],
  ])('%s: %s', (_name, status, act) => {
    expect(statusOf(act)).toBe(RECEIPT_STATUS[status]);
  });

  it('takes documented events only, and no negative sums', () => {
    expect(() => statusOf((context) => context.emit('other', []))).toThrow(/does not document/);
    expect(() => statusOf((context) => context.emit('counted', [1]))).toThrow(
      /one value per documented name/,
    );
    expect(() => statusOf((context) => context.credit(recipient, -1n))).toThrow(/not negative/);
    expect(() => statusOf((context) => context.debit(sender, -1n))).toThrow(/not negative/);
  });
});
