import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import type { Block, Header } from '../../../../shared/protocol/block/block.ts';
import { BlockError } from '../../../../shared/protocol/block/block-error.ts';
import { evidenceHash, lastCommitHash, txRoot } from '../../../../shared/protocol/block/roots.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import type { Verifier } from '../../../../shared/protocol/crypto/verifier.ts';
import { type VerifyRequest, verifyBlock } from '../../../../shared/protocol/execution/verify-block.ts';
import { parseChainId } from '../../../../shared/protocol/primitives/chain-id.ts';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import { aGenesis, aSigner, aTransfer, InMemoryChain } from '../../../support/in-memory-chain.ts';

const alice = aSigner('account 0');
const bobAddress = addressOf(aSigner('account 1').publicKey);

/** A chain of two validators at height 2 and a good block above it. */
function scene(params = {}): { chain: InMemoryChain; block: Block } {
  const chain = new InMemoryChain(aGenesis({ validators: 2, params }));
  for (let height = 1; height <= 2; height++) chain.produce([aTransfer(chain, alice, bobAddress, 1n)]);
  return { chain, block: chain.build([aTransfer(chain, alice, bobAddress, 1n)]).block };
}

function verify(chain: InMemoryChain, block: Block, extra: Partial<VerifyRequest> = {}) {
  const { state, parent, context } = chain;
  return verifyBlock(context, { state, pages: state, parent, block, verifier: nativeVerifier, ...extra });
}

function refusal(chain: InMemoryChain, block: Block): BlockError {
  try {
    verify(chain, block);
  } catch (error) {
    if (error instanceof BlockError) return error;
    throw error;
  }
  throw new Error('the block was accepted');
}

const { chain, block } = scene();
const withHeader = (change: Partial<Header>): Block => ({ ...block, header: { ...block.header, ...change } });

/** The header hashes that a liar can compute are right, so that only the lie itself is found. */
function withParts(change: Partial<Omit<Block, 'header'>>): Block {
  const changed = { ...block, ...change };
  const header = {
    ...block.header,
    txRoot: txRoot(changed.transactions),
    lastCommitHash: lastCommitHash(changed.lastCommit),
    evidenceHash: evidenceHash(changed.evidence),
  };
  return { ...changed, header };
}

describe('verifyBlock', () => {
  it('accepts what the proposer built and gives the same result', () => {
    const built = chain.build(block.transactions);
    expect(verify(chain, built.block)).toEqual(built);
  });

  const other = ZERO_HASH;
  it.each<[string, Partial<Header>]>([
    ['BLOCK_VERSION_UNKNOWN', { version: 2 }],
    ['BLOCK_CHAIN_MISMATCH', { chainId: parseChainId('other') }],
    ['BLOCK_HEIGHT_MISMATCH', { height: block.header.height + 1 }],
    ['BLOCK_HEIGHT_MISMATCH', { height: block.header.height - 1 }],
    ['BLOCK_PARENT_MISMATCH', { parentHash: other }],
    ['BLOCK_PARAMS_MISMATCH', { paramsHash: other }],
    ['BLOCK_TIME_TOO_EARLY', { timeMs: block.header.timeMs - 1 }],
    ['BLOCK_LAST_COMMIT_HASH_MISMATCH', { lastCommitHash: other }],
    ['BLOCK_EVIDENCE_HASH_MISMATCH', { evidenceHash: other }],
    ['BLOCK_TX_ROOT_MISMATCH', { txRoot: other }],
    ['BLOCK_PROPOSER_MISMATCH', { round: 1 }],
    ['BLOCK_VALIDATORS_MISMATCH', { validatorsHash: other }],
    ['BLOCK_NEXT_VALIDATORS_MISMATCH', { nextValidatorsHash: other }],
    ['BLOCK_RECEIPT_ROOT_MISMATCH', { receiptRoot: other }],
    ['BLOCK_STATE_ROOT_MISMATCH', { stateRoot: other }],
  ])('refuses %s: %o', (code, change) => {
    expect(refusal(chain, withHeader(change)).code).toBe(code);
  });

  it('BLOCK_LAST_COMMIT_INVALID without one, for another block, with a bad signature, or below height 1', () => {
    const { lastCommit } = block;
    if (lastCommit === null) throw new Error('height 3 has one');
    const [first = new Uint8Array(64), second = new Uint8Array(64)] = lastCommit.signatures;
    const cases = [
      null,
      { ...lastCommit, height: lastCommit.height - 1 },
      { ...lastCommit, blockHash: other },
      { ...lastCommit, round: lastCommit.round + 1 },
      { ...lastCommit, signatures: [second, first] },
      { ...lastCommit, signatures: [first] },
    ];
    for (const changed of cases) {
      expect(refusal(chain, withParts({ lastCommit: changed })).code).toBe('BLOCK_LAST_COMMIT_INVALID');
    }
    const young = new InMemoryChain(aGenesis({ validators: 2 }));
    const firstBlock = young.build([aTransfer(young, alice, bobAddress, 1n)]).block;
    const superfluous = { ...firstBlock, lastCommit };
    expect(refusal(young, superfluous).code).toBe('BLOCK_LAST_COMMIT_INVALID');
  });

  it('BLOCK_EVIDENCE_INVALID: no kind of evidence is known', () => {
    expect(refusal(chain, withParts({ evidence: [Uint8Array.of(0x80)] })).code).toBe(
      'BLOCK_EVIDENCE_INVALID',
    );
  });

  it('BLOCK_TX_INVALID with index and reason', () => {
    const [good] = block.transactions;
    if (good === undefined) throw new Error('one transaction');
    const forged = { ...good, transaction: { ...good.transaction, signature: new Uint8Array(64) } };
    const cases: [SignedTransaction[], number, string][] = [
      [[forged], 0, 'TX_BAD_SIGNATURE'],
      [[good, good], 1, 'TX_NONCE_TOO_LOW'],
      [
        [good, aTransfer(chain, alice, bobAddress, 1n, { nonce: good.transaction.nonce + 2 })],
        1,
        'TX_NONCE_TOO_HIGH',
      ],
      [[aTransfer(chain, alice, bobAddress, 1n, { validUntil: block.header.height - 1 })], 0, 'TX_EXPIRED'],
      [[aTransfer(chain, aSigner('nobody'), bobAddress, 1n, { fee: 1n })], 0, 'TX_CANNOT_PAY_FEE'],
    ];
    for (const [transactions, index, code] of cases) {
      const error = refusal(chain, withParts({ transactions }));
      expect(error.code).toBe('BLOCK_TX_INVALID');
      expect(error.details).toMatchObject({ index, tx_code: code });
    }
  });

  it('BLOCK_EMPTY for an empty block of a chain that never makes them', () => {
    expect(refusal(chain, chain.build([]).block).code).toBe('BLOCK_EMPTY');
  });

  it('accepts blocks at the limits of bytes and transactions and refuses one above', () => {
    const bytes = chain.build(block.transactions).body.length;
    const under = (params: object): string | null => {
      const limited = { ...chain.genesis, params: { ...chain.genesis.params, ...params } };
      const { state, parent, context } = chain;
      try {
        const request = { state, pages: state, parent, block, verifier: nativeVerifier };
        verifyBlock({ ...context, genesis: limited }, request);
        return null;
      } catch (error) {
        return (error as BlockError).code;
      }
    };
    // The parameters are part of the header, so at the limit only their hash is left to complain about.
    expect(under({ blockBytesMax: bytes })).toBe('BLOCK_PARAMS_MISMATCH');
    expect(under({ blockBytesMax: bytes - 1 })).toBe('BLOCK_TOO_LARGE');
    expect(under({ blockTransactionsMax: 1 })).toBe('BLOCK_PARAMS_MISMATCH');
    expect(under({ blockTransactionsMax: 0 })).toBe('BLOCK_TOO_MANY_TRANSACTIONS');
  });

  it('checks the signature of each transaction that was not verified before, and of no other', () => {
    const checked: Uint8Array[] = [];
    const counting: Verifier = {
      verify(publicKey, message, signature) {
        checked.push(publicKey);
        return nativeVerifier.verify(publicKey, message, signature);
      },
    };
    verify(chain, block, { verifier: counting });
    const commits = block.lastCommit?.signatures.length ?? 0;
    expect(checked).toHaveLength(commits + 1);
    checked.length = 0;
    const seen: string[] = [];
    const verified = (hash: string): boolean => seen.push(hash) > 0;
    verify(chain, block, { verifier: counting, verified });
    expect(checked).toHaveLength(commits);
    expect(seen).toEqual(block.transactions.map(({ hash }) => hash));
  });

  it('leaves the state below as it was', () => {
    const before = new Map(chain.state.leaves().map((leaf) => [leaf.key, leaf.value]));
    verify(chain, block);
    expect(new Map(chain.state.leaves().map((leaf) => [leaf.key, leaf.value]))).toEqual(before);
  });
});
