import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import { applyTransaction } from '../../../../shared/protocol/execution/apply-transaction.ts';
import { parseChainId } from '../../../../shared/protocol/primitives/chain-id.ts';
import { readAccount, writeAccount } from '../../../../shared/protocol/state/account.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { checkTransaction } from '../../../../shared/protocol/transaction/check.ts';
import { defineTransaction } from '../../../../shared/protocol/transaction/define-transaction.ts';
import { decodeTransaction } from '../../../../shared/protocol/transaction/encode.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { COUNTER_OVERFLOW, count, counterFrom, counterKey } from '../../../support/example-counter.ts';
import { anAddress, aTransaction } from '../../../support/transactions.ts';

const registry = builtInTransactions.extend(count);
const sender = anAddress(1);

function counted(nonce: number, step: number) {
  return aTransaction({ type: count.type, nonce, payload: { name: 'visits', step }, registry });
}

function anEnvironment() {
  const chainId = parseChainId('testnet');
  return { chainId, height: 1, timeMs: 0, params: DEFAULT_PARAMS, isSetFixed: false };
}

function chain() {
  const overlay = new Overlay({ get: () => null });
  writeAccount(overlay, sender, { nonce: 0, balance: 1_000n });
  const environment = anEnvironment();
  const apply = (signed: ReturnType<typeof counted>) =>
    applyTransaction({ registry, parties: [] }, environment, overlay, signed);
  const { namespace, key } = counterKey('visits');
  return { overlay, apply, value: () => counterFrom(overlay.get(namespace, key)) };
}

describe('an own transaction type', () => {
  it('takes under 60 lines in one file that touches no other folder', () => {
    const file = `${import.meta.dirname}/../../../support/example-counter.ts`;
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').length).toBeLessThan(60);
  });

  it('is encoded, decoded and checked through the same door as the built-in ones', () => {
    const signed = counted(0, 5);
    const decoded = decodeTransaction(signed.bytes, registry);
    expect(decoded).toEqual(signed);
    expect(() => checkTransaction(decoded, DEFAULT_PARAMS, registry)).not.toThrow();
    expect(() => decodeTransaction(signed.bytes, builtInTransactions)).toThrow(
      expect.objectContaining({ code: 'TX_TYPE_UNKNOWN' }),
    );
    expect(() => checkTransaction(counted(0, 0), DEFAULT_PARAMS, registry)).toThrow(
      expect.objectContaining({ code: 'TX_PAYLOAD_INVALID' }),
    );
  });

  it('changes its own records and emits its documented event', () => {
    const { apply, value } = chain();
    expect(apply(counted(0, 5))).toMatchObject({ status: 0, fee: 100n });
    expect(apply(counted(1, 7)).events).toEqual([{ name: 'counted', values: [1n, 'visits', 12n] }]);
    expect(value()).toBe(12n);
  });

  it('keeps fee and nonce and undoes the rest when it fails', () => {
    const { apply, value, overlay } = chain();
    const { namespace, key } = counterKey('visits');
    apply(counted(0, 5));
    overlay.set(namespace, key, new Uint8Array([0x1a, 0x00, 0x0f, 0x42, 0x40]));
    const receipt = apply(counted(1, 1));
    expect(receipt).toMatchObject({ status: COUNTER_OVERFLOW, fee: 100n, events: [] });
    expect(value()).toBe(1_000_000n);
    expect(readAccount(overlay, sender)).toMatchObject({ nonce: 2, balance: 800n });
  });

  it('may not take a code of the protocol, a code twice or a name twice', () => {
    const named = (type: number, name: string) => defineTransaction({ ...count, type, name });
    expect(() => builtInTransactions.extend(named(999, 'low'))).toThrow(/belong to the protocol/);
    expect(() => builtInTransactions.extend(named(1000, 'low'))).not.toThrow();
    expect(() => registry.extend(named(1000, 'other'))).toThrow(/code 1000 is taken/);
    expect(() => registry.extend(named(1001, 'count'))).toThrow(/name count is taken/);
    expect(() => named(65_536, 'wide')).toThrow(/16-bit/);
    expect(() => named(65_535, 'Wide')).toThrow(/lower_snake_case/);
  });

  it('may not write the records of the protocol', () => {
    for (const namespace of ['account', 'supply', 'validators']) {
      const thief = defineTransaction({
        ...count,
        apply: (context) => context.set(namespace, new Uint8Array(20), new Uint8Array(1)),
      });
      const overlay = new Overlay({ get: () => null });
      writeAccount(overlay, sender, { nonce: 0, balance: 1_000n });
      const rules = { registry: builtInTransactions.extend(thief), parties: [] };
      const environment = anEnvironment();
      expect(() => applyTransaction(rules, environment, overlay, counted(0, 1))).toThrow(
        /protocol|credit and debit/,
      );
    }
  });
});
