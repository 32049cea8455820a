import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../../shared/protocol/codec/codec.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { addressFromBytes } from '../../../../shared/protocol/primitives/address.ts';
import { ACCOUNT_NAMESPACE, accountCodec } from '../../../../shared/protocol/state/account.ts';
import { receiptStatusName } from '../../../../shared/protocol/transaction/receipt-status.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import {
  ALLOCATION,
  aGenesis,
  aMessage,
  aSigner,
  aTransfer,
  InMemoryChain,
} from '../../../support/in-memory-chain.ts';

const ACCOUNTS = 4;
const signers = Array.from({ length: ACCOUNTS }, (_, index) => aSigner(`account ${index}`));
const addresses = signers.map((signer) => addressOf(signer.publicKey));
const stranger = addressFromBytes(new Uint8Array(20).fill(7));

function sumOfAccounts(chain: InMemoryChain): bigint {
  return chain.state
    .leaves()
    .filter(({ namespace }) => namespace === ACCOUNT_NAMESPACE)
    .reduce((sum, { value }) => sum + (value === null ? 0n : decode(accountCodec, value, 64).balance), 0n);
}

const step = fc.record({
  from: fc.nat(ACCOUNTS - 1),
  to: fc.nat(ACCOUNTS),
  // Up to more than anyone can own, so that many fail after their fee was taken.
  amount: fc.bigInt(1n, 2n * ALLOCATION * BigInt(ACCOUNTS)),
  fee: fc.bigInt(0n, ALLOCATION),
  nonceShift: fc.constantFrom(0, 0, 0, 0, 1, -1),
  kind: fc.constantFrom('transfer', 'transfer', 'message'),
});

describe('supply', () => {
  it('is the same after every block: accounts + burned = genesis, whatever succeeds, fails or is refused', () => {
    const blocks = fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 4 });
    const burnBps = fc.constantFrom(0, 1, 3_333, 10_000);
    fc.assert(
      fc.property(blocks, burnBps, (steps, feeBurnBps) => {
        const params = { feeBurnBps, emptyBlocks: 'always', newAccountFee: 5n } as const;
        const chain = new InMemoryChain(aGenesis({ accounts: ACCOUNTS, params }));
        let fees = 0n;
        for (const block of steps) {
          const { executed } = chain.produce(candidatesOf(chain, block));
          fees += executed.feesTotal;
          expect(executed.feesTotal).toBe(executed.receipts.reduce((sum, { fee }) => sum + fee, 0n));
          expect(sumOfAccounts(chain) + chain.burned).toBe(ALLOCATION * BigInt(ACCOUNTS));
        }
        expect(chain.burned).toBeLessThanOrEqual((fees * BigInt(feeBurnBps)) / 10_000n);
      }),
      { numRuns: 60 },
    );
  });

  it('gives the proposer what is not burned, rounding the burned part down', () => {
    const chain = new InMemoryChain(aGenesis({ params: { feeBurnBps: 3_333 } }));
    const [from] = signers;
    const [, to] = addresses;
    if (from === undefined || to === undefined) throw new Error('two accounts');
    chain.produce([aTransfer(chain, from, to, 1n, { fee: 10n })]);
    expect(chain.burned).toBe(3n);
    const operator = addressOf(aSigner('operator 0').publicKey);
    expect(chain.account(operator)).toEqual({ nonce: 0, balance: 7n, exists: true });
  });

  it('takes fee and nonce from a transaction that fails and undoes the rest', () => {
    const chain = new InMemoryChain();
    const [from] = signers;
    const [sender = stranger, to = stranger] = addresses;
    if (from === undefined) throw new Error('an account');
    const { executed } = chain.produce([aTransfer(chain, from, to, ALLOCATION, { fee: 9n })]);
    const [receipt] = executed.receipts;
    expect(receiptStatusName(receipt?.status ?? 0)).toBe('INSUFFICIENT_BALANCE');
    expect(receipt).toMatchObject({ fee: 9n, events: [] });
    expect(chain.account(sender)).toEqual({ nonce: 1, balance: ALLOCATION - 9n, exists: true });
    expect(chain.account(to).balance).toBe(ALLOCATION);
  });
});

function candidatesOf(
  chain: InMemoryChain,
  block: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
) {
  const nonces = addresses.map((address) => chain.account(address).nonce);
  return block.map(({ from, to, amount, fee, nonceShift, kind }): SignedTransaction => {
    const signer = signers[from];
    const recipient = addresses[to] ?? stranger;
    if (signer === undefined) throw new Error('a known account');
    const next = nonces[from] ?? 0;
    if (nonceShift === 0) nonces[from] = next + 1;
    const options = { nonce: Math.max(0, next + nonceShift), fee };
    return kind === 'transfer'
      ? aTransfer(chain, signer, recipient, amount, options)
      : aMessage(chain, signer, recipient, 'hello', options);
  });
}
