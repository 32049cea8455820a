import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { CodecError } from '../../../../shared/protocol/codec/codec.ts';
import { sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import type { Signer, Verifier } from '../../../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { ROUND_MAX, VALIDATORS_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { renewValidatorSet } from '../../../../shared/protocol/validators/proposer-selection.ts';
import type { ValidatorSet } from '../../../../shared/protocol/validators/validator-set.ts';
import { assembleCertificate, verifyCertificate } from '../../../../shared/protocol/votes/certificate.ts';
import type { CommitCertificate } from '../../../../shared/protocol/votes/commit-certificate.ts';
import { decodeCertificate, encodeCertificate } from '../../../../shared/protocol/votes/encode.ts';
import { precommitSignBytes, prevoteSignBytes } from '../../../../shared/protocol/votes/vote.ts';
import { VoteError } from '../../../../shared/protocol/votes/vote-error.ts';
import { aSigner } from '../../../support/in-memory-chain.ts';
import { members } from '../validators/samples.ts';

const genesisHash = sha256Hex(Uint8Array.of(1));
const blockHash = sha256Hex(Uint8Array.of(2));
const subject = { height: 7, round: 2, blockHash };

interface Panel {
  readonly set: ValidatorSet;
  readonly signers: ReadonlyMap<ConsensusKey, Signer>;
}

function aPanel(...powers: readonly number[]): Panel {
  const people = members(powers.length).map((member, index) => {
    const signer = aSigner(`panel ${index}`);
    return {
      ...member,
      signer,
      consensusKey: consensusKeyFromBytes(signer.publicKey),
      power: powers[index] ?? 0,
    };
  });
  const set = renewValidatorSet(
    [],
    people.map(({ consensusKey, operator, name, power }) => ({ consensusKey, operator, name, power })),
  );
  return { set, signers: new Map(people.map(({ consensusKey, signer }) => [consensusKey, signer])) };
}

function signatures(
  { set, signers }: Panel,
  count: number,
  message = precommitSignBytes(genesisHash, subject),
) {
  return new Map(
    set.slice(0, count).map(({ consensusKey }) => {
      const signer = signers.get(consensusKey);
      if (signer === undefined) throw new Error('every member signs');
      return [consensusKey, signer.sign(message)] as const;
    }),
  );
}

function certificateOf(panel: Panel, count: number): CommitCertificate {
  return assembleCertificate(panel.set, subject, signatures(panel, count));
}

function verify(panel: Panel, certificate: CommitCertificate, extra: object = {}): void {
  const { set: validators } = panel;
  verifyCertificate({
    genesisHash,
    validators,
    certificate,
    height: 7,
    blockHash,
    verifier: nativeVerifier,
    ...extra,
  });
}

function codeOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof VoteError) return error.code;
    throw error;
  }
  return 'ACCEPTED';
}

const four = aPanel(1, 1, 1, 1);

describe('assembleCertificate', () => {
  it('puts signatures in key order and one bit for each, most significant first', () => {
    const { set } = four;
    const all = signatures(four, 4);
    const chosen = new Map([...all].filter(([key]) => key !== set[1]?.consensusKey).reverse());
    const certificate = assembleCertificate(set, subject, chosen);
    expect(certificate.bitmap).toEqual(Uint8Array.of(0b1011_0000));
    expect(certificate.signatures).toEqual(
      [0, 2, 3].map((index) => all.get(set[index]?.consensusKey ?? never())),
    );
    verify(four, certificate);
  });

  it('VOTE_NOT_A_VALIDATOR for a stranger', () => {
    const stranger = new Map([...signatures(aPanel(1, 1, 1, 1, 1), 5)]);
    expect(codeOf(() => assembleCertificate(four.set, subject, stranger))).toBe('VOTE_NOT_A_VALIDATOR');
  });

  it('CERTIFICATE_POWER_TOO_LOW at exactly two thirds', () => {
    const three = aPanel(1, 1, 1);
    expect(codeOf(() => certificateOf(three, 2))).toBe('CERTIFICATE_POWER_TOO_LOW');
    expect(codeOf(() => certificateOf(three, 3))).toBe('ACCEPTED');
  });
});

describe('verifyCertificate', () => {
  const good = certificateOf(four, 3);

  it.each([1, 4, 7, 8, 9, VALIDATORS_MAX])('accepts a quorum and all of %i validators', (count) => {
    const panel = aPanel(...new Array<number>(count).fill(1));
    verify(panel, certificateOf(panel, count));
    verify(panel, certificateOf(panel, Math.floor((2 * count) / 3) + 1));
  });

  it('counts power, not heads', () => {
    const panel = aPanel(1, 1, 1, 100);
    const heavy = panel.set.findIndex(({ power }) => power === 100);
    const key = panel.set[heavy]?.consensusKey ?? never();
    const alone = new Map([...signatures(panel, 4)].filter(([signer]) => signer === key));
    verify(panel, assembleCertificate(panel.set, subject, alone));
    const others = new Map([...signatures(panel, 4)].filter(([signer]) => signer !== key));
    expect(codeOf(() => assembleCertificate(panel.set, subject, others))).toBe('CERTIFICATE_POWER_TOO_LOW');
  });

  const changed = (change: Partial<CommitCertificate>): CommitCertificate => ({ ...good, ...change });
  const [first = new Uint8Array(64), second = new Uint8Array(64)] = good.signatures;
  const flipped = Uint8Array.from(first);
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  it.each<[string, CommitCertificate]>([
    ['CERTIFICATE_HEIGHT_MISMATCH', changed({ height: 8 })],
    ['CERTIFICATE_HASH_MISMATCH', changed({ blockHash: genesisHash })],
    ['CERTIFICATE_BITMAP_LENGTH', changed({ bitmap: new Uint8Array(0) })],
    ['CERTIFICATE_BITMAP_LENGTH', changed({ bitmap: Uint8Array.of(0b1110_0000, 0) })],
    ['CERTIFICATE_EXTRA_BITS', changed({ bitmap: Uint8Array.of(0b1110_1000) })],
    ['CERTIFICATE_EXTRA_BITS', changed({ bitmap: Uint8Array.of(0b1110_0001) })],
    ['CERTIFICATE_SIGNATURE_COUNT', changed({ signatures: [first, second] })],
    ['CERTIFICATE_SIGNATURE_COUNT', changed({ bitmap: Uint8Array.of(0b1111_0000) })],
    [
      'CERTIFICATE_POWER_TOO_LOW',
      changed({ bitmap: Uint8Array.of(0b1100_0000), signatures: [first, second] }),
    ],
    ['CERTIFICATE_SIGNATURE_INVALID', changed({ round: 3 })],
    ['CERTIFICATE_SIGNATURE_INVALID', changed({ signatures: [flipped, ...good.signatures.slice(1)] })],
    ['CERTIFICATE_SIGNATURE_INVALID', changed({ signatures: [second, first, ...good.signatures.slice(2)] })],
    ['CERTIFICATE_SIGNATURE_INVALID', changed({ signatures: [first, first, first] })],
    ['CERTIFICATE_SIGNATURE_INVALID', changed({ bitmap: Uint8Array.of(0b1101_0000) })],
  ])('%s', (code, certificate) => {
    expect(codeOf(() => verify(four, certificate))).toBe(code);
  });

  it('refuses one bad signature beyond the quorum', () => {
    const all = certificateOf(four, 4);
    const spoilt = { ...all, signatures: [...all.signatures.slice(0, 3), first] };
    expect(codeOf(() => verify(four, spoilt))).toBe('CERTIFICATE_SIGNATURE_INVALID');
  });

  it('refuses signatures made for another chain or another role', () => {
    const prevote = prevoteSignBytes(genesisHash, { ...subject, polRound: null });
    const wrong = assembleCertificate(four.set, subject, signatures(four, 4, prevote));
    expect(codeOf(() => verify(four, wrong))).toBe('CERTIFICATE_SIGNATURE_INVALID');
    expect(codeOf(() => verify(four, good, { genesisHash: blockHash }))).toBe(
      'CERTIFICATE_SIGNATURE_INVALID',
    );
  });

  it('asks for no signature while the power is too low', () => {
    const silent: Verifier = { verify: () => never() };
    const weak = changed({ bitmap: Uint8Array.of(0b1000_0000), signatures: [first] });
    expect(codeOf(() => verify(four, weak, { verifier: silent }))).toBe('CERTIFICATE_POWER_TOO_LOW');
  });
});

describe('the bytes of a certificate', () => {
  it(`come back, up to ${VALIDATORS_MAX} signatures and round ${ROUND_MAX}`, () => {
    const panel = aPanel(...new Array<number>(VALIDATORS_MAX).fill(1));
    const largest = {
      ...certificateOf(panel, VALIDATORS_MAX),
      round: ROUND_MAX,
      height: Number.MAX_SAFE_INTEGER,
    };
    expect(decodeCertificate(encodeCertificate(largest))).toEqual(largest);
    const signature = largest.signatures[0] ?? never();
    const wider = { ...largest, signatures: [...largest.signatures, signature] };
    expect(() => encodeCertificate(wider)).toThrow(CodecError);
    expect(() => encodeCertificate({ ...largest, round: ROUND_MAX + 1 })).toThrow(CodecError);
    expect(() => encodeCertificate({ ...largest, bitmap: new Uint8Array(9) })).toThrow(CodecError);
  });

  it('are refused with a signature of another length', () => {
    const good = certificateOf(four, 4);
    const short = { ...good, signatures: [new Uint8Array(63)] };
    expect(() => encodeCertificate(short)).toThrow(CodecError);
  });
});

function never(): never {
  throw new Error('must not happen');
}
