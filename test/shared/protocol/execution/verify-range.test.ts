import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { decodeBody, encodeBody, hashHeader } from '../../../../shared/protocol/block/encode.ts';
import { lastCommitHash, txRoot } from '../../../../shared/protocol/block/roots.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import type { Verifier } from '../../../../shared/protocol/crypto/verifier.ts';
import type { CertifiedBytes } from '../../../../shared/protocol/execution/linked-blocks.ts';
import { BlockRangeError } from '../../../../shared/protocol/execution/range-error.ts';
import { treeRoot } from '../../../../shared/protocol/merkle/state-tree.ts';
import { fromHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import { readValidators } from '../../../../shared/protocol/state/validators.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { validatorsHash } from '../../../../shared/protocol/validators/hash.ts';
import { assembleCertificate } from '../../../../shared/protocol/votes/certificate.ts';
import type { CommitCertificate } from '../../../../shared/protocol/votes/commit-certificate.ts';
import { decodeCertificate, encodeCertificate } from '../../../../shared/protocol/votes/encode.ts';
import { precommitSignBytes } from '../../../../shared/protocol/votes/vote.ts';
import { bytesOf, RangeFollower, type TakeOptions } from '../../../support/final-blocks.ts';
import { aGenesis, aSigner, aTransfer, InMemoryChain } from '../../../support/in-memory-chain.ts';
import { StakingChain, validatorKey } from '../../../support/staking-chain.ts';

const [alice, bob] = [aSigner('account 0'), aSigner('account 1')];
const bobAddress = addressOf(bob.publicKey);
const HEIGHTS = 12;

/** Four validators, one of whom joins on the way, and transfers all along. */
function stakingScene(): { chain: StakingChain; blocks: CertifiedBytes[]; runs: number } {
  const chain = new StakingChain(
    aGenesis({ validators: 3, params: { authorityWeightBps: 5_000, fullStake: 1_000n } }),
  );
  const sets = new Set([validatorsHash(readValidators(chain.state))]);
  const blocks = Array.from({ length: HEIGHTS }, (_, index) => {
    const transactions = [chain.sign(alice, 'transfer', { recipient: bobAddress, asset: '', amount: 1n })];
    if (index === 3) transactions.push(chain.register(bob, 3));
    if (index === 4)
      transactions.push(chain.sign(bob, 'stake', { consensusKey: validatorKey(3), amount: 500n }));
    const { body, block } = chain.produce(transactions);
    sets.add(block.header.validatorsHash);
    return bytesOf(chain, body);
  });
  return { chain, blocks, runs: sets.size };
}

const staking = stakingScene();

/** A chain of one set, with its keys at hand to certify what is false. */
class Colluders {
  readonly chain = new InMemoryChain(aGenesis({ validators: 2 }));
  readonly blocks: CertifiedBytes[] = [];

  constructor(heights = 6) {
    for (let height = 1; height <= heights; height++) {
      const { executed } = this.chain.produce([aTransfer(this.chain, alice, bobAddress, 1n)]);
      this.blocks.push(bytesOf(this.chain, executed.body));
    }
  }

  follower(): RangeFollower {
    return new RangeFollower(this.chain);
  }

  block(index: number) {
    return decodeBody(this.blocks[index]?.body ?? new Uint8Array(), builtInTransactions);
  }

  certificate(index: number): CommitCertificate {
    return decodeCertificate(this.blocks[index]?.certificate ?? new Uint8Array());
  }

  /** The certificate that both validators would sign for a header. */
  certify(header: ReturnType<typeof decodeBody>['header']): Uint8Array {
    const { height } = header;
    const vote = { height, round: 0, blockHash: hashHeader(header) };
    const validators = readValidators(this.chain.state);
    const message = precommitSignBytes(this.chain.context.genesisHash, vote);
    const signers = [aSigner('validator 0'), aSigner('validator 1')];
    const signatures = new Map(
      validators.map(({ consensusKey }) => {
        const signer = signers.find(({ publicKey }) =>
          fromHex(consensusKey).every((byte, at) => byte === publicKey[at]),
        );
        if (signer === undefined) throw new Error('a validator of the test');
        return [consensusKey, signer.sign(message)] as const;
      }),
    );
    return encodeCertificate(assembleCertificate(validators, vote, signatures));
  }
}

function refusal(follower: RangeFollower, blocks: readonly CertifiedBytes[], options?: TakeOptions) {
  const before = treeRoot(follower.state);
  try {
    follower.verify(blocks, options);
  } catch (error) {
    if (!(error instanceof BlockRangeError)) throw error;
    expect(treeRoot(follower.state)).toEqual(before);
    return error;
  }
  throw new Error('the range was taken');
}

function counting(): Verifier & { calls: number } {
  return {
    calls: 0,
    verify(...args) {
      this.calls += 1;
      return nativeVerifier.verify(...args);
    },
  };
}

describe('a range of final blocks', () => {
  it('gives the same chain however it is cut, whichever certificates are checked', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: HEIGHTS, maxLength: HEIGHTS });
    fc.assert(
      fc.property(cuts, fc.constantFrom('last_of_run', 'every'), (sizes, certificates) => {
        const follower = new RangeFollower(staking.chain);
        for (let at = 0; at < HEIGHTS; ) {
          const size = sizes[at] ?? 1;
          follower.take(staking.blocks.slice(at, at + size), { certificates } as TakeOptions);
          at += size;
        }
        expect(follower.parent.hash).toBe(staking.chain.parent.hash);
        expect(treeRoot(follower.state)).toEqual(treeRoot(staking.chain.state));
        expect(follower.state.leaves().length).toBe(staking.chain.state.leaves().length);
      }),
      { numRuns: 30 },
    );
  });

  it('needs one certificate for each run of one validator set, and every signature of a transaction', () => {
    expect(staking.runs).toBeGreaterThan(1);
    const transactions = staking.blocks.reduce(
      (sum, { body }) => sum + decodeBody(body, builtInTransactions).transactions.length,
      0,
    );
    const verifier = counting();
    const { blocks } = new RangeFollower(staking.chain).take(staking.blocks, { verifier });
    const headers = blocks.map(({ executed }) => executed.block.header);
    const lasts = blocks.filter(
      (_, index) => headers[index]?.validatorsHash !== headers[index + 1]?.validatorsHash,
    );
    const signatures = lasts.reduce((sum, { certificate }) => sum + certificate.signatures.length, 0);
    expect(verifier.calls).toBe(transactions + signatures);
  });

  it('stores for a block whose certificate nobody checked the one inside the next block', () => {
    const { blocks } = new Colluders();
    const junk = encodeCertificate({
      ...decodeCertificate(blocks[1]?.certificate ?? new Uint8Array()),
      signatures: [new Uint8Array(64)],
    });
    const forged = blocks.map((block, index) => (index === 1 ? { ...block, certificate: junk } : block));
    const taken = new Colluders().follower().take(forged).blocks;
    for (const [index, { certificate, executed }] of taken.entries()) {
      expect(certificate.blockHash).toBe(executed.hash);
      const next = taken[index + 1];
      if (next !== undefined) expect(certificate).toEqual(next.executed.block.lastCommit);
    }
    expect(refusal(new Colluders().follower(), forged, { certificates: 'every' })).toMatchObject({
      code: 'RANGE_CERTIFICATE_INVALID',
      details: { height: 2 },
    });
  });
});

describe('a lying peer', () => {
  const liars = new Colluders();
  const { blocks } = liars;
  const at = (index: number, change: Partial<CertifiedBytes>): CertifiedBytes[] =>
    blocks.map((block, position) => (position === index ? { ...block, ...change } : block));
  const last = blocks.length - 1;

  it('RANGE_MALFORMED: bytes that are no block or no certificate', () => {
    const cut = blocks[2]?.body.slice(0, -1) ?? new Uint8Array();
    expect(refusal(liars.follower(), at(2, { body: cut })).code).toBe('RANGE_MALFORMED');
    expect(refusal(liars.follower(), at(2, { body: new Uint8Array() })).code).toBe('RANGE_MALFORMED');
    expect(refusal(liars.follower(), at(2, { certificate: Uint8Array.of(0x80) })).code).toBe(
      'RANGE_MALFORMED',
    );
  });

  it('RANGE_BROKEN: nothing, other heights, a hole, another order', () => {
    const [first, second, third] = blocks as [CertifiedBytes, CertifiedBytes, CertifiedBytes];
    for (const range of [[], [second], [first, third], [second, first], [first, first]]) {
      expect(refusal(liars.follower(), range).code).toBe('RANGE_BROKEN');
    }
  });

  it('RANGE_BROKEN: a block of the right height from another branch, between true ones', () => {
    const branch = new InMemoryChain(aGenesis({ validators: 2 }));
    const bodies = [1, 2, 3].map(
      () => branch.produce([aTransfer(branch, bob, addressOf(alice.publicKey), 2n)]).executed.body,
    );
    const range = at(2, { body: bodies[2] ?? new Uint8Array() });
    expect(refusal(liars.follower(), range)).toMatchObject({ code: 'RANGE_BROKEN', details: { height: 3 } });
  });

  it('RANGE_BODY_MISMATCH: other transactions or another commit below a certified header', () => {
    const block = liars.block(2);
    const more = { ...block, transactions: [...block.transactions, ...block.transactions] };
    const none = { ...block, transactions: [] };
    const { lastCommit } = block;
    if (lastCommit === null) throw new Error('height 3 has one');
    const other = { ...block, lastCommit: { ...lastCommit, round: lastCommit.round + 1 } };
    for (const forged of [more, none, other]) {
      expect(refusal(liars.follower(), at(2, { body: encodeBody(forged) }))).toMatchObject({
        code: 'RANGE_BODY_MISMATCH',
        details: { height: 3 },
      });
    }
  });

  it('RANGE_CERTIFICATE_INVALID: a header of its own, with a certificate of the true one or none that holds', () => {
    const block = liars.block(last);
    for (const change of [{ stateRoot: ZERO_HASH }, { receiptRoot: ZERO_HASH }, { timeMs: 1 }]) {
      const body = encodeBody({ ...block, header: { ...block.header, ...change } });
      expect(refusal(liars.follower(), at(last, { body })).code).toBe('RANGE_CERTIFICATE_INVALID');
    }
    const certificate = liars.certificate(last);
    const [one = new Uint8Array(64)] = certificate.signatures;
    for (const forged of [
      { ...certificate, signatures: [one, one] },
      { ...certificate, bitmap: Uint8Array.of(0x80), signatures: [one] },
      { ...certificate, round: certificate.round + 1 },
    ]) {
      expect(refusal(liars.follower(), at(last, { certificate: encodeCertificate(forged) })).code).toBe(
        'RANGE_CERTIFICATE_INVALID',
      );
    }
  });

  it('is refused before anything of it was executed', () => {
    const verifier = counting();
    const body = encodeBody({
      ...liars.block(last),
      header: { ...liars.block(last).header, stateRoot: ZERO_HASH },
    });
    expect(refusal(liars.follower(), at(last, { body }), { verifier }).code).toBe(
      'RANGE_CERTIFICATE_INVALID',
    );
    expect(verifier.calls).toBe(0);
  });

  it('is refused at the end of each run of one set, not at the last block alone', () => {
    const headers = staking.blocks.map(({ body }) => decodeBody(body, builtInTransactions).header);
    const end = headers.findIndex(
      ({ validatorsHash: hash }, index) => hash !== headers[index + 1]?.validatorsHash,
    );
    expect(end).toBeLessThan(HEIGHTS - 1);
    const certificate = decodeCertificate(staking.blocks[end]?.certificate ?? new Uint8Array());
    const signatures = certificate.signatures.map((_, index) => certificate.signatures[index ^ 1] ?? _);
    const forged = { ...certificate, signatures };
    const range = staking.blocks.map((block, index) =>
      index === end ? { ...block, certificate: encodeCertificate(forged) } : block,
    );
    expect(refusal(new RangeFollower(staking.chain), range)).toMatchObject({
      code: 'RANGE_CERTIFICATE_INVALID',
      details: { height: end + 1 },
    });
  });

  it('of another chain with the same validators has certificates that do not hold here', () => {
    const other = new InMemoryChain(aGenesis({ validators: 2, accounts: 5 }));
    const { executed } = other.produce([aTransfer(other, alice, bobAddress, 1n)]);
    expect(refusal(liars.follower(), [bytesOf(other, executed.body)]).code).toBe('RANGE_CERTIFICATE_INVALID');
  });
});

describe('validators who certify what is false', () => {
  it('RANGE_FORKED: another block below the next one than our head', () => {
    const network = new Colluders();
    const reset = new InMemoryChain(aGenesis({ validators: 2 }));
    const own = new RangeFollower(network.chain);
    const { executed } = reset.produce([aTransfer(reset, bob, addressOf(alice.publicKey), 7n)]);
    own.take([bytesOf(reset, executed.body)]);
    expect(refusal(own, network.blocks.slice(1))).toMatchObject({
      code: 'RANGE_FORKED',
      details: { height: 1, own_hash: executed.hash },
    });
  });

  it.each([
    ['BLOCK_STATE_ROOT_MISMATCH', { stateRoot: ZERO_HASH }],
    ['BLOCK_RECEIPT_ROOT_MISMATCH', { receiptRoot: ZERO_HASH }],
    ['BLOCK_NEXT_VALIDATORS_MISMATCH', { nextValidatorsHash: ZERO_HASH }],
    ['BLOCK_VERSION_UNKNOWN', { version: 2 }],
  ])('RANGE_BLOCK_INVALID for %s', (code, change) => {
    const colluders = new Colluders();
    const block = colluders.block(5);
    const header = { ...block.header, ...change };
    const forged = { body: encodeBody({ ...block, header }), certificate: colluders.certify(header) };
    const range = [...colluders.blocks.slice(0, 5), forged];
    expect(refusal(colluders.follower(), range)).toMatchObject({
      code: 'RANGE_BLOCK_INVALID',
      details: { height: 6, block_code: code },
    });
  });

  it('RANGE_BLOCK_INVALID for a transaction whose signature does not hold', () => {
    const colluders = new Colluders();
    const block = colluders.block(5);
    const [signed] = block.transactions;
    if (signed === undefined) throw new Error('one transaction');
    const bytes = signed.bytes.slice();
    bytes.set([(bytes.at(-1) ?? 0) ^ 1], bytes.length - 1);
    const transactions = [{ ...signed, bytes }];
    const header = { ...block.header, txRoot: txRoot(transactions) };
    const body = encodeBody({ ...block, header, transactions });
    const range = [...colluders.blocks.slice(0, 5), { body, certificate: colluders.certify(header) }];
    expect(refusal(colluders.follower(), range).details).toMatchObject({ block_code: 'BLOCK_TX_INVALID' });
  });

  it('RANGE_BLOCK_INVALID for a commit inside a block: its form always, its signatures where every one is checked', () => {
    const colluders = new Colluders();
    const block = colluders.block(5);
    const forge = (change: Partial<CommitCertificate>): CertifiedBytes[] => {
      if (block.lastCommit === null) throw new Error('height 6 has one');
      const lastCommit = { ...block.lastCommit, ...change };
      const header = { ...block.header, lastCommitHash: lastCommitHash(lastCommit) };
      const body = encodeBody({ ...block, header, lastCommit });
      return [...colluders.blocks.slice(0, 5), { body, certificate: colluders.certify(header) }];
    };
    const details = { block_code: 'BLOCK_LAST_COMMIT_INVALID' };
    const misshapen = forge({ bitmap: Uint8Array.of(0x80) });
    expect(refusal(colluders.follower(), misshapen)).toMatchObject({ code: 'RANGE_BLOCK_INVALID', details });
    const unsigned = forge({ signatures: [new Uint8Array(64), new Uint8Array(64)] });
    expect(refusal(colluders.follower(), unsigned, { certificates: 'every' }).details).toMatchObject(details);
    expect(colluders.follower().take(unsigned).blocks).toHaveLength(6);
  });
});
